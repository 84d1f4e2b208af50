"""Reductions over axes: ``nd.reduce`` of kind sum, prod, max, min, any, all or or.

The result lacks the reduced axes and is a scalar when none is left.  Semantics are NumPy's: nan propagates through max
and min, integers are summed in i64, the empty sum is 0, the empty product 1; the front end refuses an empty max.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_reduce
from wengert.dialects.bindings import Value, element_type, ir, is_tensor, tensor_type
from wengert.dialects.build import constant, constant_like, create, dynamic_sizes, full_like, index, size, zeros_like
from wengert.dialects.control import make_for, yield_
from wengert.dialects.dependencies import united
from wengert.dialects.discrete import cmpf
from wengert.dialects.kinks import Kink
from wengert.dialects.lowerings import lower_reduce
from wengert.dialects.op import Op, lookup_call, register
from wengert.dialects.structural import _broadcast_op, extract_slice
from wengert.dialects.transposes import Ledger

_MEANINGS: dict[str, Callable[..., Any]] = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min,
                                            "any": np.any, "all": np.all,
                                            "or": np.bitwise_or.reduce}


def _meaning(array: Any, kind: str, axes: Sequence[int]) -> Any:
    if kind in ("max", "min") and not np.size(array):
        return _MEANINGS[kind](array, axis=tuple(axes), initial=_beyond(np.asarray(array).dtype, kind == "max"))
    return _MEANINGS[kind](array, axis=tuple(axes))


def _beyond(dtype: Any, below: bool) -> Any:
    """What the maximum of nothing is (below), or the minimum."""
    if np.issubdtype(dtype, np.floating):
        return -np.inf if below else np.inf
    return np.iinfo(dtype).min if below else np.iinfo(dtype).max


def _typing(array: Any, kind: str, axes: Sequence[int]) -> Any:
    kept = [n for d, n in enumerate(array.shape) if d not in axes]
    return tensor_type(kept, array.element_type) if kept else array.element_type


def spread(y: Any, x: Any, axes: Sequence[int]) -> Any:
    """y, a reduction of x over `axes`, repeated along them: an array of x's shape."""
    if not isinstance(x, Value):
        return np.broadcast_to(np.expand_dims(y, tuple(axes)), np.shape(x)).copy()
    if not is_tensor(y.type):
        return full_like(y, x)
    kept = tuple(d for d in range(x.type.rank) if d not in axes)
    return _broadcast_op(y, *dynamic_sizes(x), result_types=[x.type], dimensions=kept)


# ---------------------------------------------------------------- tangents


def _jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
         attributes: Mapping[str, Any]) -> list[Any]:
    (x,), (y,), (dx,) = primals, results, tangents
    kind, axes = attributes["kind"], tuple(attributes["axes"])
    if kind == "sum":
        return [reduce(dx, "sum", axes)]
    if kind in ("max", "min"):
        return [_extremum_tangent(x, y, dx, axes)]
    return [_product_tangent(x, dx, axes)]


def _extremum_tangent(x: Any, y: Any, dx: Any, axes: tuple[int, ...]) -> Any:
    """Ties share: dy is the mean of dx over the elements that equal the extremum."""
    attained = lookup_call("arith.cmpf", x, spread(y, x, axes), predicate=1)  # oeq
    count = reduce(lookup_call("arith.select", attained, constant_like(1.0, x), zeros_like(x)), "sum", axes)
    total = reduce(lookup_call("arith.select", attained, dx, zeros_like(x)), "sum", axes)
    return lookup_call("arith.divf", total, count)


def _product_tangent(x: Any, dx: Any, axes: tuple[int, ...]) -> Any:
    """One axis at a time, the last first; no division, so zeros are no exception at any order."""
    for axis in sorted(axes, reverse=True):
        x, dx = _product_along(x, dx, axis) if isinstance(x, Value) else _product_of_arrays(x, dx, axis)
    return dx


