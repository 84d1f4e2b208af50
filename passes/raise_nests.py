"""`raise-nests`: loop nests that accumulate element by element become accumulations of windows.

The transpose of a stencil written as scalar loops reads (and clears) one cotangent at ``[i, j]`` and adds to another
one at ``[i-1, j], [i, j], [i+1, j], ..``.  Its iterations commute, so the nest is the same as operations on windows,

    for i, j:  t = b[i,j]; b[i,j] = 0; a[i-1,j] += f(t); a[i+1,j] += g(t)
    =>  t = b[w];  a[w - (1,0)] += f(t);  a[w + (1,0)] += g(t);  b[w] = 0

which `raise-windows` makes one pass of.  It is, if

1. subscripts are linear, each counter in one dimension of each access, in the order of the loops;
2. an array that is added to is accessed by additions only, element by element, and nothing else reads what they load;
3. other arrays are not written, but for zeros at the only place where they are read;
4. nothing else happens: no carried numbers, no checks, no branches.

Each element gets its terms in the order in which the loops would have added them: the nest runs through the distances
between where it is and where it adds from the largest to the smallest (the other way round where it counts down).

Assumes the nd level, after all differentiation.  Nests that compute something expensive for what they add are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, block_of, defining_op, ir, is_float, is_tensor, tensor_type, walk
from wengert.dialects.build import cast_index, create, index
from wengert.dialects.control import FOR, For, functions
from wengert.dialects.op import lookup, lookup_call, raw_attributes
from wengert.dialects.structural import extract_slice, filled, insert_slice
from wengert.passes.affine import Form, form_of
from wengert.passes.base import Pass, register_pass
from wengert.passes.fold import splat
from wengert.passes.purity import speculatable
from wengert.passes.raise_windows import ACCUMULATE
from wengert.passes.trips import constant_of, trip_count
from wengert.passes.window_sums import CHEAP, EXPENSIVE

EXTRACT, INSERT = "tensor.extract", "tensor.insert"
FASTMATH = "fastmath"


@register_pass("raise-nests")
@dataclass(frozen=True)
class RaiseNests(Pass):
    """Turn nests that accumulate elements into accumulations of windows."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            loops = walk(func, FOR)
            for loop in [loop for loop in loops if not any(len(op.regions) for op in For(loop).block.operations)]:
                nest = _nest_around(loop)
                if nest is not None:
                    with nest.loops[0].op.location:
                        _Windows(nest).emit()


class _Refused(Exception):
    """A nest that does not meet the conditions."""


# ---------------------------------------------------------------- what a nest does


@dataclass(eq=False)
class _Place:
    """Where an access is: for each dimension of the array its first element, and which loop (or none) it follows."""

    loops: list[int | None]
    forms: list[Form]

    def distance(self, other: _Place) -> tuple[int, ...]:
        """How far, in elements, two places are apart along each loop."""
        found = {}
        for loop, mine, others in zip(self.loops, self.forms, other.forms, strict=True):
            difference = mine.plus(others, -1)
            if difference.coefficients or (loop is None and difference.constant):
                raise _Refused
            if loop is not None:
                found[loop] = difference.constant
        return tuple(found[loop] for loop in sorted(found))


@dataclass(eq=False)
class _Nest:
    """A perfect nest and what its body does with each carried array (by number, as of the outermost loop)."""

    loops: list[For]
    numbers: list[int]
    added: dict[int, list[tuple[_Place, Value, bool, bool]]] = field(default_factory=dict)
    cleared: dict[int, tuple[_Place, Value]] = field(default_factory=dict)
    read: dict[Value, tuple[Value, _Place]] = field(default_factory=dict)
    computed: list[Any] = field(default_factory=list)
    skipped: set[Value] = field(default_factory=set)

    @property
    def body(self) -> Any:
        return self.loops[-1].block


def _nest_around(innermost: Any) -> _Nest | None:
    """The nest of as many loops as the arrays it adds to have dimensions, if it can be raised."""
    block = For(innermost).block
    ranks = {op.operation.operands[1].type.rank for op in block.operations if op.operation.name == INSERT}
    if len(ranks) != 1 or not (rank := ranks.pop()):
        return None
    loops, numbers = [For(innermost)], list(range(len(For(innermost).carries)))
    try:
        while len(loops) < rank:
            outer = _around(loops[0])
            numbers = [_number_of(outer, loops[0], n) for n in numbers]
            loops.insert(0, outer)
        nest = _Nest(loops, numbers)
        _look_at(nest)
    except _Refused:
        return None
    return nest if any(len(links) > 1 for links in nest.added.values()) else None


