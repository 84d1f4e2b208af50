"""Rules of dependence: which inputs an element of a result depends on, given which ones the operands depend on.

A set of inputs is a mask: 64 of them, one a bit of an i64.  The masks of an array are an array of i64 of its shape.  A
rule is ``rule(primals, results, masks, attributes)`` like a jvp rule: `masks` has None where an operand depends on
nothing, and the rule gives one mask (or None) a result.  A rule may say too much, never too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wengert.dialects.bindings import ir, is_float, is_tensor, tensor_type
from wengert.dialects.build import constant, create, dynamic_sizes
from wengert.dialects.op import Op, encode_attributes, lookup_call

Masks = Sequence[Any]


def mask_type(type_: Any) -> Any:
    """The type of the masks of values of a type: i64, in its shape."""
    i64 = ir.IntegerType.get_signless(64)
    return tensor_type(type_.shape, i64) if is_tensor(type_) else i64


def splat(mask: Any, like: Any) -> Any:
    """The masks of a value of the type of `like`, all elements of which depend on `mask`."""
    if not is_tensor(like.type):
        return mask
    return create("nd.full", [mask_type(like.type)], [mask, *dynamic_sizes(like)]).result


def spread(mask: Any, dimensions: Sequence[int], like: Any) -> Any:
    """The masks of a value of the type of `like` that vary along `dimensions` only; a scalar mask along none."""
    if not is_tensor(mask.type):
        return splat(mask, like)
    attributes = encode_attributes({"dimensions": tuple(dimensions)})
    return create("nd.broadcast", [mask_type(like.type)], [mask, *dynamic_sizes(like)], attributes).result


def nothing(like: Any) -> Any:
    """The masks of a value that depends on no input."""
    return splat(constant(0, ir.IntegerType.get_signless(64)), like)


def union(masks: Masks) -> Any:
    """The masks of what depends on any of these; None when there are none."""
    total = None
    for mask in masks:
        if mask is not None:
            total = mask if total is None else lookup_call("arith.ori", total, mask)
    return total


def united(mask: Any, axes: Sequence[int]) -> Any:
    """The union along axes of an array of masks."""
    return lookup_call("nd.reduce", mask, kind="or", axes=tuple(axes)) if len(axes) else mask


# ---------------------------------------------------------------- rules


def elementwise_dependence(
    primals: Sequence[Any], results: Sequence[Any], masks: Masks, attributes: Mapping[str, Any]
) -> list[Any]:
    """An element of the result depends on what that element of each operand does."""
    if "nd.accumulate" in attributes and all(mask is not None for mask in masks):
        return [lookup_call("arith.ori", *masks, **{"nd.accumulate": attributes["nd.accumulate"]})]
    return [union(masks)] * len(results)


def structural_dependence(op: Op) -> Any:
    """What an op does with data it does with masks: it is linear in what it moves."""

    def rule(
        primals: Sequence[Any], results: Sequence[Any], masks: Masks, attributes: Mapping[str, Any]
    ) -> list[Any]:
        moved = [
            x if i not in op.linear else nothing(x) if masks[i] is None else masks[i] for i, x in enumerate(primals)
        ]
        return list(op.emit(moved, attributes, [mask_type(results[0].type)]).results)

    return rule


def complete_dependence(
    primals: Sequence[Any], results: Sequence[Any], masks: Masks, attributes: Mapping[str, Any]
) -> list[Any]:
    """Everything depends on everything: always true."""
    whole = [
        united(mask, range(mask.type.rank)) if mask is not None and is_tensor(mask.type) else mask for mask in masks
    ]
    total = union(whole)
    return [splat(total, y) if total is not None and is_float(y.type) else None for y in results]


def dependence(op: Op) -> Any:
    """The rule of an op: its own, or its family's."""
    if op.dependence is not None:
        return op.dependence
    if op.family == "elementwise":
        return elementwise_dependence
    if op.family == "structural":
        return structural_dependence(op)
    return complete_dependence
