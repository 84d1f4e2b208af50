"""An explanation as text, as a table in a terminal, and as HTML.

The same rows in three forms.  The HTML is one table a function, with headers that have a scope and a caption, and
contains everything it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from wengert.frontend.explanation.diagnose import Finding
from wengert.frontend.explanation.lines import Block, Line

HEADINGS = ("line", "source", "runs", "value", "adjoint", "share", "storage")
NUMBERS = frozenset({"line", "runs", "share"})


@dataclass(frozen=True)
class Report:
    """What is shown.

    inputs: name, value and gradient of what is differentiated.
    shares: for each site its part of the sum of |value * adjoint|.  storage: for (file, line) the decision.
    """

    title: str
    findings: Sequence[Finding]
    notes: Sequence[str]
    inputs: Sequence[tuple[str, Any, Any]]
    blocks: Sequence[Block]
    shares: dict[Any, float]
    storage: dict[tuple[str, int], str]

    def given(self) -> list[str]:
        """A line for each input."""
        return [f"{name} = {number(value)}" + ("" if gradient is None else f", gradient {number(gradient)}")
                for name, value, gradient in self.inputs]

    def columns(self, block: Block) -> tuple[list[str], list[tuple[str, ...]]]:
        """The headings, and the rows, of the columns that are not empty."""
        rows = list(self.rows(block))
        kept = [k for k in range(len(HEADINGS)) if any(row[k] for row in rows)]
        return [HEADINGS[k] for k in kept], [tuple(row[k] for k in kept) for row in rows]

    def rows(self, block: Block) -> Iterator[tuple[str, ...]]:
        """The cells of the lines of a function."""
        for line in block.lines:
            site, place = line.site, str(line.number) if line.text else ""
            stored = self.storage.get((line.file, line.number), "") if line.text else ""
            if site is None:
                yield place, line.text, "" if line.ran else "not run", "", "", "", stored
                continue
            runs = str(site.count) if site.count > 1 else ""
            share = self.shares.get(site)
            yield (place, line.text, runs, _value(line), _adjoint(site),
                   "" if share is None else f"{100 * share:.0f} %", stored)


def _value(line: Line) -> str:
    site = line.site
    assert site is not None
    text = number(site.last)
    if site.count > 1 and np.ndim(site.last) == 0:
        first, largest = number(site.first), number(site.largest)
        if np.asarray(site.last).dtype == np.bool_:
            text = f"true {site.true} of {site.count} times"
        else:
            text = f"{first} .. {text}" if first != text else text
            text += f", {largest} in run {site.largest_at + 1}" if largest not in (first, number(site.last)) else ""
    return f"{line.name} = {text}" if line.name not in ("", "return", "if", "while") else text


def _adjoint(site: Any) -> str:
    if site.adjoint is None:
        return ""
    text = number(site.adjoint)
    if site.reached > 1 and np.ndim(site.adjoint) == 0 and site.largest_adjoint > abs(site.adjoint):
        text += f", at most {number(site.largest_adjoint)}"
    return text


def number(x: Any) -> str:
    """A number, or an array by its elements (up to four) or its shape, range and norm."""
    array = np.asarray(x)
    if array.ndim == 0:
        return str(bool(array)) if array.dtype == np.bool_ else f"{array[()]:.6g}"
    if array.size <= 4:
        return "[" + " ".join(number(v) for v in array.reshape(-1)) + "]"
    shape = "x".join(map(str, array.shape))
    if array.dtype == np.bool_:
        return f"{shape}: {int(array.sum())} of {array.size} true"
    with np.errstate(all="ignore"):
        return f"{shape}: {array.min():.4g} .. {array.max():.4g}, norm {np.linalg.norm(array):.4g}"


def _places(finding: Finding) -> str:
    return "" if finding.position is None else f"{finding.position}: "


# ---------------------------------------------------------------- forms


def as_text(report: Report) -> str:
    """Plain text: findings first, then the lines in columns."""
    parts = [report.title, *report.given()]
    for finding in report.findings:
        parts += ["", f"{_places(finding)}{finding.what}"]
        if finding.position is not None and (excerpt := finding.position.excerpt()):
            parts.append(excerpt)
        parts += [f"why: {finding.why}", f"help: {finding.help}"]
    for block in report.blocks:
        headings, rows = report.columns(block)
        widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
        parts += ["", block.title]
        for row in (headings, *rows):
            cells = [cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
                     for heading, cell, width in zip(headings, row, widths, strict=True)]
            parts.append("  ".join(cells).rstrip())
    return "\n".join([*parts, *(["", *report.notes] if report.notes else [])])


def as_table(report: Report) -> Group:
    """For a terminal."""
    parts: list[Any] = [Text(report.title, style="bold"), *map(Text, report.given())]
    for finding in report.findings:
        parts.append(Text(f"{_places(finding)}{finding.what}", style="bold red"))
        parts.append(Text(f"why: {finding.why}\nhelp: {finding.help}"))
    for block in report.blocks:
        table = Table(title=block.title, title_justify="left")
        headings, rows = report.columns(block)
        for heading in headings:
            side = "right" if heading in NUMBERS else "left"
            table.add_column(heading, justify=side, overflow="fold", no_wrap=heading == "source")  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        parts.append(table)
    return Group(*parts, *(Text(note, style="dim") for note in report.notes))


def as_html(report: Report) -> str:
    """For a notebook."""
    parts = [f"<div><p><strong>{escape(report.title)}</strong></p>", *(f"<p>{escape(x)}</p>" for x in report.given())]
    if report.findings:
        parts.append("<dl>")
        for finding in report.findings:
            parts.append(f"<dt><strong>{escape(_places(finding) + finding.what)}</strong></dt>")
            parts.append(f"<dd>why: {escape(finding.why)}</dd><dd>help: {escape(finding.help)}</dd>")
        parts.append("</dl>")
    for block in report.blocks:
        parts.append(f"<table><caption>{escape(block.title)}</caption><thead><tr>")
        headings, rows = report.columns(block)
        parts += [f'<th scope="col">{heading}</th>' for heading in headings]
        parts.append("</tr></thead><tbody>")
        for row in rows:
            cells = [f"<td>{escape(cell)}</td>" for cell in row[2:]]
            source = f'<td style="text-align:left"><code style="white-space:pre">{escape(row[1])}</code></td>'
            parts.append(f'<tr><th scope="row">{row[0]}</th>{source}{"".join(cells)}</tr>')
        parts.append("</tbody></table>")
    parts += [f"<p>{escape(note)}</p>" for note in report.notes]
    return "".join([*parts, "</div>"])
