"""Sums of windows become loops: one pass over the array instead of one a window.

Assumes memory, and the generics `window_sums` has made; runs right after bufferization.  Each becomes a loop over rows
(all dimensions but the last).  A row that all boxes reach is computed element by element, with all terms:

    | border, with the terms that reach it | core: all terms, vectorised | border |

Other rows are few: there one loop follows another, each guarded by whether its box reaches the row.  So the code grows
with the number of windows and not with the number of ways in which boxes overlap.  Bounds are computed at run time
where they are not known; only the borders of rows of known length are written out element by element.

Boxes with steps are added one after another: elements between them are not touched, so no row has a core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import entry
from wengert.dialects.op import lookup_call, raw_attributes
from wengert.dialects.windows import GEOMETRY, Box, boxes
from wengert.passes.base import Pass, register_pass
from wengert.passes.window_sums import CLEARED, READS, TERM, WINDOWS


@register_pass("window-rows")
@dataclass(frozen=True)
class WindowRows(Pass):
    """Write the loops of sums of windows."""

    def run(self, module: Any) -> None:
        for op in walk(module, "linalg.generic"):
            if WINDOWS in op.attributes:
                with ir.InsertionPoint(op), op.location:
                    _Sum(op).emit()
                op.erase()


# ---------------------------------------------------------------- index arithmetic on ints and values


def _value(n: Any) -> Value:
    return n if isinstance(n, Value) else index(n)


def _plus(a: Any, b: Any) -> Any:
    if not isinstance(a, Value) and not isinstance(b, Value):
        return a + b
    return a if b == 0 and not isinstance(b, Value) else lookup_call("arith.addi", _value(a), _value(b))


def _minus(a: Any, b: Any) -> Any:
    if not isinstance(a, Value) and not isinstance(b, Value):
        return a - b
    return a if b == 0 and not isinstance(b, Value) else lookup_call("arith.subi", _value(a), _value(b))


def _times(a: Any, b: Any) -> Any:
    if not isinstance(a, Value) and not isinstance(b, Value):
        return a * b
    return a if b == 1 and not isinstance(b, Value) else lookup_call("arith.muli", _value(a), _value(b))


def _least(numbers: Sequence[Any]) -> Any:
    return _extreme(numbers, min, "arith.minsi")


def _greatest(numbers: Sequence[Any]) -> Any:
    return _extreme(numbers, max, "arith.maxsi")


def _extreme(numbers: Sequence[Any], known: Callable[..., int], operation: str) -> Any:
    """Of ints and values; what is equal is mentioned once."""
    ints = [n for n in numbers if not isinstance(n, Value)]
    values = list(dict.fromkeys(n for n in numbers if isinstance(n, Value)))
    every = [*([known(ints)] if ints else []), *values]
    return reduce(lambda a, b: lookup_call(operation, _value(a), _value(b)), every)


def _reaches(place: Any, start: Any, count: Any) -> Any:
    """Whether start <= place < start + count, as one unsigned comparison; counts are not negative."""
    predicate = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 6)
    distance = _value(_minus(place, start))
    return create("arith.cmpi", [ir.IntegerType.get_signless(1)], [distance, _value(count)],
                  {"predicate": predicate}).result


def _loop(start: Any, end: Any, body: Callable[[Any], None]) -> None:
    """A loop, unless it is known to have one iteration or none."""
    if not isinstance(start, Value) and not isinstance(end, Value) and end - start <= 1:
        if end > start:
            body(start)
        return
    loop = create("scf.for", [], [_value(start), _value(end), index(1)], regions=1)
    block = loop.regions[0].blocks.append(ir.IndexType.get(), arg_locs=[loop.location])
    with ir.InsertionPoint(block):
        body(block.arguments[0])
        create("scf.yield", [], [])


def _nest(extents: Sequence[tuple[Any, Any]], body: Callable[[list[Any]], None]) -> None:
    def inner(at: list[Any]) -> None:
        if len(at) == len(extents):
            body(at)
        else:
            _loop(*extents[len(at)], lambda i: inner([*at, i]))

    inner([])


def _when(condition: Any, body: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
    branch = create("scf.if", [], [condition], regions=2)
    for region, emit in zip(branch.regions, (body, otherwise)):
        if emit is not None:
            with ir.InsertionPoint(region.blocks.append()):
                emit()
                create("scf.yield", [], [])


def _all(conditions: Sequence[Any]) -> Any:
    true = constant(True, ir.IntegerType.get_signless(1)) if not conditions else conditions[0]
    return reduce(lambda a, b: lookup_call("arith.andi", a, b), conditions[1:], true)


# ---------------------------------------------------------------- one sum


class _Sum:
    """The loops of one sum of windows.

    `clears` and `terms` are boxes; term k adds the element of its window at its distance from the start of its box.
    """

    def __init__(self, op: Any) -> None:
        self._array = op.operands[len(op.operands) - 1]
        self._element = self._array.type.element_type
        self._rank = self._array.type.rank
        self._reads = [list(ir.DenseI64ArrayAttr(dims)) for dims in ir.ArrayAttr(op.attributes[READS])]
        self._inputs = list(op.operands)[:len(self._reads)]
        static = [ir.DenseI64ArrayAttr(op.attributes[name]) for name in GEOMETRY]
        found = boxes(self._rank, static, list(op.operands)[len(self._reads):-1])
        cleared = ir.IntegerAttr(op.attributes[CLEARED]).value
        self._clears, self._terms = found[:cleared], found[cleared:]
        self._block = entry(op)
        self._sums = [inner.operation for inner in self._block.operations if TERM in inner.operation.attributes]
        self._on_nothing = {"fastmath": ir.Attribute.parse("#arith.fastmath<nsz>")} if _is_cotangent(op) else {}

    def emit(self) -> None:
        every = [*self._clears, *self._terms]
        if any(step != 1 for _, _, strides in every for step in strides):
            self._one_after_another(every)
            return
        rows = [(_least([box[0][d] for box in every]), _greatest([_end(box, d) for box in every]))
                for d in range(self._rank - 1)]
        _nest(rows, lambda row: _when(_all([c for box in every for c in self._reaches_row(box, row)]),
                                      lambda: self._whole_row(row), lambda: self._partial_row(row))
              if rows else self._whole_row(row))

    # ------------------------------------------------------------ elements

    def _term(self, k: int, q: Sequence[Any]) -> Any:
        """The element at q of window k: its computation, copied from the body."""
        values: dict[Value, Any] = {argument: (memref, dims) for dims, memref, argument
                                    in zip(self._reads, self._inputs, self._block.arguments)}

        def copy(value: Value) -> Value:
            known, op = values.get(value), defining_op(value)
            if isinstance(known, tuple):
                memref, dims = known
                at = [index(0) if d < 0 else _value(q[d]) for d in dims]
                values[value] = create("memref.load", [memref.type.element_type], [memref, *at]).result
            elif known is None and op is not None and op.block == self._block:
                operands, types = [copy(v) for v in op.operands], [r.type for r in op.results]
                new = create(op.name, types, operands, raw_attributes(op), loc=op.location)
                values.update(zip(op.results, new.results))
            return values.get(value, value)

        return copy(self._sums[k].operands[1])

    def _add(self, total: Any, k: int, place: Sequence[Any]) -> Any:
        term = self._term(k, [_minus(p, start) for p, start in zip(place, self._terms[k][0])])
        first = {} if total is not None else self._on_nothing
        total = self._zero() if total is None else total
        return create("arith.addf", [self._element], [total, term], first).result

    def _zero(self) -> Any:
        return constant(0.0, self._element)

    def _load(self, place: Sequence[Any]) -> Any:
        return create("memref.load", [self._element], [self._array, *map(_value, place)]).result

    def _store(self, value: Any, place: Sequence[Any]) -> None:
        create("memref.store", [], [value, self._array, *map(_value, place)])

    # ------------------------------------------------------------ rows

    def _reaches_row(self, box: Box, row: Sequence[Any]) -> list[Any]:
        return [_reaches(p, start, count) for p, start, count in zip(row, box[0], box[1])]

    def _whole_row(self, row: list[Any]) -> None:
        """A row that all boxes reach."""
        last = self._rank - 1
        every = [*self._clears, *self._terms]
        starts, ends = [box[0][last] for box in every], [_end(box, last) for box in every]
        if any(isinstance(n, Value) for n in (*starts, *ends)):
            self._row_of_unknown_length(row, starts, ends)
            return
        cuts = sorted({n for start, end in zip(starts, ends) if end > start for n in (start, end)})
        for start, end in pairwise(cuts):
            clears = [c for c, s, e in zip(self._clears, starts, ends) if s <= start and end <= e]
            reach = list(zip(starts, ends))[len(self._clears):]
            terms = [k for k, (s, e) in enumerate(reach) if s <= start and end <= e]
            if clears or terms:
                _loop(start, end, lambda p: self._compute([*row, p], bool(clears), terms))  # noqa: B023

    def _compute(self, place: list[Any], cleared: bool, terms: Sequence[int]) -> None:
        total = None if cleared else self._load(place)
        for k in terms:
            total = self._add(total, k, place)
        self._store(self._zero() if total is None else total, place)

    def _row_of_unknown_length(self, row: list[Any], starts: Sequence[Any], ends: Sequence[Any]) -> None:
        """The core is where all boxes are; the rest of the row asks for each element which boxes it is in."""
        begin, end = _least(starts), _greatest(ends)
        core, rest = _value(_greatest(starts)), _value(_least(ends))
        rest = _greatest([core, rest])
        self._border(row, begin, core)
        _loop(core, rest, lambda p: self._compute([*row, p], bool(self._clears), range(len(self._terms))))
        self._border(row, rest, _greatest([rest, end]))

    def _border(self, row: list[Any], start: Any, end: Any) -> None:
        def element(p: Any) -> None:
            place = [*row, p]
            for clear in self._clears:
                _when(_reaches(p, clear[0][-1], clear[1][-1]), lambda: self._store(self._zero(), place))
            for k, term in enumerate(self._terms):
                _when(_reaches(p, term[0][-1], term[1][-1]), lambda: self._accumulate(k, place))  # noqa: B023

        _loop(start, end, element)

    def _accumulate(self, k: int, place: list[Any]) -> None:
        self._store(self._add(self._load(place), k, place), place)

    def _partial_row(self, row: list[Any]) -> None:
        """A row that some boxes do not reach: one after another."""
        last = self._rank - 1
        for clear in self._clears:
            _when(_all(self._reaches_row(clear, row)),
                  lambda: _loop(clear[0][last], _end(clear, last),  # noqa: B023
                                lambda p: self._store(self._zero(), [*row, p])))
        for k, term in enumerate(self._terms):
            _when(_all(self._reaches_row(term, row)),
                  lambda: _loop(term[0][last], _end(term, last),  # noqa: B023
                                lambda p: self._accumulate(k, [*row, p])))  # noqa: B023

    # ------------------------------------------------------------ boxes with steps

    def _one_after_another(self, every: Sequence[Box]) -> None:
        for number, (offsets, sizes, strides) in enumerate(every):
            def element(q: list[Any]) -> None:
                place = [_plus(o, _times(i, s)) for o, i, s in zip(offsets, q, strides)]  # noqa: B023
                k = number - len(self._clears)  # noqa: B023
                if k < 0:
                    self._store(self._zero(), place)
                else:
                    term = self._term(k, q)
                    self._store(lookup_call("arith.addf", self._load(place), term), place)

            _nest([(0, n) for n in sizes], element)


def _end(box: Box, d: int) -> Any:
    return _plus(box[0][d], box[1][d])


def _is_cotangent(op: Any) -> bool:
    """Whether the signs of zeros do not count in a sum."""
    return "nd.accumulate" in op.attributes
