"""The plan of a call: how leaves go into compiled code and how its result is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np
import optree

from wengert.frontend.arguments import NAMESPACE, unflatten
from wengert.runtime.result_tree import Tree, is_tree
from wengert.runtime.signature import KernelSignature

if TYPE_CHECKING:
    from wengert.frontend.linear_maps import Direction

#: The kinds of outputs that are given by a position among the returned results.
POSITIONS = ("result", "memory", "complex")


def _flat_tuple(length: int) -> Any:
    leaves: Any = (0,) * length
    return optree.tree_structure(leaves, namespace=NAMESPACE)


@dataclass(frozen=True)
class MapPlan:
    """A pullback or pushforward that is returned: its program, and which of the returned results are its residuals."""

    direction: Direction
    name: str
    signature: KernelSignature
    residuals: slice


@dataclass(frozen=True)
class Plan:
    """What tracing leaves beside the module.

    inputs: for each argument of the function, the leaf it comes from, or the captured array.
    outputs: for each leaf of the result ("result", position among the returned results), ("number", the same, as a
    Python number), ("memory", position of the memory of a complex array), ("complex", position of the first of two
    parts), ("leaf", the argument leaf that is returned itself), ("captured", array), ("static", value) or
    ("map", MapPlan).
    complex: the leaves that are passed as their memory.
    structure: of the result; with `restores` it is (result, arguments as the function leaves them).
    static: leaves whose value went into the code.
    guards, baked, weak_matters: see Trace.
    coincident: (leaf, array) of the arguments that the program also captures.
    """

    inputs: tuple[int | np.ndarray, ...]
    outputs: tuple[tuple[str, Any], ...]
    structure: Any
    restores: bool
    signature: KernelSignature
    leaves: int
    static: frozenset[int]
    guards: tuple[tuple[Any, Any, Any], ...]
    baked: tuple[tuple[np.ndarray, np.ndarray], ...]
    weak_matters: bool = False
    complex: frozenset[int] = frozenset()
    coincident: tuple[tuple[int, np.ndarray], ...] = ()

    def passed(self, leaves: Sequence[Any]) -> list[Any]:
        """What compiled code is given in a call with these leaves: arrays and real numbers."""
        found = [leaves[source] if isinstance(source, int) else source for source in self.inputs]
        if self.complex:
            from wengert.frontend.complex_numbers.memory import real_memory

            for k, source in enumerate(self.inputs):
                if isinstance(source, int) and source in self.complex:
                    found[k] = real_memory(found[k])
        return found

    @property
    def maps(self) -> list[MapPlan]:
        """The pullbacks and pushforwards of the result, each once."""
        found = {value.name: value for kind, value in self.outputs if kind == "map"}
        return list(found.values())

    @property
    def tree(self) -> Tree | EllipsisType:
        """What the entry returns: the result itself, if plain containers and values of the compiled function are all
        there is in it, else (...) the tuple of all returned values."""
        known = {("result", k): k for k in range(len(self.signature.returned))}
        leaves = {("leaf", source): -1 - k for k, source in enumerate(self.inputs)
                  if isinstance(source, int) and source not in self.complex}
        if self.restores or any(kind not in ("result", "leaf") for kind, _ in self.outputs):
            return ...
        if not known.keys() <= set(self.outputs) <= known.keys() | leaves.keys():
            return ...
        tree = unflatten(self.structure, [{**known, **leaves}[output] for output in self.outputs])
        return tree if is_tree(tree) else ...

    @staticmethod
    def of_map(signature: KernelSignature) -> Plan:
        """The plan of a map's program, whose leaves are its arguments and whose results come out as a tuple."""
        count, results = len(signature.arguments), len(signature.returned)
        outputs = tuple(("result", k) for k in range(results))
        return Plan(tuple(range(count)), outputs, _flat_tuple(results), False, signature, count, frozenset(), (), ())

    @property
    def direct(self) -> bool:
        """Whether a call is nothing but its leaves and its result, so that the entry can be called for it."""
        as_traced = not (self.guards or self.baked or self.coincident)
        return as_traced and self.as_they_are and self.tree is not ...

    @property
    def as_they_are(self) -> bool:
        """Whether compiled code is given the leaves of a call, all and in order."""
        own = all(isinstance(source, int) and source == k for k, source in enumerate(self.inputs))
        return own and len(self.inputs) == self.leaves and not self.complex
