"""Batching rules: what an op becomes when it is applied to many examples at once.

A rule is ``rule(batch)`` and returns the results of all examples, the examples along axis 0.  `batch` says which
operands have the examples along axis 0; the others are the same for every example.  Like all rules, it works in two
worlds: on IR values it emits, on arrays it computes.

An op without a rule of its own is a loop over the examples (`one_by_one`).  What cannot be an array at all, because its
extents differ between the examples, raises `Ragged`; the pass then runs the whole function in a loop over the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_tensor, tensor_type
from wengert.dialects.build import constant, create, index, size
from wengert.dialects.op import Op, lookup, lookup_call

Extent = Any  # an int, or an IR value of index type


class Ragged(Exception):
    """A shape differs between the examples: no array holds the results of all."""


@dataclass(frozen=True)
class Batch:
    """An op applied to many examples.

    op: its record.
    operands: those at `batched` have the examples along axis 0.
    size: the number of examples.
    results: the type (in the IR) or an array (on arrays) of each result for one example.
    attributes: of the op, as Python values.
    """

    op: Op
    operands: tuple[Any, ...]
    batched: tuple[bool, ...]
    size: Extent
    results: tuple[Any, ...]
    attributes: Mapping[str, Any]

    def all_of(self, position: int, rank: int | None = None) -> Any:
        """Operand `position` for all examples; `rank`: extended by trailing axes of extent 1 to that of an example."""
        x = self.operands[position]
        return x if self.batched[position] else for_all(x, self.size)

    def result(self, k: int = 0) -> Any:
        """The type, or an array like it, of result k for all examples."""
        return batched_like(self.results[k], self.size)

    def apply(self, *operands: Any, **attributes: Any) -> list[Any]:
        """The op on operands that have all examples; `attributes` replace some of its own."""
        return apply(self.op, operands, [self.result(k) for k in range(len(self.results))],
                     {**self.attributes, **attributes})

    def refuse_ragged(self, positions: Sequence[int]) -> None:
        """Raise `Ragged` when one of the operands, which are extents, differs between the examples."""
        if any(self.batched[i] for i in positions):
            raise Ragged


# ---------------------------------------------------------------- in both worlds


def apply(op: Op, operands: Sequence[Any], results: Sequence[Any], attributes: Mapping[str, Any]) -> list[Any]:
    """The op with results like `results` (types in the IR)."""
    if any(isinstance(x, Value) for x in operands):
        return list(op.emit(operands, attributes, results).results)
    attributes = {name: value for name, value in attributes.items()
                  if not name.startswith("nd.") and name != "operandSegmentSizes"}
    if op.typed:
        attributes["out"] = [(np.shape(like), np.asarray(like).dtype) for like in results]
    value = op.meaning(*operands, **attributes)
    return list(value) if isinstance(value, (tuple, list)) else [value]


def named(name: str, operands: Sequence[Any], like: Any, **attributes: Any) -> Any:
    """An op by its name, with one result like `like`."""
    op = lookup(name)
    assert op is not None, name
    return apply(op, operands, [like], attributes)[0]


def extents(x: Any) -> list[Extent]:
    """The extents of an array: ints, and index values where they are not known."""
    if not isinstance(x, Value):
        return list(np.shape(x))
    return [size(x, d) if x.type.is_dynamic_dim(d) else x.type.shape[d] for d in range(rank(x))]


def rank(x: Any) -> int:
    if isinstance(x, Value):
        return int(x.type.rank) if is_tensor(x.type) else 0
    return np.ndim(x)


def batched_like(like: Any, count: Extent) -> Any:
    """The type of `count` values of a type, or an array like `count` arrays."""
    if isinstance(like, ir.Type):
        shape = like.shape if is_tensor(like) else ()
        return tensor_type([DYNAMIC if isinstance(count, Value) else int(count), *shape], element_type(like))
    return np.empty((int(count), *np.shape(like)), np.asarray(like).dtype)


def repeated(x: Any, shape: Sequence[Extent], dimensions: Sequence[int]) -> Any:
    """x, a scalar or an array, with dimension i as dimension dimensions[i] of an array of this shape."""
    if not isinstance(x, Value):
        return named("nd.broadcast", [x], np.empty([int(n) for n in shape], np.asarray(x).dtype),
                     dimensions=tuple(dimensions))
    type_ = tensor_type([DYNAMIC if isinstance(n, Value) else int(n) for n in shape], element_type(x.type))
    sizes = [n for n in shape if isinstance(n, Value)]
    if not is_tensor(x.type):
        return named("nd.full", [x, *sizes], type_)
    return named("nd.broadcast", [x, *sizes], type_, dimensions=tuple(dimensions))


def for_all(x: Any, count: Extent) -> Any:
    """A value that is the same for all examples, once for each."""
    return repeated(x, [count, *extents(x)], range(1, rank(x) + 1))


def trailing(x: Any, like: Any) -> Any:
    """One number an example, repeated to the shape of `like`, which has all examples."""
    return x if rank(like) == rank(x) else repeated(x, extents(like), range(rank(x)))


def lane(x: Any, b: Any) -> Any:
    """Example b of an array of all."""
    if not isinstance(x, Value):
        return np.asarray(x)[b]
    if rank(x) == 1:
        return lookup_call("tensor.extract", x, b)
    from wengert.dialects.structural import extract_slice

    _, *shape = extents(x)
    zeros, ones = [0] * len(shape), [1] * (len(shape) + 1)
    return extract_slice(x, [b, *zeros], [1, *shape], ones, drop=(0,))


def with_lane(x: Any, all_: Any, b: Any) -> Any:
    """The array of all examples with example b replaced by x (IR only)."""
    if not is_tensor(x.type):
        return lookup_call("tensor.insert", x, all_, b)
    from wengert.dialects.structural import insert_slice

    _, *shape = extents(all_)
    return insert_slice(x, all_, [b, *[0] * len(shape)], [1, *shape], [1] * (len(shape) + 1))


def each_lane(count: Extent, carried: Sequence[Any], body: Callable[[Any, list[Any]], Sequence[Any]]) -> list[Any]:
    """``for b in range(count): carried = body(b, carried)`` in the IR."""
    from wengert.dialects.control import make_for, yield_

    loop = make_for(index(0), count if isinstance(count, Value) else index(count), index(1), carried)
    with ir.InsertionPoint(loop.block):
        yield_(body(loop.iv, loop.carries), loop.block)
    return loop.results


def unfilled(type_: Any, count: Extent) -> Any:
    """An array without contents, of a type for all examples (IR only).

    Raises:
        Ragged: an extent of an example is not known.
    """
    if DYNAMIC in list(type_.shape)[1:]:
        raise Ragged
    return create("nd.empty", [type_], [count] if isinstance(count, Value) else []).result


# ---------------------------------------------------------------- a loop over the examples


def one_by_one(batch: Batch) -> list[Any]:
    """Any op, example by example."""
    if not isinstance(batch.operands[0], Value):
        values = [apply(batch.op, _of_lane(batch, b), batch.results, batch.attributes) for b in range(batch.size)]
        return [np.stack(column) if column else np.empty((0, *np.shape(like)), np.asarray(like).dtype)
                for column, like in zip(zip(*values) if values else [()] * len(batch.results), batch.results)]
    types = [batch.result(k) for k in range(len(batch.results))]

    def step(b: Any, carried: list[Any]) -> list[Any]:
        values = apply(batch.op, _of_lane(batch, b), batch.results, batch.attributes)
        return [with_lane(value, all_, b) for value, all_ in zip(values, carried, strict=True)]

    return each_lane(batch.size, [unfilled(type_, batch.size) for type_ in types], step)


def _of_lane(batch: Batch, b: Any) -> list[Any]:
    return [lane(x, b) if batched else x for x, batched in zip(batch.operands, batch.batched, strict=True)]


# ---------------------------------------------------------------- elements


def batch_elementwise(batch: Batch) -> list[Any]:
    """Unbatched operands are repeated."""
    return batch.apply(*[batch.all_of(i) for i in range(len(batch.operands))])


def batch_select(batch: Batch) -> list[Any]:
    """A condition that is one bool an example is repeated over the elements."""
    condition, (x, y) = batch.operands[0], [batch.all_of(i) for i in (1, 2)]
    if batch.batched[0]:
        condition = trailing(condition, x)
    elif rank(condition):
        condition = batch.all_of(0)
    return batch.apply(condition, x, y)


def batch_extract(batch: Batch) -> list[Any]:
    """``array[i]``: a column, or a loop where the indices differ."""
    array, *indices = batch.operands
    if not any(batch.batched[1:]):
        window = ([0, *indices], [batch.size, *[1] * len(indices)], [1] * (len(indices) + 1))
        return [sliced([array], window, batch.result())]
    if not isinstance(array, Value):
        return one_by_one(batch)

    def step(b: Any, carried: list[Any]) -> list[Any]:
        array, *indices = _indexed(batch, 0, b)
        return [with_lane(lookup_call("tensor.extract", array, *indices), carried[0], b)]

    return each_lane(batch.size, [unfilled(batch.result(), batch.size)], step)


def batch_insert(batch: Batch) -> list[Any]:
    value, array, indices = batch.all_of(0), batch.all_of(1), batch.operands[2:]
    if not any(batch.batched[2:]):
        window = ([0, *indices], [batch.size, *[1] * len(indices)], [1] * (len(indices) + 1))
        return [sliced([value, array], window, batch.result())]
    if not isinstance(array, Value):
        return one_by_one(batch)

    def step(b: Any, carried: list[Any]) -> list[Any]:
        _, *indices = _indexed(batch, 1, b)
        value = lane(batch.operands[0], b) if batch.batched[0] else batch.operands[0]
        return [lookup_call("tensor.insert", value, carried[0], *(indices if batch.batched[1] else [b, *indices]))]

    return each_lane(batch.size, [array], step)


def _indexed(batch: Batch, position: int, b: Any) -> list[Any]:
    """The array at `position` and its indices, for example b; a batched array is indexed by the example first."""
    leading = [b] if batch.batched[position] else []
    rest = [lane(i, b) if batched else i
            for i, batched in zip(batch.operands[position + 1:], batch.batched[position + 1:], strict=True)]
    return [batch.operands[position], *leading, *rest]


# ---------------------------------------------------------------- slices
#
# A window is (offsets, sizes, strides): lists of ints and values.  An op has the dynamic ones as operands, after its
# arrays, and DYNAMIC in their places in the attributes.

Window = tuple[Sequence[Any], Sequence[Any], Sequence[Any]]
_GROUPS = ("static_offsets", "static_sizes", "static_strides")


def sliced(arrays: Sequence[Any], window: Window, like: Any) -> Any:
    """``tensor.extract_slice`` of [array], ``tensor.insert_slice`` of [value, array]; the result is like `like`."""
    dynamic = [[v for v in group if isinstance(v, Value)] for group in window]
    attributes: dict[str, Any] = {name: tuple(DYNAMIC if isinstance(v, Value) else int(v) for v in group)
                                  for name, group in zip(_GROUPS, window, strict=True)}
    attributes["operandSegmentSizes"] = (*[1] * len(arrays), *map(len, dynamic))
    name = "tensor.extract_slice" if len(arrays) == 1 else "tensor.insert_slice"
    return named(name, [*arrays, *(v for group in dynamic for v in group)], like, **attributes)


def _window(batch: Batch, arrays: int, b: Any = None) -> Window:
    """The window of an example: of all, if it is the same for all; of example b otherwise."""
    values = iter(zip(batch.operands[arrays:], batch.batched[arrays:], strict=True))

    def extent(static: int) -> Any:
        if static != DYNAMIC:
            return static
        value, batched = next(values)
        return lane(value, b) if batched else value

    offsets, sizes, strides = ([extent(n) for n in batch.attributes[name]] for name in _GROUPS)
    return offsets, sizes, strides


def _prefixed(window: Window, offset: Any, count: Extent) -> Window:
    offsets, sizes, strides = window
    return [offset, *offsets], [count, *sizes], [1, *strides]


def _refuse_ragged_window(batch: Batch, arrays: int) -> None:
    offsets, sizes = (sum(n == DYNAMIC for n in batch.attributes[name]) for name in _GROUPS[:2])
    batch.refuse_ragged(range(arrays + offsets, arrays + offsets + sizes))


def batch_extract_slice(batch: Batch) -> list[Any]:
    """``array[o:o + n*s:s]``; where offsets differ, one window an example."""
    _refuse_ragged_window(batch, 1)
    array = batch.operands[0]
    if not any(batch.batched[1:]):
        return [sliced([array], _prefixed(_window(batch, 1), 0, batch.size), batch.result())]
    if not isinstance(array, Value):
        return one_by_one(batch)

    def step(b: Any, carried: list[Any]) -> list[Any]:
        window = _window(batch, 1, b)
        part = sliced([array], _prefixed(window, b, 1) if batch.batched[0] else window, batch.results[0])
        return [with_lane(part, carried[0], b)]

    return each_lane(batch.size, [unfilled(batch.result(), batch.size)], step)


def batch_insert_slice(batch: Batch) -> list[Any]:
    _refuse_ragged_window(batch, 2)
    value, array = batch.all_of(0), batch.all_of(1)
    if not any(batch.batched[2:]):
        return [sliced([value, array], _prefixed(_window(batch, 2), 0, batch.size), batch.result())]
    if not isinstance(array, Value):
        return one_by_one(batch)

    def step(b: Any, carried: list[Any]) -> list[Any]:
        part = lane(batch.operands[0], b) if batch.batched[0] else batch.operands[0]
        return [sliced([part, carried[0]], _prefixed(_window(batch, 2, b), b, 1), carried[0].type)]

    return each_lane(batch.size, [array], step)


# ---------------------------------------------------------------- shape, creation


def batch_full(batch: Batch) -> list[Any]:
    batch.refuse_ragged(range(1, len(batch.operands)))
    if not isinstance(batch.operands[0], Value):
        return [repeated(batch.operands[0], np.shape(batch.result()), (0,))]
    return [repeated(batch.operands[0], _shape(batch, 1), (0,))]


def batch_created(batch: Batch) -> list[Any]:
    """Arrays without operands but their extents."""
    raise Ragged


def _shape(batch: Batch, first: int) -> list[Extent]:
    """The extents of the result for all examples; those of an example are operands from `first` on."""
    sizes = iter(batch.operands[first:])
    return [batch.size, *(next(sizes) if n == DYNAMIC else n for n in batch.results[0].shape)]


def _sized(batch: Batch) -> list[Any]:
    """The operands of an op (array, *sizes) for all examples."""
    batch.refuse_ragged(range(1, len(batch.operands)))
    array, *sizes = batch.operands
    return [array, *([batch.size] if isinstance(batch.size, Value) else []), *sizes]


def batch_broadcast(batch: Batch) -> list[Any]:
    dimensions = (d + 1 for d in batch.attributes["dimensions"])
    return batch.apply(*_sized(batch), dimensions=(0, *dimensions))


def batch_reshape(batch: Batch) -> list[Any]:
    return batch.apply(*_sized(batch))


def batch_transpose(batch: Batch) -> list[Any]:
    return batch.apply(*batch.operands, permutation=(0, *(d + 1 for d in batch.attributes["permutation"])))


def batch_reverse(batch: Batch) -> list[Any]:
    return batch.apply(*batch.operands, dimensions=tuple(d + 1 for d in batch.attributes["dimensions"]))


def batch_dim(batch: Batch) -> list[Any]:
    """Not batched: all examples have one shape."""
    array, dimension = batch.operands
    return apply(batch.op, [array, lookup_call("arith.addi", dimension, _one(dimension))], batch.results, {})


def _one(x: Any) -> Any:
    return constant(1, x.type) if isinstance(x, Value) else 1


# ---------------------------------------------------------------- reductions, products


def batch_reduce(batch: Batch) -> list[Any]:
    return batch.apply(*batch.operands, axes=tuple(d + 1 for d in batch.attributes["axes"]))


def batch_dot_general(batch: Batch) -> list[Any]:
    """Both batched: a batch dimension.  One: a free dimension, so that many products become one larger product."""
    lhs, rhs = batch.operands
    lc, rc, lb, rb = (tuple(batch.attributes.get(name) or ()) for name in
                      ("lhs_contracting", "rhs_contracting", "lhs_batch", "rhs_batch"))
    if all(batch.batched):
        lc, rc, lb, rb = (tuple(d + 1 for d in dimensions) for dimensions in (lc, rc, lb, rb))
        return [_product(lhs, rhs, lc, rc, (0, *lb), (0, *rb))]
    free = rank(rhs) - len(rc) - len(rb) - batch.batched[1]
    if batch.batched[0]:  # result: lb, examples, lhs free, rhs free
        product = _product(lhs, rhs, [d + 1 for d in lc], rc, [d + 1 for d in lb], rb)
        return [_examples_first(product, len(lb))]
    # rhs first: its result is lb, examples, rhs free, lhs free
    product = _product(rhs, lhs, [d + 1 for d in rc], lc, [d + 1 for d in rb], lb)
    k, last = len(lb), rank(product)
    return [_permuted(product, [k, *range(k), *range(k + 1 + free, last), *range(k + 1, k + 1 + free)])]


def _product(lhs: Any, rhs: Any, lc: Sequence[int], rc: Sequence[int], lb: Sequence[int], rb: Sequence[int]) -> Any:
    return lookup_call("nd.dot_general", lhs, rhs, lhs_contracting=tuple(lc), rhs_contracting=tuple(rc),
                       lhs_batch=tuple(lb), rhs_batch=tuple(rb))


def _examples_first(x: Any, axis: int) -> Any:
    return _permuted(x, [axis, *(d for d in range(rank(x)) if d != axis)])


def _permuted(x: Any, permutation: Sequence[int]) -> Any:
    if list(permutation) == list(range(len(permutation))):
        return x
    return lookup_call("nd.transpose", x, permutation=tuple(permutation))


def batch_solve(batch: Batch) -> list[Any]:
    """Solves with one matrix for all examples have their right hand sides as columns: one factorisation, one call."""
    *matrix, b = batch.operands
    one = rank(b) - 1  # 1: a vector, 2: a matrix
    if any(batch.batched[:-1]) or rank(matrix[0]) != 2:
        return batch_elementwise(batch)
    if one == 1:
        columns = _permuted(b, (1, 0))
        return [_permuted(named(batch.op.name, [*matrix, columns], _like(columns), **batch.attributes), (1, 0))]
    count, n, m = extents(b)
    if any(isinstance(extent, Value) for extent in (count, n, m)):
        return batch_elementwise(batch)
    beside = _permuted(b, (1, 0, 2))
    columns = named("nd.reshape", [beside], _like(b, (n, count * m)))
    solved = named(batch.op.name, [*matrix, columns], _like(columns), **batch.attributes)
    return [_permuted(named("nd.reshape", [solved], _like(beside)), (1, 0, 2))]


def _like(x: Any, shape: Sequence[int] | None = None) -> Any:
    """The type of x, or an array like it; with another shape."""
    if isinstance(x, Value):
        return x.type if shape is None else tensor_type(shape, element_type(x.type))
    return np.empty(np.shape(x) if shape is None else shape, np.asarray(x).dtype)


# ---------------------------------------------------------------- effects


def batch_check(batch: Batch) -> list[Any]:
    """Any example failing fails; the first one is reported."""
    if not isinstance(batch.operands[0], Value):
        return [result for b in range(batch.size) for result in apply(batch.op, _of_lane(batch, b), [],
                                                                      batch.attributes)]
    from wengert.dialects.control import make_if, yield_

    ok, *values = (batch.all_of(i) for i in range(len(batch.operands)))
    passed = lookup_call("nd.reduce", ok, kind="all", axes=(0,))
    branch = make_if(passed, [])
    with ir.InsertionPoint(branch.regions[1].blocks[0]):
        each_lane(batch.size, [], lambda k, _: apply(batch.op, [lane(x, k) for x in (ok, *values)], [],
                                                     batch.attributes))
        yield_([], branch.regions[1].blocks[0])
    yield_([], branch.regions[0].blocks[0])
    return []
