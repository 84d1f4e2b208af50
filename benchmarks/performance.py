"""Writes the tables of docs/performance.md from recorded results: what stands between its two markers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import figures
from benchmarks.kernel import KERNELS
from benchmarks.limits import LIMITS, UNITS
from benchmarks.measure import ROOT, Results
from benchmarks.peers import CONTENDERS
from benchmarks.tables import number

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose first column is text and whose others are numbers."""
    yield "| " + " | ".join(header) + " |"
    yield "|---|" + "---:|" * (len(header) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def comparison_rows(results: Results) -> Iterator[list[str]]:
    for kernel, rows in results.items():
        cells = [kernel]
        for what in ("forward", "gradient"):
            comparison = figures.compare(rows, what)
            rival = CONTENDERS[comparison.rival].label if comparison.rival else "-"
            forms = [number(rows.get(name, {}).get(what), 1e3) for name in figures.OURS]
            cells += [*forms, f"{number(comparison.theirs, 1e3)} {rival}", number(comparison.ratio)]
        cells.append(number(figures.over_forward(rows)))
        yield cells


def limit_rows(results: Results, rates: dict[str, float]) -> Iterator[list[str]]:
    """What each gradient achieves of the rate that bounds it."""
    for kernel, rows in results.items():
        ours, bound = figures.compare(rows, "gradient").ours, LIMITS[kernel]
        if ours is None:
            continue
        amount = bound.amount(KERNELS[kernel].sizes)
        name, divisor = UNITS[bound.unit]
        least = amount / rates[bound.unit]
        yield [
            f"{kernel}: {bound.why}",
            number(least, 1e3),
            number(ours, 1e3),
            f"{number(amount / ours / divisor)} of {number(rates[bound.unit] / divisor)} {name}",
            number(least / ours, 100, 2) + " %",
        ]


def memory_rows(results: Results) -> Iterator[list[str]]:
    for kernel, rows in results.items():
        cells = [kernel]
        for name in ("wengert", "wengert:loops", "enzyme", "jax", "torch"):
            cells.append(number(rows.get(name, {}).get("memory"), 1e-6))
        cells += [number(figures.first_call(rows, which)) for which in ("forward", "gradient")]
        cells.append(number(figures.agreement(rows), digits=1))
        yield cells


def summary(results: Results) -> Iterator[str]:
    for what in ("forward", "gradient"):
        ratios = [ratio for rows in results.values() if (ratio := figures.compare(rows, what).ratio)]
        if ratios:
            mean = number(figures.geometric_mean(ratios))
            yield f"- {what} over the best rival: mean {mean} on {len(ratios)} kernels, worst {number(max(ratios))}"
    over = [figures.over_forward(rows) for rows in results.values()]
    yield f"- gradient over own forward: mean {number(figures.geometric_mean(over))}"
    for which in ("forward", "gradient"):
        first = figures.median(figures.first_call(rows, which) for rows in results.values())
        yield f"- first call of a {which}: median {number(first)} s"


def text(recorded: dict[str, Any]) -> str:
    """All that is generated, from a recorded run."""
    results, machine = recorded["results"], recorded["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    forms = ["NumPy form", "loops", "best rival", "ratio"]
    where = (
        f"Measured on {recorded['threads']} of {machine['cores']} cores of a {machine['cpu']}, {machine['system']}, "
        f"Python {machine['python']}; {packages}.\n"
        f"Milliseconds of warm calls, medians, the least of {recorded['rounds']} rounds; means are geometric."
    )
    lines = [
        where,
        "",
        *summary(results),
        "",
        "![wengert over the best rival](performance.svg)",
        "",
        *markdown(["kernel", *(f"{w} {f}" for w in ("forward", "gradient") for f in forms), "gradient / forward"],
                  list(comparison_rows(results))),
        "",
        "## What bounds the gradients",
        "",
        *markdown(["kernel and the work that cannot be avoided", "bound ms", "measured ms", "achieved", "share"],
                  list(limit_rows(results, recorded["rates"]))),
        "",
        "## Memory, first calls, agreement",
        "",
        *markdown(["kernel", "NumPy form MB", "loops MB", "Enzyme MB", "JAX MB", "PyTorch MB",
                   "first forward s", "first gradient s", "gradients agree to"], list(memory_rows(results))),
    ]
    return "\n".join(lines)


def write(recorded: dict[str, Any], page: Path = PAGE) -> None:
    """Put the generated part into the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text(recorded)}\n{END}{after}")
