"""The arguments of a call: pytrees flattened to leaves, leaves classified, aliases found.

A leaf is an array or a number (a run-time value), or any other Python object (static: part of the key under which a
compilation is found again).  Integers and bools are run-time values too, until tracing asks for their value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.elements import COVERED, DTYPES, known_element, refusal
from wengert.frontend.instances import attributes_of, has_numbers, is_instance, made
from wengert.runtime.signature import Slot

NAMESPACE = "wengert"
_registered: set[type] = set()
# A dict is flattened in its own order: programs may depend on it.  Entered once, for wengert's namespace only.
_in_order = optree.dict_insertion_ordered(True, namespace=NAMESPACE)
_in_order.__enter__()


# ---------------------------------------------------------------- pytrees


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure.  Instances of the user's classes are containers, like tuples, lists and dicts; None is one
    without leaves.

    Raises:
        WengertValueError: a container holds itself.
    """
    try:
        leaves, structure = optree.tree_flatten(tree, namespace=NAMESPACE)
    except RecursionError:
        raise WengertValueError("an argument or result holds itself", why="it has no end when it is taken apart",
                                help="pass the arrays and numbers in it") from None
    if _leaf_types.issuperset(map(type, leaves)):
        return leaves, structure
    unknown = {type(leaf) for leaf in leaves if type(leaf) not in _leaf_types and _is_worth(leaf)}
    if not unknown:
        return leaves, structure
    for cls in unknown:
        _register(cls)
    return flatten(tree)


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """The tree with these leaves."""
    return optree.tree_unflatten(structure, leaves)


#: Types that are leaves for certain.
_leaf_types: set[type] = {np.ndarray, float, int, bool, str, np.float64, np.int64, np.bool_, np.float32}


def is_taken_apart(value: Any) -> bool:
    """Whether an object is a container in arguments and results."""
    return type(value) in _registered


def is_class_of_containers(cls: type) -> bool:
    """Whether the instances of a class are taken apart into their attributes."""
    return cls in _registered


def _is_worth(leaf: Any) -> bool:
    if not is_instance(leaf):
        _leaf_types.add(type(leaf))
        return False
    try:
        return dataclasses.is_dataclass(leaf) or has_numbers(leaf)
    except RecursionError:
        return False


def enter_class(cls: type) -> None:
    """Makes the instances of a class containers, if they are not."""
    if cls not in _registered:
        _register(cls)


def _register(cls: type) -> None:
    def take_apart(x: Any) -> tuple[list[Any], tuple[str, ...], tuple[str, ...]]:
        attributes = attributes_of(x)
        names = tuple(attributes)
        return list(attributes.values()), names, names

    def put_together(names: Any, children: Iterable[Any]) -> Any:
        return made(cls, zip(names, children))

    optree.register_pytree_node(cls, take_apart, put_together, namespace=NAMESPACE)
    _registered.add(cls)


def flatten_whole(tree: Any, whole: tuple[type, ...]) -> tuple[list[Any], Any]:
    """`flatten`, where objects of these types are leaves."""
    flatten(tree)  # enters its classes
    return optree.tree_flatten(tree, is_leaf=lambda x: isinstance(x, whole), namespace=NAMESPACE)


def leaf_paths(tree: Any) -> list[str]:
    """A readable name for each leaf: ``[0]['w']``."""
    return [
        "".join(f".{p}" if isinstance(p, str) and p.isidentifier() else f"[{p!r}]" for p in path)
        for path in optree.tree_paths(tree, namespace=NAMESPACE)
    ]


# ---------------------------------------------------------------- leaves

#: Classes of arrays that compute as plain ones do.
PLAIN_ARRAYS = (np.memmap, np.recarray)


@dataclass(frozen=True)
class Leaf:
    """What a compilation depends on of one leaf.

    kind: "array" | "number" | "complex" | "static".  `weak`: a Python number, whose dtype gives way in NumPy 2's
    promotion.  A complex leaf travels as its memory (complex_numbers/memory.py), an array with a last axis (re, im).
    `value`: of a static leaf (numbers that tracing asked for included).
    """

    kind: str
    slot: Slot | None = None
    weak: bool = False
    value: Any = None