def _around(inner: For) -> For:
    """The loop that does nothing but run `inner`, and index arithmetic."""
    parent = inner.op.parent
    if parent is None or parent.name != FOR:
        raise _Refused
    outer = For(parent)
    for op in outer.block.operations:
        if op.operation != inner.op and op.operation.name != "scf.yield" and not _is_index_arithmetic(op.operation):
            raise _Refused
    if len(outer.carries) != len(inner.carries):
        raise _Refused
    return outer


def _number_of(outer: For, inner: For, number: int) -> int:
    """Which carried value of the outer loop an inner one is."""
    init = inner.inits[number]
    for k, (carry, result) in enumerate(zip(outer.carries, outer.yields)):
        if carry == init and result == inner.results[number] and len(list(carry.uses)) == 1:
            return k
    raise _Refused


def _is_index_arithmetic(op: Any) -> bool:
    return all(isinstance(v.type, (ir.IndexType, ir.IntegerType)) for v in (*op.operands, *op.results)) and \
        bool(len(op.results)) and speculatable(op)


def _look_at(nest: _Nest) -> None:
    """Collect what the body does.

    Raises:
        _Refused: something that a window cannot do.
    """
    outside = nest.loops[0].op
    inner = nest.loops[-1]
    if any(not is_tensor(carry.type) or not is_float(carry.type) for carry in inner.carries):
        raise _Refused
    for loop in nest.loops:
        step, trips = constant_of(loop.bounds[2]), [constant_of(bound) for bound in loop.bounds]
        if step is None or step < 1 or not all(_is_outside(bound, outside) for bound in loop.bounds):
            raise _Refused
        if None not in trips and not range(*trips):  # type: ignore[arg-type]
            raise _Refused
    version = dict(zip(inner.carries, nest.numbers))  # the latest of each array
    for op in nest.body.operations:
        op = op.operation
        if op.name == "scf.yield" or _is_index_arithmetic(op):
            continue
        if op.name == EXTRACT:
            _look_at_read(nest, op, version)
        elif op.name == INSERT:
            _look_at_write(nest, op, version)
        else:
            _look_at_computation(nest, op)
    final = {k: v for v, k in version.items()}
    if any(final[k] != v for k, v in zip(nest.numbers, inner.yields)):
        raise _Refused
    _check_additions(nest, inner)


def _look_at_read(nest: _Nest, op: Any, version: dict[Value, int]) -> None:
    array, *subscripts = op.operands
    users = [use.owner.operation for use in op.results[0].uses]
    if array not in version and not _is_outside(array, nest.loops[0].op):
        raise _Refused  # an old version
    if array in version and len(users) == 1 and _is_addition(users[0], op.results[0], op):
        nest.skipped.add(op.results[0])
        return
    k = version.get(array)
    if k is not None and (k in nest.cleared or k in nest.added):
        raise _Refused
    nest.read[op.results[0]] = array, _place(nest, array, subscripts)


def _is_addition(op: Any, loaded: Value, extract: Any) -> bool:
    """Whether an op adds to what was loaded, and its result is only stored back."""
    if op.name not in ("arith.addf", "arith.subf") or (op.name == "arith.subf" and op.operands[0] != loaded):
        return False
    uses = list(op.results[0].uses)
    if op.operands[0] == op.operands[1] or len(uses) != 1:
        return False
    insert = uses[0].owner.operation
    return bool(insert.name == INSERT and insert.operands[0] == op.results[0]
                and insert.operands[1] == extract.operands[0]
                and list(insert.operands)[2:] == list(extract.operands)[1:])


def _look_at_write(nest: _Nest, op: Any, version: dict[Value, int]) -> None:
    value, array, *subscripts = op.operands
    if array not in version:
        raise _Refused
    k = version.pop(array)
    version[op.results[0]] = k
    place = _place(nest, array, subscripts)
    addition = defining_op(value)
    loaded = [] if addition is None else [v for v in addition.operands if v in nest.skipped]
    if addition is not None and addition.name in ("arith.addf", "arith.subf") and len(loaded) == 1 \
            and defining_op(loaded[0]).operands[0] == array:  # type: ignore[union-attr]
        if k in nest.cleared:
            raise _Refused
        term = next(v for v in addition.operands if v != loaded[0])
        ordered = FASTMATH not in addition.attributes or "nsz" not in str(addition.attributes[FASTMATH])
        nest.added.setdefault(k, []).append((place, term, addition.name == "arith.subf", ordered))
        nest.skipped.add(value)
        return
    if splat(value) != 0 or k in nest.cleared or k in nest.added:
        raise _Refused
    nest.cleared[k] = place, value


