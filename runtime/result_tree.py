"""How the object that a call returns is made of the results of its kernel.

A tree is the object itself, of exact tuples, lists and dicts with text keys, and of these leaves:

    k >= 0     result k of those that are returned
    -1 - k     argument k itself
    None       None
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wengert.runtime.digests import digest_of
from wengert.runtime.signature import KernelSignature

Tree = Any  # int | None | tuple[Tree, ...] | list[Tree] | dict[str, Tree]


def is_tree(tree: Tree) -> bool:
    """Whether an object is a tree in this sense."""
    if type(tree) is dict:
        return all(type(key) is str and is_tree(child) for key, child in tree.items())
    if type(tree) in (tuple, list):
        return all(is_tree(child) for child in tree)
    return tree is None or type(tree) is int


def children(tree: Tree) -> Iterator[tuple[Any, Tree]]:
    """What stands in a container, by index or key; nothing for a leaf."""
    if isinstance(tree, dict):
        yield from tree.items()
    elif isinstance(tree, (tuple, list)):
        yield from enumerate(tree)


def leaves(tree: Tree) -> list[Any]:
    """The leaves, in order."""
    if isinstance(tree, (tuple, list, dict)):
        return [leaf for _, child in children(tree) for leaf in leaves(child)]
    return [tree]


def keys(tree: Tree) -> tuple[str, ...]:
    """The distinct keys of all dicts, in order."""
    own = tuple(tree) if isinstance(tree, dict) else ()
    return tuple(dict.fromkeys((*own, *(key for _, child in children(tree) for key in keys(child)))))


def label(tree: Tree) -> str:
    """A few letters that tell trees apart, for symbols."""
    return digest_of(repr(tree).encode()).hex()[:8]


def require(tree: Tree, arguments: int, results: int) -> None:
    """Raises ValueError unless every result stands somewhere and every leaf means something."""
    found = {leaf for leaf in leaves(tree) if leaf is not None}
    if not is_tree(tree) or not set(range(results)) <= found or not found <= set(range(-arguments, results)):
        raise ValueError(f"{tree!r} does not arrange {results} returned results and {arguments} arguments")


def put_together(tree: Tree, results: Any, arguments: Any) -> Any:
    """The object."""
    if isinstance(tree, dict):
        return {key: put_together(child, results, arguments) for key, child in tree.items()}
    if isinstance(tree, (tuple, list)):
        return type(tree)(put_together(child, results, arguments) for child in tree)
    if tree is None:
        return None
    return results[tree] if tree >= 0 else arguments[-1 - tree]


def taken_apart(tree: Tree, made: Any, count: int) -> list[Any]:
    """The `count` results an object was put together from."""
    found: dict[int, Any] = {}

    def visit(tree: Tree, made: Any) -> None:
        for key, child in children(tree):
            visit(child, made[key])
        if type(tree) is int:
            found[tree] = made

    visit(tree, made)
    return [found[k] for k in range(count)]


def entry_symbol(signature: KernelSignature, tree: Tree) -> str:
    """The symbol of the entry of the kernel that returns this tree."""
    return f"{signature.name}.entry.{label(tree)}"


def table_symbol(signature: KernelSignature, tree: Tree) -> str:
    """The symbol of the address table of the entry."""
    return f"{entry_symbol(signature, tree)}.table"


def direct_symbol(signature: KernelSignature, tree: Tree) -> str:
    """The symbol of the entry that leaves calls to `on_mismatch` while a trace is in progress."""
    return f"{entry_symbol(signature, tree)}.direct"
