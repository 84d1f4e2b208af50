"""Small questions about syntax trees: which names are stored or read, where scopes begin, and a copy that mangles.

Only `fill_positions` changes a tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeVar

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Node = TypeVar("Node", bound=ast.AST)


def mangle(name: str, class_name: str | None) -> str:
    """What Python makes of `__name` inside a class (Language Reference, 6.2.1)."""
    if class_name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = class_name.lstrip("_")
    return f"_{stripped}{name}" if stripped else name


_NAME_FIELDS = {"Name": "id", "Attribute": "attr", "arg": "arg", "keyword": "arg", "FunctionDef": "name"}


def copy_tree(node: Node, class_name: str | None = None) -> Node:
    """A deep copy with its positions; private names are mangled as inside `class_name`."""
    kind = type(node).__name__
    named = _NAME_FIELDS.get(kind) if class_name is not None else None
    inside = None if isinstance(node, ast.ClassDef) else class_name
    fields = {name: _copy_field(value, inside) for name, value in ast.iter_fields(node)}
    if named is not None and fields[named] is not None:
        fields[named] = mangle(fields[named], class_name)  # type: ignore[arg-type]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        fields["names"] = [mangle(n, class_name) for n in node.names]
    return ast.copy_location(type(node)(**fields), node)


def _copy_field(value: object, class_name: str | None) -> object:
    if isinstance(value, ast.AST):
        return copy_tree(value, class_name)
    if isinstance(value, list):
        return [_copy_field(item, class_name) for item in value]
    return value


def walk_scope(nodes: ast.AST | Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of one function: the inside of nested functions and classes is left out, their headers are not."""
    for node in [nodes] if isinstance(nodes, ast.AST) else nodes:
        yield node
        if not isinstance(node, SCOPES):
            yield from walk_scope(ast.iter_child_nodes(node))


def stored_names(nodes: Iterable[ast.AST]) -> list[str]:
    """Names that running these nodes may bind or delete in the function's own scope, in order of appearance."""
    found: dict[str, None] = {}
    for node in nodes:
        _collect_stores(node, found, inside_comprehension=False)
    return list(found)


def _collect_stores(node: ast.AST, found: dict[str, None], inside_comprehension: bool) -> None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found[node.name] = None
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.NamedExpr):
        found[node.target.id] = None
    elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)) and not inside_comprehension:
        found[node.id] = None
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        found.update({(alias.asname or alias.name).split(".")[0]: None for alias in node.names})
    elif isinstance(node, ast.ExceptHandler) and node.name:
        found[node.name] = None
    for child in ast.iter_child_nodes(node):
        _collect_stores(child, found, inside_comprehension or isinstance(node, COMPREHENSIONS))


def loaded_names(nodes: ast.AST | Iterable[ast.AST] | None) -> set[str]:
    """Names read by these nodes, nested scopes included (so a captured name counts as read)."""
    if nodes is None:
        return set()
    roots = [nodes] if isinstance(nodes, ast.AST) else list(nodes)
    return {n.id for root in roots for n in ast.walk(root) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def captured_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that nested functions, classes and comprehensions mention: they may be read at any later time."""
    return {
        inner.id
        for node in walk_scope(nodes)
        if isinstance(node, (*SCOPES, *COMPREHENSIONS))
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name)
    }


def nonlocal_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names declared `nonlocal` in these nodes or in any function nested in them."""
    return {name for root in nodes for n in ast.walk(root) if isinstance(n, ast.Nonlocal) for name in n.names}


def written_names(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Names whose arrays are stored to in place: `a[i] = v`, `a[i][j] += v`, `a += v`."""
    found: dict[str, None] = {}
    for node in walk_scope(nodes):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                found[base.id] = None
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = None
    return tuple(found)


def fill_positions(node: ast.AST, line: int = 1, column: int = 0) -> None:
    """Gives every node without a position the start of the one around it.

    Only the start: CPython reports a method call whose attribute spans several lines at the end of them.
    """
    if "lineno" in node._attributes:
        if not hasattr(node, "lineno"):
            node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = column  # type: ignore[attr-defined]
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        fill_positions(child, line, column)