def _look_at_computation(nest: _Nest, op: Any) -> None:
    record = lookup(op.name)
    if not op.name.startswith(("arith.", "math.")) or record is None or record.effect or len(op.results) != 1:
        raise _Refused
    inside = [v for v in op.operands if not _is_outside(v, nest.loops[0].op)]
    if op.results[0] not in nest.skipped and any(v in nest.skipped for v in inside):
        # the addition itself comes before the insertion that shows that it is one
        if not any(_is_addition(op, v, defining_op(v)) for v in inside if v in nest.skipped):
            raise _Refused
        return
    if not inside or any(isinstance(v.type, ir.IndexType) for v in op.operands):
        raise _Refused
    if record.expensive or op.name in EXPENSIVE:
        raise _Refused
    if any(v not in nest.read and all(v not in c.results for c in nest.computed) for v in inside):
        raise _Refused  # a counter, as a number
    nest.computed.append(op)
    if len(nest.computed) > 4 * CHEAP:
        raise _Refused


def _check_additions(nest: _Nest, inner: For) -> None:
    """What is added does not depend on arrays the nest writes to, except where it clears what it has read."""
    number = dict(zip(inner.carries, nest.numbers))
    for array, place in nest.read.values():
        k = number.get(array)
        if k in nest.added:
            raise _Refused
        if k in nest.cleared:
            where, _ = nest.cleared[k]
            if any(place.distance(where)) or None in where.loops:
                raise _Refused
    outside = {loop.inits[k] for loop in nest.loops[:1] for k in (*nest.added, *nest.cleared)}
    if any(array in outside for array, _ in nest.read.values()):
        raise _Refused  # the array as it was before the nest
    for links in nest.added.values():
        for place, *_ in links:
            if None in place.loops:
                raise _Refused
            place.distance(links[0][0])


def _is_outside(value: Value, op: Any) -> bool:
    """Whether a value is defined outside of `op`."""
    parent = block_of(value).owner.operation
    while parent is not None and parent.name != "func.func":
        if parent == op:
            return False
        parent = parent.parent
    return True


def _place(nest: _Nest, array: Value, subscripts: Sequence[Value]) -> _Place:
    """Where an access is, as a box.

    Raises:
        _Refused: the subscripts are not linear, or not one counter a dimension in the order of the loops.
    """
    counters = [loop.iv for loop in nest.loops]
    loops: list[int | None] = []
    forms: list[Form] = []
    for subscript in subscripts:
        form = form_of(subscript)
        mine = [k for k, iv in enumerate(counters) if iv in form.coefficients]
        if len(mine) > 1 or any(not _is_outside(a, nest.loops[0].op) for a in form.coefficients if a not in counters):
            raise _Refused
        loops.append(mine[0] if mine else None)
        forms.append(form)
    if [k for k in loops if k is not None] != list(range(len(counters))):
        raise _Refused
    return _Place(loops, forms)


# ---------------------------------------------------------------- windows