def classify(leaf: Any, static: bool = False) -> Leaf:
    """The class of a leaf.

    Raises:
        WengertTypeError: an array of a dtype that is not compiled.
    """
    if isinstance(leaf, np.ndarray) and not isinstance(leaf, PLAIN_ARRAYS) and type(leaf) is not np.ndarray:
        raise WengertTypeError(f"an argument is an array of type {type(leaf).__name__}",
                               why="its operators and functions are not those of a plain ndarray",
                               help="pass np.asarray(x), and the mask of a masked array beside it")
    if isinstance(leaf, (complex, np.complexfloating)) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "c"):
        return _classify_complex(leaf)
    if isinstance(leaf, np.ndarray):
        element = known_element(leaf.dtype.newbyteorder("="))
        if element is None:
            why, help = refusal(leaf.dtype)
            raise WengertTypeError(f"an argument is an array of dtype {leaf.dtype}", why=why, help=help)
        return Leaf("array", Slot(element, tuple(leaf.shape)))
    if not static and (slot := scalar_slot(leaf)) is not None:
        return Leaf("number", slot, weak=type(leaf) in (float, int, bool))
    if isinstance(leaf, np.generic) and not isinstance(
        leaf, (np.bool_, np.integer, np.str_, np.bytes_)
    ):
        raise WengertTypeError(
            f"an argument is a number of type {type(leaf).__name__}",
            why=f"compiled code works on {COVERED}",
            help="convert it first, for example with float(x)",
        )
    return Leaf("static", value=Static(leaf))


def _classify_complex(leaf: Any) -> Leaf:
    dtype = np.dtype(np.complex128) if type(leaf) is complex else leaf.dtype
    element = {"D": "f64", "F": "f32"}.get(dtype.char)
    if element is None or not dtype.isnative:
        raise WengertTypeError(f"an argument is of dtype {dtype}", help="convert it first, with .astype(complex)",
                               why="compiled code works on complex128 and complex64")
    return Leaf("complex", Slot(element, (*np.shape(leaf), 2)), weak=type(leaf) is complex)


def scalar_slot(x: Any) -> Slot | None:
    """The slot of a Python or NumPy number, or None for any other object."""
    for python, element in ((bool, "i1"), (int, "i64"), (float, "f64")):
        if isinstance(x, python):
            return Slot(element, None)
    known = known_element(x.dtype) if isinstance(x, np.generic) else None
    return None if known is None else Slot(known, None)


class Static:
    """A Python object as part of a key: compared by type and equality if it is hashable, else by identity."""

    __slots__ = ("value", "_hash")

    def __init__(self, value: Any) -> None:
        self.value = value
        try:
            self._hash = hash((type(value), value))
        except TypeError:
            self._hash = id(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return False
        if self.value is other.value:
            return True
        try:
            hash(self.value)
        except TypeError:
            return False
        return type(self.value) is type(other.value) and bool(self.value == other.value)

    def __repr__(self) -> str:
        return repr(self.value)


# ---------------------------------------------------------------- aliases


def alias_pattern(leaves: Sequence[Any]) -> tuple[int, ...]:
    """For each leaf the index of the first leaf that is the same array (its own index for anything else).

    Raises:
        WengertValueError: two arrays overlap without being the same.
    """
    arrays = [(i, leaf) for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray)]
    pattern = list(range(len(leaves)))
    for position, (i, a) in enumerate(arrays):
        for j, b in arrays[:position]:
            if _same_memory(a, b):
                pattern[i] = pattern[j]
                break
    return tuple(pattern)


def _share(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _same_memory(a: np.ndarray, b: np.ndarray) -> bool:
    return a is b or (
        a.dtype == b.dtype
        and a.shape == b.shape
        and a.strides == b.strides
        and a.size > 0
        and a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
    )


def refuse_overlap(inputs: Sequence[Any], written: Sequence[int]) -> None:
    """Refuse an array that is written while it shares memory with another argument.

    Raises:
        WengertValueError: with the numbers of the two (flattened) arguments.
    """
    for k in written:
        for j, other in enumerate(inputs):
            if j != k and isinstance(other, np.ndarray) and _share(inputs[k], other):
                raise WengertValueError(
                    f"arguments {min(j, k)} and {max(j, k)} overlap in memory, and the function writes to argument {k}",
                    why="compiled code keeps each array argument in its own memory",
                    help="pass a copy of one of them: x.copy()",
                )


def prepare(leaf: Any, written: bool) -> Any:
    """A leaf as a generated entry takes it: exactly float, int, bool or a C-contiguous, aligned ndarray; a copy only
    if it must be.

    Raises:
        WengertValueError: the function writes to an array that is read-only.
    """
    if not isinstance(leaf, np.ndarray):
        for number in (bool, int, float):
            if isinstance(leaf, number):
                return leaf if type(leaf) is number or isinstance(leaf, np.generic) else number(leaf)
        known = known_element(leaf.dtype) if isinstance(leaf, np.generic) else None
        return leaf if known is None else DTYPES[known].type(leaf)
    if written and not leaf.flags.writeable:
        raise WengertValueError("an argument the function writes to is a read-only array", help="pass a copy")
    if not leaf.dtype.isnative:
        leaf = leaf.astype(leaf.dtype.newbyteorder("="))
    element = known_element(leaf.dtype)
    if element is not None and leaf.dtype is not DTYPES[element]:
        leaf = leaf.view(DTYPES[element])  # C's long long, an explicit byte order: the same type by another name
    if type(leaf) is np.ndarray and leaf.flags.c_contiguous and leaf.flags.aligned:
        return leaf
    return np.require(leaf.view(np.ndarray), requirements=["C", "A"])
