"""Subscripts: elements, windows and selections of arrays, read and written as NumPy does.

Indices known while tracing are checked at once; others get a run-time check, unless an interval proves them, and are
then clamped, so that a failed check does no harm.  Slices clamp as NumPy's do.  Outside of any branch or loop an index
that is certainly wrong is an error of the compilation; inside of one it fails when it is reached.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import structural
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend import growing
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import (
    check_equal,
    is_below,
    larger,
    same_extent,
    smaller,
    tensor,
)
from wengert.frontend.capture import captured, made_new, stays_python
from wengert.frontend.comparison import select
from wengert.frontend.complex_numbers.parts import complex_of_parts, store_parts
from wengert.frontend.complex_numbers.values import Complex, ComplexArray
from wengert.frontend.gathering import Chosen, Selection, selection
from wengert.frontend.journal import CONTAINERS
from wengert.frontend.operands import operand
from wengert.frontend.reads import note_item
from wengert.frontend.selections import select_masked, store_masked
from wengert.frontend.subscripts import Part, axes_of, dimensions_of, is_chosen, is_mask, parts_of
from wengert.frontend.trace import current, fail
from wengert.frontend.user_operators import written_in_python
from wengert.frontend.values import (
    DATA,
    Array,
    Box,
    Extent,
    Phi,
    Scalar,
    Traced,
    View,
    describe,
    shape_text,
)
from wengert.frontend.views import Axis, Window, extracted, inserted, window, with_new_axes

# ---------------------------------------------------------------- the two subscripts


def getitem(a: Any, index: Any) -> Any:
    """``a[index]``: of an array an element (a copy), a view, or a selection; of other objects Python's own."""
    if isinstance(a, np.ndarray) and (_has_traced(index) or not stays_python(a)):
        a = captured(a)
    if isinstance(a, Array):
        return _read(a, index)
    if isinstance(a, Complex):
        return complex_of_parts(lambda part: getitem(part, index), a)
    if isinstance(a, Scalar) and not a.weak and index in ((), Ellipsis):
        return a
    if isinstance(a, Traced):
        fail(f"a {a.type_name if isinstance(a, Scalar) else 'value'} is not subscriptable", error=WengertTypeError)
    if _has_traced(index) and is_grid(a):
        from wengert.frontend.numpy_table.grids import grid_item

        return grid_item(a, index)
    method = written_in_python(a, "__getitem__")
    if method is not None:
        from wengert.frontend.calls import call

        return call(method, a, index)
    if growing.is_growing(a):
        if isinstance(index, (int, np.integer)) or (isinstance(index, Scalar) and not index.kind.is_float):
            return growing.item_at(a, index)
        growing.settled(a, "a list is sliced")
    _need_python_index(a, index)
    item = a[index]
    note_item(a, index, item)
    return made_new(item) if isinstance(index, slice) and isinstance(item, list) else item


def setitem(a: Any, index: Any, value: Any) -> None:
    """``a[index] = value``."""
    if isinstance(a, np.ndarray):
        a = captured(a)
    if isinstance(a, Array):
        _write(a, index, value)
        return
    if isinstance(a, ComplexArray):
        store_parts(a, index, value)
        return
    if isinstance(a, Traced):
        fail("a number does not support item assignment", error=WengertTypeError)
    method = written_in_python(a, "__setitem__")
    if method is not None:
        from wengert.frontend.calls import call

        call(method, a, index, value)
        return
    if isinstance(a, list):
        growing.settled(a, "an item of a list is replaced")
    _need_python_index(a, index)
    if isinstance(a, CONTAINERS):
        current().region.journal.before_mutation(a)
    a[index] = value


def is_grid(a: Any) -> bool:
    """Whether a is one of NumPy's objects that make arrays when they are indexed."""
    return a is np.mgrid or a is np.ogrid or a is np.r_ or a is np.c_


def _has_traced(index: Any) -> bool:
    if isinstance(index, tuple):
        return any(_has_traced(x) for x in index)
    if isinstance(index, slice):
        return any(isinstance(x, Traced) for x in (index.start, index.stop, index.step))
    return isinstance(index, Traced)


def _need_python_index(container: Any, index: Any) -> None:
    """A Python container is indexed by Python values only."""
    parts = (index.start, index.stop, index.step) if isinstance(index, slice) else (index,)
    for part in parts:
        if isinstance(part, Scalar):
            current().need_static(part, f"it is an index into a Python {type(container).__name__}")
        if isinstance(part, Traced):
            fail(f"an array is an index into a Python {type(container).__name__}", error=WengertTypeError)


# ---------------------------------------------------------------- reading


