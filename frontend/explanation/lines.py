"""The source of what ran, line by line, with the names that values get there.

Assumes positions that are those of the user's file.  Leaves, for each function that ran, its statements with the
operation that gives each its value: the last one inside the expression (a call of another function has its operations
in that function's lines).
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wengert.dialects.errors import Position
from wengert.frontend.explanation.tape import Site


@dataclass(frozen=True)
class Line:
    """One line of a function; a further value of a line has no text.

    site: the operation that gives the value of the statement that begins there, if it ran.
    name: what is assigned there, "return", or the keyword of a test; empty for a line without a value.
    ran: False for a statement of which nothing ran although the program has operations for it.
    """

    file: str
    number: int
    text: str
    name: str = ""
    site: Site | None = None
    ran: bool = True


@dataclass(frozen=True)
class Block:
    """The lines of one function."""

    title: str
    lines: tuple[Line, ...]


def blocks(sites: Sequence[Site], compiled: Iterable[Position]) -> list[Block]:
    """The functions that ran, in the order in which they began.

    Args:
        sites: what ran, in order.
        compiled: the positions of all operations of the program, also of those that did not run.
    """
    made: dict[tuple[str, int], Block] = {}
    everything = {(p.file, p.line, p.column) for p in compiled}
    for file in dict.fromkeys(site.position.file for site in sites if site.position is not None):
        tree = _parsed(file)
        here = [site for site in sites if site.position is not None and site.position.file == file]
        places = sorted((line, column) for name, line, column in everything if name == file)
        for site in here:
            node = None if tree is None else _function_at(tree, site)
            if node is not None and (file, node.lineno) not in made:
                made[file, node.lineno] = _block(file, node, here, places)
    return list(made.values())


def _parsed(file: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # a notebook cell with magic commands, or no Python at all
        return None


Callable_ = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _function_at(tree: ast.Module, site: Site) -> Callable_ | None:
    """The innermost function around a site."""
    assert site.position is not None
    place, found = (site.position.line, site.position.column - 1), None
    for node in ast.walk(tree):
        if isinstance(node, Callable_) and _contains(node, place) and (found is None or _span(node) <= _span(found)):
            found = node
    return found


def _span(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - node.lineno, (node.end_col_offset or 0) - node.col_offset


def _contains(node: ast.expr | ast.stmt, place: tuple[int, int]) -> bool:
    end = node.end_lineno or node.lineno, node.end_col_offset or 0
    return (node.lineno, node.col_offset) <= place < end


def _block(file: str, function: Callable_, sites: Sequence[Site], places: Sequence[tuple[int, int]]) -> Block:
    source = linecache.getlines(file)
    first, last = function.lineno, function.end_lineno or function.lineno
    found: dict[int, list[Line]] = {}
    for statement, label, value in _statements(function):
        inside = [s for s in sites if s.position and _contains(value, (s.position.line, s.position.column - 1))]
        known = any(_contains(value, (line, column - 1)) for line, column in places)
        site = max((s for s in inside if s.last is not None), key=lambda s: s.order, default=None)
        number, ran = statement.lineno, bool(inside) or not known
        text = "" if number in found else source[number - 1].rstrip()
        found.setdefault(number, []).append(Line(file, number, text, label, site, ran))
    place = f"{Path(file).name}:{first}"
    if isinstance(function, ast.Lambda):
        return Block(f"lambda, {place}", (replace(found[first][0], text=ast.unparse(function)),))
    lines = [found.get(n, [Line(file, n, source[n - 1].rstrip())]) for n in range(first, last + 1)]
    return Block(f"{function.name}, {place}", tuple(line for group in lines for line in group))


Statement = tuple[ast.expr | ast.stmt, str, ast.expr | ast.stmt]


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr | ast.stmt]]:
    """``a, b = x, y`` assigns two values; anything else is one."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, node)]


def _statements(function: Callable_) -> list[Statement]:
    """(statement, name of its value, where its operations are) of a function, without those of inner functions."""
    if isinstance(function, ast.Lambda):
        return [(function, "return", function.body)]
    found: list[Statement] = []
    pending: list[ast.stmt] = list(function.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, Callable_ | ast.ClassDef):
            continue
        if isinstance(node, ast.If | ast.While):
            found.append((node, "if" if isinstance(node, ast.If) else "while", node.test))
        elif isinstance(node, ast.Return) and node.value is not None:
            found.append((node, "return", node.value))
        elif isinstance(node, ast.Assign):
            found += [(node, ast.unparse(target), value) for target, value in _pairs(node)]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            found.append((node, ast.unparse(node.target), node))
        elif isinstance(node, ast.Expr):
            found.append((node, "", node))
        pending = [s for part in ("body", "orelse", "finalbody") for s in getattr(node, part, ())] + pending
    return found
