"""`loop-sums`: a loop that only adds up products becomes one contraction.

    for k:  c[w] += a[k] * b[k]          =>    c[w] += dot_general(a, b) over k
    for k, l:  c += a[.., k:k+n, l:l+m] . b[.., k, l]

Assumes functions before differentiation.  A nest of loops is a sum if its innermost body adds a term to a window of
the one array it carries, the window is the same in each iteration, and the term is a product of slices, at the
counters, of arrays that do not change meanwhile.  Dimensions a counter runs along become contracted dimensions.
Windows that a counter shifts are gathered into one array first, where a product reads them often enough.  The order of
the additions is no longer that of the loop, as in any contraction.  What is left is simplified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, defining_op, ir, is_tensor, walk
from wengert.dialects.build import clone, create, index
from wengert.dialects.control import FOR, For, body_operations, functions, make_for, yield_
from wengert.dialects.op import raw_attributes
from wengert.dialects.structural import extract_slice, insert_slice
from wengert.passes.base import Pass, register_pass
from wengert.passes.contractions import Factor, NoProductError, contracted
from wengert.passes.purity import Effects, constant_integer
from wengert.passes.simplify import simplify_function
from wengert.passes.value_numbering import inside
from wengert.passes.windows import Window, same_window, window_of

#: A gathered array has at most so many elements, and each of them is read at least so often.
MOST_GATHERED = 2**23
READ_AT_LEAST = 4
SUMS = {"arith.addf": False, "arith.subf": True}


@register_pass("loop-sums")
@dataclass(frozen=True)
class LoopSums(Pass):
    """Turn loops that add up products into contractions."""

    def run(self, module: Any) -> None:
        effects = Effects(module)
        for func in functions(module):
            gone, changed = 0, False
            for op in walk(func, FOR):
                if gone:
                    gone -= 1  # it stood inside of one that is gone
                    continue
                with op.location:
                    replaced = _raise(op, effects)
                gone, changed = max(replaced - 1, 0), changed or replaced > 0
            if changed:
                simplify_function(func, effects)


def _raise(op: Any, effects: Effects) -> int:
    """Replace a nest of loops if it is a sum; the number of loops replaced."""
    nest = _nest(For(op))
    block = nest[-1].block
    if any(raw_attributes(loop.op) or len(loop.carries) != 1 for loop in nest):
        return 0
    if any(effects.of(inner) or len(inner.regions) for loop in nest for inner in body_operations(loop.block)
           if inner.name != FOR):
        return 0
    update = _update(nest[-1].carries[0], nest[-1].yields[0], op)
    if update is None or any(inside(bound, op) for loop in nest for bound in loop.bounds):
        return 0
    if not body_operations(block) or any(constant_integer(loop.bounds[2]) != 1 for loop in nest):
        return 0
    added, read, written = update
    try:
        with ir.InsertionPoint(op):
            total = _Terms(nest).total(added.operands[1])
            mapping = {nest[-1].carries[0]: nest[0].inits[0]}
            existing = clone(read, mapping, ir.InsertionPoint(op)).results[0] if read is not None else nest[0].inits[0]
            result = create(added.name, [existing.type], [existing, total]).result
            if written is not None:
                mapping[added.results[0]] = result
                result = clone(written, mapping, ir.InsertionPoint(op)).results[0]
    except NoProductError:
        return 0
    op.results[0].replace_all_uses_with(result)
    op.erase()
    return len(nest)


def _nest(loop: For) -> list[For]:
    """Loops of which each does nothing but run the next one."""
    nest = [loop]
    while True:
        block = nest[-1].block
        inner = [op for op in body_operations(block) if op.name == FOR]
        if len(inner) != 1 or len(nest[-1].carries) != 1:
            return nest
        candidate = For(inner[0])
        if candidate.inits != nest[-1].carries or candidate.results != nest[-1].yields:
            return nest
        if sum(1 for _ in nest[-1].carries[0].uses) != 1:
            return nest
        nest.append(candidate)


def _update(carry: Any, result: Any, loop: Any) -> tuple[Any, Any, Any] | None:
    """The addition, the reading and the writing of the window (None: of all) that lead from a carry to its next."""
    written = defining_op(result)
    if not is_tensor(carry.type) or written is None:
        return None
    uses = [use.owner.operation for use in carry.uses]
    if written.name in SUMS:
        fine = uses == [written] and written.operands[0] == carry
        return (written, None, None) if fine else None
    if written.name != "tensor.insert_slice" or written.operands[1] != carry:
        return None
    added, read = defining_op(written.operands[0]), next((u for u in uses if u.name == "tensor.extract_slice"), None)
    if added is None or added.name not in SUMS or read is None or len(uses) != 2 or read == added:
        return None
    same = added.operands[0] == read.results[0] and same_window(read, written)
    alone = all(sum(1 for _ in op.results[0].uses) == 1 for op in (read, added))
    if not same or not alone or any(inside(v, loop) for v in list(read.operands)[1:]):
        return None
    return added, read, written


class _Terms:
    """The term that a nest adds up: its factors, with arrays over all iterations instead of slices at one."""

    def __init__(self, nest: Sequence[For]) -> None:
        self._nest = nest
        self._outermost = nest[0].op
        self._negative = False
        self._next = 0
        self._factors: list[Factor] = []
        self._gathered: list[tuple[int, int]] = []  # number of the factor, elements of it

    def total(self, term: Any) -> Any:
        """The sum of the term over all iterations.

        Raises:
            NoProductError: it is no product, or there is a simpler way to compute it.
        """
        rank = term.type.rank
        self._next = rank
        self._counters = {loop.iv: self._label() for loop in self._nest}
        self._visit(term, tuple(range(rank)))
        present = {label for factor in self._factors for label in factor.labels}
        if not present.issuperset(range(rank)) or not present.issuperset(self._counters.values()):
            raise NoProductError
        self._check_gathered()
        product = contracted(self._factors, tuple(range(rank)))
        if self._negative:
            product = create("arith.negf", [product.type], [product]).result
        if product.type != term.type:
            product = create("tensor.cast", [term.type], [product]).result
        return product

    def _label(self) -> int:
        self._next += 1
        return self._next - 1

    # ------------------------------------------------------------ factors

    def _visit(self, value: Any, at: tuple[int, ...]) -> None:
        """Note the factors of `value`, whose dimensions have the labels `at`."""
        if not inside(value, self._outermost):
            self._factors.append(Factor(value, at))
            return
        op = defining_op(value)
        rule = None if op is None else _FACTORS.get(op.name)
        if op is None or rule is None:
            raise NoProductError
        rule(self, op, at)

    def _multiplied(self, op: Any, at: tuple[int, ...]) -> None:
        for operand in op.operands:
            self._visit(operand, at)

    def _negated(self, op: Any, at: tuple[int, ...]) -> None:
        self._negative = not self._negative
        self._visit(op.operands[0], at)

    def _filled(self, op: Any, at: tuple[int, ...]) -> None:
        self._visit(op.operands[0], ())

    def _transposed(self, op: Any, at: tuple[int, ...]) -> None:
        permutation = list(ir.DenseI64ArrayAttr(op.attributes["permutation"]))
        self._visit(op.operands[0], tuple(at[permutation.index(d)] for d in range(len(at))))

    def _product(self, op: Any, at: tuple[int, ...]) -> None:
        """Batch dimensions, free ones of lhs, free ones of rhs have the labels `at`, contracted ones new labels."""
        lc, rc, lb, rb = (list(ir.DenseI64ArrayAttr(op.attributes[name])) if name in op.attributes else []
                          for name in ("lhs_contracting", "rhs_contracting", "lhs_batch", "rhs_batch"))
        summed = [self._label() for _ in lc]
        left, right = dict(zip(lc, summed, strict=True)), dict(zip(rc, summed, strict=True))
        labels = iter(at)
        for a, b in zip(lb, rb, strict=True):
            left[a] = right[b] = next(labels)
        for operand, placed in zip(op.operands, (left, right)):
            for d in range(operand.type.rank):
                if d not in placed:
                    placed[d] = next(labels)
        for operand, placed in zip(op.operands, (left, right)):
            self._visit(operand, tuple(placed[d] for d in range(operand.type.rank)))

    def _element(self, op: Any, at: tuple[int, ...]) -> None:
        array, *indices = op.operands
        window = Window(array, tuple(indices), (1,) * len(indices), (1,) * len(indices), tuple(range(len(indices))))
        self._slice(window, at)

    def _window(self, op: Any, at: tuple[int, ...]) -> None:
        window = window_of(op, lambda offset: self._counter_in(offset) is not None)
        if window is None:
            raise NoProductError
        self._slice(window, at)

    def _slice(self, window: Window, at: tuple[int, ...]) -> None:
        """A window of an array; a counter that only picks an index of a dimension runs along it instead."""
        if inside(window.array, self._outermost):
            raise NoProductError
        offsets, sizes, labels, shifted = [], [], [], []
        given = iter(at)
        for d, (offset, extent) in enumerate(zip(window.offsets, window.sizes)):
            if any(isinstance(v, ir.Value) and inside(v, self._outermost) for v in (extent, window.strides[d])):
                raise NoProductError
            counter = self._counter_in(offset)
            if counter is not None and d in window.dropped:
                labels.append(self._counters[counter.iv])
                extent = _trips(counter)
            elif d not in window.dropped:
                labels.append(next(given))
                shifted += [counter] if counter is not None else []
            offsets.append(offset if counter is None else self._at_start(offset))
            sizes.append(extent)
        if len(set(labels)) != len(labels):
            raise NoProductError
        if shifted:
            self._gather(window, at)
            return
        dropped = [d for d in window.dropped if self._counter_in(window.offsets[d]) is None]
        if len(dropped) == len(sizes):
            scalar = create("tensor.extract", [window.array.type.element_type],
                            [window.array, *(o if isinstance(o, ir.Value) else index(o) for o in offsets)]).result
            self._factors.append(Factor(scalar, ()))
            return
        value = extract_slice(window.array, offsets, sizes, window.strides, dropped)
        self._factors.append(Factor(value, tuple(labels)))

    def _gather(self, window: Window, at: tuple[int, ...]) -> None:
        """The windows at all counters as one array: counters follow the dimensions that are summed anyway."""
        loops = [loop for loop in self._nest if any(self._counter_in(o) is loop for o in window.offsets)]
        trips = [_trips(loop) for loop in loops]
        kept = [n for d, n in enumerate(window.sizes) if d not in window.dropped]
        if not all(isinstance(n, int) for n in (*trips, *kept)) or any(constant_integer(x.bounds[0]) for x in loops):
            raise NoProductError
        rank = min(self._counters.values())
        place = max((d + 1 for d, label in enumerate(at) if label >= rank), default=0)
        shape = [*kept[:place], *trips, *kept[place:]]
        element = window.array.type.element_type
        gathered = create("nd.empty", [ir.RankedTensorType.get(shape, element)], []).result
        counters: dict[Any, Any] = {}
        inner: list[For] = []
        current, where = gathered, ir.InsertionPoint.current
        for loop in loops:
            with where:
                inner.append(make_for(*loop.bounds, [current]))
            counters[loop.iv], current = inner[-1].iv, inner[-1].carries[0]
            where = ir.InsertionPoint(inner[-1].block)
        with where:
            offsets = [self._clone(o, counters) for o in window.offsets]
            part = extract_slice(window.array, offsets, window.sizes, window.strides, window.dropped)
            indices = [create("arith.index_cast", [ir.IndexType.get()], [loop.iv]).result
                       if loop.iv.type != ir.IndexType.get() else loop.iv for loop in inner]
            zeros = [0] * len(kept)
            result = insert_slice(part, current, [*zeros[:place], *indices, *zeros[place:]],
                                  [*kept[:place], *([1] * len(inner)), *kept[place:]], [1] * len(shape))
        for loop in reversed(inner):
            yield_([result], loop.block)
            result = loop.results[0]
        labels = (*at[:place], *(self._counters[loop.iv] for loop in loops), *at[place:])
        self._gathered.append((len(self._factors), prod(shape)))
        self._factors.append(Factor(result, labels))

    def _check_gathered(self) -> None:
        """Gathering pays where other factors have dimensions of their own, along which its elements are read again."""
        for number, elements in self._gathered:
            own = set(self._factors[number].labels)
            again = prod(n for factor in self._factors for label, n in zip(factor.labels, _shape(factor.value))
                         if label not in own)
            if elements > MOST_GATHERED or again < READ_AT_LEAST:
                raise NoProductError

    # ------------------------------------------------------------ counters

    def _counter_in(self, offset: Any) -> For | None:
        """The loop whose counter an offset is, plus something that does not change in the nest; None if that is all.

        Raises:
            NoProductError: it is something else.
        """
        if not isinstance(offset, ir.Value) or not inside(offset, self._outermost):
            return None
        for loop in self._nest:
            if offset == loop.iv:
                return loop
        op = defining_op(offset)
        if op is None or op.name not in ("arith.index_cast", "arith.addi", "arith.subi"):
            raise NoProductError
        found = [self._counter_in(operand) for operand in op.operands]
        loops = [loop for loop in found if loop is not None]
        if len(loops) != 1 or (op.name == "arith.subi" and found[0] is None):
            raise NoProductError
        return loops[0]

    def _at_start(self, offset: Any) -> Any:
        """The offset in the first iteration."""
        start = self._clone(offset, {loop.iv: loop.bounds[0] for loop in self._nest})
        return start if constant_integer(start) is None else constant_integer(start)

    def _clone(self, offset: Any, counters: dict[Any, Any]) -> Any:
        if not isinstance(offset, ir.Value) or not inside(offset, self._outermost):
            return offset
        if offset in counters:
            return counters[offset]
        op = offset.owner.operation
        operands = [self._clone(operand, counters) for operand in op.operands]
        return create(op.name, [offset.type], operands, raw_attributes(op)).result


_FACTORS = {"arith.mulf": _Terms._multiplied, "arith.negf": _Terms._negated, "nd.full": _Terms._filled,
            "nd.transpose": _Terms._transposed, "nd.dot_general": _Terms._product, "tensor.extract": _Terms._element,
            "tensor.extract_slice": _Terms._window}


def _trips(loop: For) -> Any:
    """The number of iterations: an int, or an index value."""
    lower, upper, _ = loop.bounds
    first, last = constant_integer(lower), constant_integer(upper)
    if first is not None and last is not None:
        return max(last - first, 0)
    difference = create("arith.subi", [lower.type], [upper, lower]).result
    zero = create("arith.constant", [lower.type], [], {"value": ir.IntegerAttr.get(lower.type, 0)}).result
    count = create("arith.maxsi", [lower.type], [difference, zero]).result
    if count.type == ir.IndexType.get():
        return count
    return create("arith.index_cast", [ir.IndexType.get()], [count]).result


def _shape(value: Any) -> list[int]:
    """Extents, where one that is not known counts as large."""
    return [1000 if n == DYNAMIC else n for n in value.type.shape] if is_tensor(value.type) else []