def _read(array: Array, index: Any) -> Any:
    parts = parts_of(array, index)
    if any(map(is_chosen, parts)):
        alone = _masked_view(array, parts)
        return _selection(array, parts).read() if alone is None else select_masked(*alone)
    axes = axes_of(array, parts)
    dots = any(part is Ellipsis for part in (index if isinstance(index, tuple) else (index,)))
    if any(axis.kept for axis in axes) or None in parts or dots:  # a[..., 0] is a view, if need be without dimensions
        return _view(array, axes, parts)
    return element(array, tuple(axis.offset for axis in axes))


def _view(array: Array, axes: list[Axis], parts: list[Part]) -> Array:
    """A window, with new axes where the index has None."""
    if any(not axis.kept and isinstance(n, int) and n == 0 for axis, n in zip(axes, array.shape)):
        array = _never_reached(array)
    if None not in parts:
        return window(array, axes)
    if not any(axis.kept for axis in axes):  # only new axes: the last dimension stays, with extent 1, as one of them
        axes = [*axes[:-1], Axis(axes[-1].offset, 1)]
        return with_new_axes(window(array, axes), list(range(1, parts.count(None))))
    shown = [x for x in parts if x is None or isinstance(x, slice)]
    return with_new_axes(window(array, axes), [d for d, x in enumerate(shown) if x is None])


def _never_reached(array: Array) -> Array:
    """Stands for an array without elements of which a position is taken, behind a check that fails."""
    shape = tuple(1 if isinstance(n, int) and n == 0 else n for n in array.shape)
    return Box(tensor(0, array.element, shape), shape, array.element)


def _masked_view(array: Array, parts: list[Part]) -> tuple[Array, Array] | None:
    """A view and the mask of its first dimensions that an index means, when it has one mask and only slices behind."""
    first, *rest = parts
    if isinstance(first, bool) or not is_mask(first) or not first.ndim or not all(isinstance(x, slice) for x in rest):
        return None
    slices = [slice(None)] * first.ndim + rest
    return _view(array, axes_of(array, slices), slices), first


def _selection(array: Array, parts: list[Part]) -> Selection:
    """What an index with arrays of integers or masks chooses: slices and new axes first, which gives a view."""
    slices: list[Part] = []
    chosen: list[Chosen] = []
    for part in parts:
        if part is None or isinstance(part, slice):
            slices.append(part)
            continue
        if part is Ellipsis:
            continue
        dimensions = dimensions_of(part)
        part = captured(np.zeros(int(part), np.int64)) if isinstance(part, bool) else part
        chosen.append(Chosen(part, len(slices), max(dimensions, 1)))
        slices += [slice(None)] * dimensions or [None]
    apart = any(part is Ellipsis for part in parts)
    return selection(_view(array, axes_of(array, slices), slices), chosen, apart)


def selection_by(array: Array, index: Any) -> Selection:
    """What any index without masks chooses; integers count as arrays with one element."""
    parts = parts_of(array, index)
    if not any(map(is_chosen, parts)):
        first = next((d for d, part in enumerate(parts) if not (part is None or isinstance(part, slice))), None)
        if first is None:
            fail("slices alone choose no elements to accumulate in", help="write a[...] += b")
        parts[first] = Box(tensor(parts[first], "i64", (1,)), (1,), "i64")
    return _selection(array, parts)


def _storable(value: Any, shape: tuple[Extent, ...]) -> Any:
    """A value that is stored in elements of this shape."""
    if not isinstance(value, Array):
        return value
    value = _without_leading_ones(value, len(shape))
    pairs = [(n, m) for n, m in zip(value.shape[::-1], shape[::-1]) if isinstance(n, int) and isinstance(m, int)]
    if any(n not in (1, m) for n, m in pairs) or value.ndim > len(shape):
        fail(
            f"shape mismatch: value array of shape {shape_text(value.shape)} could not be broadcast to indexing result "
            f"of shape {shape_text(shape)}",
            error=WengertValueError,
        )
    return value


def element(array: Array, place: tuple[Extent, ...]) -> Scalar:
    """The element at positions that are inside, as a NumPy scalar."""
    array, place = _at_base(array, place)
    trace = current()
    if isinstance(array, Phi):
        x, y = element(array.a, place), element(array.b, place)
        return Scalar(array.choose(x.value, y.value), array.element, origins=DATA)
    if any(isinstance(n, int) and n == 0 for n in array.shape):
        return Scalar(trace.constant(0, array.element), array.element, origins=DATA)  # behind a check that fails
    value = array.read()
    there = _sizes_there(array, place)
    if there is not None:
        value, place = extracted(value, place, there, array.element), (0,) * array.ndim
    places = [_index_value(x) for x in place]
    with trace.here():
        return Scalar(structural.extract(value, *places), array.element, origins=DATA)


