"""The tables a run prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks import figures
from benchmarks.measure import Results
from benchmarks.peers import CONTENDERS


def number(value: float | None, scale: float = 1.0, digits: int = 3) -> str:
    return "-" if value is None else f"{value * scale:.{digits}g}"


def against(value: float | None, limit: float, text: str | None = None) -> str:
    """The value, red where it is above its limit."""
    shown = number(value) if text is None else text
    return f"[red]{shown}[/red]" if value is not None and value > limit else shown


def times(results: Results, contenders: Sequence[str], what: str, limit: float) -> Table:
    """Milliseconds of every contender, the best rival, and our better form over it."""
    table = Table(title=f"{what}, ms (warm, median)", title_justify="left")
    table.add_column("kernel", no_wrap=True)
    for name in contenders:
        table.add_column(CONTENDERS[name].label, justify="right")
    table.add_column("best rival")
    table.add_column("ratio", justify="right")
    ratios = []
    for kernel, rows in results.items():
        comparison = figures.compare(rows, what)
        ratios.append(comparison.ratio)
        cells = [number(rows.get(name, {}).get(what), 1e3) for name in contenders]
        rival = CONTENDERS[comparison.rival].label if comparison.rival else "-"
        table.add_row(kernel, *cells, rival, against(comparison.ratio, limit))
    known = [ratio for ratio in ratios if ratio]
    if known:
        table.caption = (
            f"geometric mean of wengert over the best rival {number(figures.geometric_mean(known))} "
            f"on {len(known)} kernels; worst {number(max(known))}"
        )
    return table


def details(results: Results) -> Table:
    """What else is asked of each kernel: own ratios, memory, first calls, agreement."""
    table = Table(title="wengert in detail", title_justify="left")
    headings = ("gradient over forward", "NumPy over loops, forward", "gradient", "memory MB", "Enzyme's MB",
                "first forward s", "gradient s", "gradients agree to")
    table.add_column("kernel", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    for kernel, rows in results.items():
        memory = min((rows[n]["memory"] for n in figures.OURS if rows.get(n, {}).get("memory")), default=None)
        enzyme = rows.get("enzyme", {}).get("memory")
        agreement = figures.agreement(rows)
        table.add_row(
            kernel,
            against(figures.over_forward(rows), 8),
            number(figures.form_ratio(rows, "forward")),
            number(figures.form_ratio(rows, "gradient")),
            against(memory, 100e6, number(memory, 1e-6)),
            number(enzyme, 1e-6),
            number(figures.first_call(rows, "forward")),
            number(figures.first_call(rows, "gradient")),
            against(agreement, figures.allowed(kernel), number(agreement, digits=1)),
        )
    over = [figures.over_forward(rows) for rows in results.values()]
    first = [figures.median(figures.first_call(rows, which) for rows in results.values())
             for which in ("forward", "gradient")]
    table.caption = (
        f"gradient over own forward: geometric mean {number(figures.geometric_mean(over))}; first calls, medians: "
        f"{number(first[0])} s forward, {number(first[1])} s gradient"
    )
    return table


def failures(results: Results) -> Table | None:
    """What could not be measured, and why."""
    table = Table(title="not measured to the end", title_justify="left", show_header=False)
    for kernel, rows in results.items():
        for name, row in rows.items():
            if reason := row.get("error") or row.get("stopped"):
                table.add_row(kernel, CONTENDERS[name].label, reason)
    return table if table.row_count else None


def show(console: Console, results: Results, contenders: Sequence[str]) -> None:
    console.print(times(results, contenders, "forward", 1.3))
    console.print(times(results, contenders, "gradient", 1.2))
    console.print(details(results))
    if table := failures(results):
        console.print(table)