class _Windows:
    """Writes the operations on windows that a nest stands for."""

    def __init__(self, nest: _Nest) -> None:
        self._nest = nest
        self._outermost = nest.loops[0]

    def emit(self) -> None:
        directions = self._directions()
        with ir.InsertionPoint(self._outermost.op):
            if directions is None or not self._fits():
                return
            self._sizes = [self._trips(loop) for loop in self._nest.loops]
            values: dict[Value, Value] = {}
            for loaded, (array, place) in self._nest.read.items():
                values[loaded] = self._window(self._before(array), place)
            for op in self._nest.computed:
                values[op.results[0]] = self._computed(op, values)
            arrays = {k: self._outermost.inits[k] for k in self._nest.numbers}
            for k, links in self._nest.added.items():
                for place, term, minus, ordered in _in_order(links, directions):
                    added = self._as_window(term, values)
                    if minus:
                        added = create("arith.negf", [added.type], [added]).result
                    arrays[k] = self._add(arrays[k], place, added, ordered)
            for k, (place, zero) in self._nest.cleared.items():
                arrays[k] = insert_slice(self._filled(zero), arrays[k], *self._box(place, arrays[k]))
        for k, array in arrays.items():
            self._outermost.results[k].replace_all_uses_with(array)
        self._outermost.op.erase()

    def _directions(self) -> list[int] | None:
        """For each loop whether all accesses go upwards (1) or downwards (-1) with its counter."""
        places = [place for _, place in self._nest.read.values()]
        places += [place for links in self._nest.added.values() for place, *_ in links]
        places += [place for place, _ in self._nest.cleared.values()]
        found: list[int] = []
        for k, loop in enumerate(self._nest.loops):
            signs = {form.coefficients[loop.iv] > 0 for place in places
                     for number, form in zip(place.loops, place.forms) if number == k}
            if len(signs) != 1:
                return None
            found.append(1 if signs.pop() else -1)
        return found

    def _fits(self) -> bool:
        """Whether all windows can be written, and none is known to reach out of its array, in a nest never executed."""
        accesses = [(array, place) for array, place in self._nest.read.values()]
        arrays = self._outermost.inits
        accesses += [(arrays[k], place) for k, links in self._nest.added.items() for place, *_ in links]
        accesses += [(arrays[k], place) for k, (place, _) in self._nest.cleared.items()]
        for array, place in accesses:
            for d, (loop, form) in enumerate(zip(place.loops, place.forms)):
                first = form if loop is None else self._first(self._nest.loops[loop], form)
                extent = array.type.shape[d]
                if first is None:
                    return False
                if first.coefficients or extent == DYNAMIC:
                    continue
                count, step = 1, 1
                if loop is not None:
                    known = self._known_trips(self._nest.loops[loop])
                    count, step = 1 if known is None else known, self._step(self._nest.loops[loop], form)
                if first.constant < 0 or first.constant + (count - 1) * step >= extent:
                    return False
        return True

    # ------------------------------------------------------------ geometry

    def _known_trips(self, loop: For) -> int | None:
        bounds = [constant_of(bound) for bound in loop.bounds]
        return None if None in bounds else len(range(*bounds))  # type: ignore[arg-type]

    def _trips(self, loop: For) -> Any:
        known = self._known_trips(loop)
        return lookup_call("arith.maxsi", trip_count(*loop.bounds), index(0)) if known is None else known

    def _step(self, loop: For, form: Form) -> int:
        return abs(form.coefficients[loop.iv]) * (constant_of(loop.bounds[2]) or 1)

    def _first(self, loop: For, form: Form) -> Form | None:
        """The least element: where the counter begins, or where it ends if the access goes downwards."""
        lower, upper, step = loop.bounds
        coefficient = form.coefficients[loop.iv]
        start = form.without(loop.iv).plus(form_of(lower), coefficient)
        if coefficient > 0:
            return start
        known, width = self._known_trips(loop), constant_of(step) or 1
        if known is not None:
            return start.plus(Form((known - 1) * width), coefficient)
        before_end = form_of(upper).plus(form_of(lower), -1).plus(Form(1), -1)
        return start.plus(before_end, coefficient) if width == 1 else None

    def _box(self, place: _Place, array: Value) -> tuple[list[Any], list[Any], list[Any]]:
        offsets, sizes, strides = [], [], []
        for loop, form in zip(place.loops, place.forms):
            if loop is None:
                offsets.append(_written(form))
                sizes.append(1)
                strides.append(1)
                continue
            first = self._first(self._nest.loops[loop], form)
            assert first is not None
            offsets.append(_written(first))
            sizes.append(self._sizes[loop])
            strides.append(self._step(self._nest.loops[loop], form))
        return offsets, sizes, strides

    # ------------------------------------------------------------ operations

    def _before(self, array: Value) -> Value:
        """An array as it is before the nest."""
        for carry, k in zip(self._nest.loops[-1].carries, self._nest.numbers):
            if carry == array:
                return self._outermost.inits[k]
        return array

    def _window(self, array: Value, place: _Place) -> Value:
        drop = [d for d, loop in enumerate(place.loops) if loop is None]
        return extract_slice(array, *self._box(place, array), drop)

    def _computed(self, op: Any, values: dict[Value, Value]) -> Value:
        operands = [self._as_window(v, values) for v in op.operands]
        type_ = tensor_type(operands[0].type.shape, op.results[0].type)
        return create(op.name, [type_], operands, raw_attributes(op), loc=op.location).result

    def _as_window(self, value: Value, values: dict[Value, Value]) -> Value:
        return values[value] if value in values else self._filled(value)

    def _filled(self, scalar: Value) -> Value:
        return filled(scalar, self._sizes)

    def _add(self, array: Value, place: _Place, term: Value, ordered: bool) -> Value:
        box = self._box(place, array)
        before = extract_slice(array, *box)
        attributes = {} if ordered else {ACCUMULATE: ir.UnitAttr.get()}
        total = create("arith.addf", [before.type], [before, term], attributes).result
        return insert_slice(total, array, *box)


def _in_order(links: list[tuple[_Place, Value, bool, bool]], directions: Sequence[int]) -> list[Any]:
    """The additions in the order in which an element gets them: what the nest adds from the first iteration first."""
    origin = links[0][0]
    return sorted(links, key=lambda link: tuple(-sign * n for sign, n in zip(directions, link[0].distance(origin))))


def _written(form: Form) -> Any:
    """A form as an int or an index value, at the current insertion point."""
    if not form.coefficients:
        return form.constant
    total = index(form.constant)
    for atom, coefficient in form.coefficients.items():
        product = lookup_call("arith.muli", cast_index(atom), index(coefficient))
        total = lookup_call("arith.addi", total, product)
    return total