def _product_of_arrays(x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    product, tangent = np.ones_like(np.take(x, 0, axis) if x.shape[axis] else x.sum(axis)), 0.0
    for i in range(x.shape[axis]):
        tangent = tangent * np.take(x, i, axis) + product * np.take(dx, i, axis)
        product = product * np.take(x, i, axis)
    return product, tangent + np.zeros_like(product)


def _product_along(x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """``for i: p, dp = p * x_i, dp * x_i + p * dx_i`` along one axis."""
    other = [d for d in range(x.type.rank) if d != axis]
    one, zero = constant(1.0, element_type(x.type)), constant(0.0, element_type(x.type))
    if other:
        part = tensor_type([x.type.shape[d] for d in other], element_type(x.type))
        sizes = [size(x, d) for d in other if x.type.is_dynamic_dim(d)]
        one, zero = (create("nd.full", [part], [scalar, *sizes]).result for scalar in (one, zero))
    loop = make_for(index(0), size(x, axis), index(1), [one, zero])
    with ir.InsertionPoint(loop.block):
        product, tangent = loop.carries
        x_i, dx_i = _part(x, axis, loop.iv, x), _part(dx, axis, loop.iv, x)
        tangent = lookup_call("arith.addf", lookup_call("arith.mulf", tangent, x_i),
                              lookup_call("arith.mulf", product, dx_i))
        yield_([lookup_call("arith.mulf", product, x_i), tangent], loop.block)
    product, tangent = loop.results
    return product, tangent


def _part(x: Any, axis: int, i: Any, like: Any) -> Any:
    """x[.., i, ..] with `axis` dropped; the extents are those of `like`, which is known where a tangent is not."""
    if x.type.rank == 1:
        return lookup_call("tensor.extract", x, i)
    dimensions = range(x.type.rank)
    offsets = [i if d == axis else 0 for d in dimensions]
    sizes = [1 if d == axis else size(like, d) if x.type.is_dynamic_dim(d) else x.type.shape[d] for d in dimensions]
    return extract_slice(x, offsets, sizes, [1] * x.type.rank, drop=(axis,))


# ---------------------------------------------------------------- transpose and record


def _transpose(cts: Ledger, ct: Any, op: Any) -> None:
    """Of a sum (the only kind that is linear): every summand receives ct."""
    array, axes = op.operands[0], list(ir.DenseI64ArrayAttr(op.attributes["axes"]))
    if not is_tensor(ct.type):
        cts.add(array, create("nd.full", [array.type], [ct, *cts.sizes(array)]).result)
        return
    kept = ir.DenseI64ArrayAttr.get([d for d in range(array.type.rank) if d not in axes])
    cts.add(array, create("nd.broadcast", [array.type], [ct, *cts.sizes(array)], {"dimensions": kept}).result)


def _sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (3, 4, 2)),)


def _flops(operands: Sequence[Any], results: Sequence[Any], attributes: Mapping[str, Any]) -> int:
    """One for each element that goes into a sum, product, maximum or minimum; none for "any" and "all"."""
    return prod(operands[0]) if attributes["kind"] in ("sum", "prod", "max", "min") else 0


def _shared(x: Any, kind: str, axes: Sequence[int]) -> Any:
    """Where more than one element is the maximum or minimum, for each result."""
    if kind not in ("max", "min"):
        return None
    attained = cmpf("oeq", x, spread(reduce(x, kind, axes), x, tuple(axes)))
    count = reduce(lookup_call("arith.select", attained, constant_like(1.0, x), zeros_like(x)), "sum", axes)
    return cmpf("ogt", count, constant_like(1.0, count))


def _dependence(primals: Sequence[Any], results: Sequence[Any], masks: Sequence[Any],
                attributes: Mapping[str, Any]) -> list[Any]:
    return [None if masks[0] is None else united(masks[0], attributes["axes"])]


_reduce_op = register(Op("nd.reduce", ("array",), _meaning, _typing, _jvp, _transpose, (0,),
                         linear_when=lambda attributes: attributes["kind"] == "sum", family="reduction",
                         batch=batch_reduce, lower=lower_reduce, dependence=_dependence, flops=_flops,
                         samples=(_sample,),
                         sample_attributes={"kind": "sum", "axes": (1,)},
                         symbol=lambda attributes: str(attributes["kind"]),
                         kinks=(Kink(_shared, "shared equally by the elements that tie"),)))


def reduce(array: Any, kind: str, axes: Sequence[int] | None = None) -> Any:
    """Reduce over `axes` (None: all of them; negative ones count from the end).

    Args:
        kind: "sum" or "prod" (floats, i64), "max" or "min" (floats, i64), "any" or "all" (i1), "or" (the bits of i64).

    Example: ``reduce(x, "sum", (0,))`` is ``np.sum(x, axis=0)``.
    """
    rank = (array.type.rank if is_tensor(array.type) else 0) if isinstance(array, Value) else np.ndim(array)
    axes = tuple(range(rank)) if axes is None else tuple(sorted(axis % rank for axis in axes))
    if axes:
        return _reduce_op(array, kind=kind, axes=axes)
    without_dimensions = isinstance(array, Value) and is_tensor(array.type) and not rank
    return lookup_call("tensor.extract", array) if without_dimensions else array