def _sizes_there(array: Array, place: tuple[Extent, ...]) -> list[Extent] | None:
    """Where an array of run-time size may turn out to be empty (a check has failed): min(1, extent) a dimension."""
    if all(isinstance(n, int) or is_below(x, n) for x, n in zip(place, array.shape)):
        return None
    return [1 if isinstance(n, int) else smaller(1, n) for n in array.shape]


def _at_base(array: Array, place: tuple[Extent, ...]) -> tuple[Array, tuple[Extent, ...]]:
    """The array that owns an element, and its place there; clamped again where an extent was known only at run time."""
    while isinstance(array, View):
        located = array.locate(place)
        if located is None:
            break
        uncertain = not all(isinstance(n, int) for n in array.shape)
        array, place = array.base, located
        if uncertain:
            place = tuple(larger(smaller(x, binary("Sub", n, 1)), 0) for x, n in zip(place, array.shape))
    return array, place


def _index_value(x: Extent) -> Any:
    trace = current()
    return trace.constant(x, "index") if isinstance(x, int) else trace.index(x)


# ---------------------------------------------------------------- writing


def _write(array: Array, index: Any, value: Any) -> None:
    value = operand(value)
    parts = parts_of(array, index)
    if any(map(is_chosen, parts)):
        alone = _masked_view(array, parts)
        if alone is not None:
            store_masked(*alone, value)
            return
        chosen = _selection(array, parts)
        chosen.store(_storable(value, chosen.shape))
        return
    axes = axes_of(array, parts)
    if any(axis.kept for axis in axes) or None in parts:
        assign(_view(array, axes, parts), value)
        return
    if isinstance(value, Array):
        fail(
            f"setting an array element with a sequence: {describe(value)}",
            error=WengertValueError,
            help="index the value to get one number",
        )
    store_element(array, tuple(axis.offset for axis in axes), value)


def store_element(array: Array, place: tuple[Extent, ...], value: Any) -> None:
    """Writes one element at positions that are inside."""
    array, place = _at_base(array, place)
    trace = current()
    if isinstance(array, Phi):
        store_element(array.a, place, select(array.condition, value, element(array.a, place)))
        store_element(array.b, place, select(array.condition, element(array.b, place), value))
        return
    if any(isinstance(n, int) and n == 0 for n in array.shape):
        return  # behind a check that fails
    new = trace.cast(value, array.element)
    places = [_index_value(x) for x in place]
    if isinstance(array, View):  # a reshape: the element has no simple place in the base
        whole = array.read()
        with trace.here():
            changed = structural.insert(new, whole, *places)
        array.write(changed)
        return
    old = array.read()
    there = _sizes_there(array, place)
    if there is not None:
        with trace.here():
            new = structural.filled(new, [1] * array.ndim)
        array.write(inserted(new, old, place, there, array.element))
        return
    with trace.here():
        changed = structural.insert(new, old, *places)
    array.write(changed)


def assign(target: Array | ComplexArray, value: Any) -> None:
    """``target[...] = value``, broadcast and converted to the type of the target as NumPy does."""
    if isinstance(target, ComplexArray):
        store_parts(target, Ellipsis, value)
        return
    if isinstance(value, Array):
        if value is target or (isinstance(target, Window) and target.shows_same(value)):
            return
        value = _without_leading_ones(value, target.ndim)
        target = _fitting(target, value)
    target.write(tensor(value, target.element, target.shape))


def _without_leading_ones(value: Array, rank: int) -> Array:
    """Leading dimensions of extent 1 beyond the rank of the target are left out, as NumPy does."""
    if value.ndim <= rank or any(n != 1 for n in value.shape[: value.ndim - rank] if isinstance(n, int)):
        return value
    extra = value.ndim - rank
    return window(value, [Axis(0, n, kept=d >= extra) for d, n in enumerate(value.shape)])


def _fitting(target: Array, value: Array) -> Array:
    """The target, cut to the extents of the value where only a run-time check knows that they agree."""
    extents = list(target.shape)
    for k in range(1, value.ndim + 1):
        have = value.shape[-k]
        want = target.shape[-k] if k <= target.ndim else None
        if (isinstance(have, int) and have == 1) or (want is not None and same_extent(have, want)):
            continue
        if want is None or (isinstance(have, int) and isinstance(want, int)):
            fail(
                f"could not broadcast input array from shape {shape_text(value.shape)} into shape "
                f"{shape_text(target.shape)}",
                error=WengertValueError,
                why="what is stored has the extents of the slice from the last axis on, or 1",
                help="change the slice, or reshape what is stored",
            )
        check_equal(have, want, message="could not broadcast an input of {0} elements into {1}")
        extents[-k] = smaller(have, want)
    if all(same_extent(n, m) for n, m in zip(extents, target.shape)):
        return target
    return window(target, [Axis(0, n) for n in extents])
