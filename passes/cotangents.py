"""The ledger of cotangents: which linear value has received what, while a linear function is transposed.

Implements `dialects.transposes.Ledger`, what transpose rules may ask for.  Assumes that everything is emitted at the
current insertion point, in program order of the reverse function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from wengert.dialects.bindings import Value, element_type, is_tensor, position_of
from wengert.dialects.build import accumulate, constant, create, index, size
from wengert.dialects.errors import DifferentiationError
from wengert.passes.extents import origins
from wengert.passes.tree import Function


@dataclass(frozen=True)
class _Uncleared:
    """A cotangent that still has to be cleared in places.  The later this happens, the more readers need no copy."""

    clear: Callable[[], Value]


class Cotangents:
    """Cotangents of the linear values of a function; an absent one is identically zero.

    Args:
        tree: the linear function.
        linear: its values that depend on tangent arguments.
        twins: for a tangent argument, the known argument of the same shape.
    """

    def __init__(self, tree: Function, linear: set[Value], twins: Mapping[Value, Value]) -> None:
        self._tree, self._linear, self._twins = tree, linear, twins
        self._cotangents: dict[Value, Value | _Uncleared] = {}
        self.knowns: dict[Value, Value] = {}

    @contextmanager
    def region(self, cotangents: Mapping[Value, Value]) -> Iterator[None]:
        """The ledger inside a region, which begins with the given cotangents and no others."""
        outer, self._cotangents = self._cotangents, dict(cotangents)
        yield
        self._cotangents = outer

    def linear(self, value: Value) -> bool:
        return value in self._linear

    def known(self, value: Value) -> Value:
        return self.knowns[value]

    def get(self, value: Value) -> Value | None:
        """The cotangent of `value`, or None when it is absent."""
        cotangent = self._cotangents.get(value)
        if isinstance(cotangent, _Uncleared):
            cotangent = self._cotangents[value] = cotangent.clear()
        return cotangent

    def add(self, value: Value, contribution: Value) -> None:
        if value in self._linear:
            existing = self.get(value)
            self._cotangents[value] = contribution if existing is None else accumulate(existing, contribution)

    def current(self, value: Value) -> Value:
        cotangent = self.get(value)
        if cotangent is None:
            cotangent = self._cotangents[value] = self.zero(value)
        return cotangent

    def replace(self, value: Value, cotangent: Value) -> None:
        self._cotangents[value] = cotangent

    def clear_later(self, value: Value, cotangent: Value, clear: Callable[[], Value]) -> None:
        if value not in self._linear:
            return
        if value in self._cotangents:
            self.add(value, clear())
        else:
            self._cotangents[value] = _Uncleared(clear)

    def zero(self, value: Value) -> Value:
        """A zero cotangent of `value`."""
        zero = constant(0.0, element_type(value.type))
        return create("nd.full", [value.type], [zero, *self.sizes(value)]).result if is_tensor(value.type) else zero

    def sizes(self, value: Value) -> list[Value]:
        return [self._size(value, d) for d in range(value.type.rank) if value.type.is_dynamic_dim(d)]

    def _size(self, value: Value, d: int) -> Value:
        for extent in origins(self._tree, value, d):
            if isinstance(extent, int):
                return index(extent)
            array, dimension = extent if isinstance(extent, tuple) else (extent, None)
            known = self.knowns.get(self._twins.get(array, array))
            if known is not None:
                return known if dimension is None else size(known, dimension)
        node = self._tree.definition.get(value)
        raise DifferentiationError(
            f"the extent of dimension {d} of a cotangent of type {value.type} is not known here",
            position_of(node.location if node is not None else self._tree.op.location),
            why="it is the extent of a value that exists only in the linear part of the program",
            help="give the array a shape that is fixed, or that does not change from one iteration to the next")
