"""Lowering rules: what an op means for the elements of its result.

A rule is ``rule(tensors, op)``: `op` is the operation, `tensors` the services of the lowering pass (`Tensors`).  It
returns, for each result, an IR value, or an `Array` whose elements are computed where they are read: that is how
chains of elementwise ops, broadcasts and transpositions become one loop without temporaries.

Shapes are tuples of extents: ints, and `index` values for dynamic dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from wengert.dialects.bindings import DYNAMIC, defining_op, ir, is_tensor, tensor_type
from wengert.dialects.build import cast_index, constant, create, index

Shape = tuple[Any, ...]
#: A tensor, and the loop that each of its dimensions stands for.
Placed = tuple[Any, Sequence[int]]


class Array(Protocol):
    """A tensor as a function from indices to elements."""

    shape: Shape
    element: Any  # the element type; i1 even where memory holds i8
    uses: int  # how often it is read


class Tensors(Protocol):
    """What a lowering rule may ask of the pass."""

    def value(self, operand: Any) -> Any:
        """The operand as an IR value: a scalar, or a tensor in memory (whose elements are i8 for i1)."""

    def array(self, operand: Any) -> Array:
        """A tensor operand as elements that are computed where they are read."""

    def stored(self, tensor: Any) -> Array:
        """A tensor the rule has made, as an array."""

    def splat(self, scalar: Any, shape: Shape) -> Array:
        """All elements equal."""

    def counter(self, dimension: int, shape: Shape, element: Any) -> Array:
        """Element [.., i, ..] is i, counted along one dimension."""

    def view(self, array: Array, dimensions: Sequence[int | None], shape: Shape) -> Array:
        """Element i is array[i[d] for d in dimensions], with 0 where d is None."""

    def lookup(self, array: Array, at: Callable[[Sequence[Any]], Sequence[Any]], shape: Shape,
               also: Array | None = None) -> Array:
        """Element i is array[at(i)], where `at` computes index values from index values, and perhaps reads `also`."""

    def reshaped(self, array: Array, shape: Shape) -> Array:
        """The same elements in row-major order with another shape."""

    def empty(self, element: Any, shape: Shape) -> Any:
        """An uninitialised tensor."""

    def load(self, tensor: Any, indices: Sequence[Any], element: Any) -> Any:
        """One element of a tensor in memory."""

    def store(self, scalar: Any, tensor: Any, indices: Sequence[Any]) -> Any:
        """The tensor with one element replaced, in place."""

    def overwritten(self, operand: Any) -> Any:
        """The tensor of an operand whose memory the result takes over."""

    def version(self, tensor: Any, of: Any) -> Any:
        """`tensor`, noted to lie in the memory of another one."""

    def reduced(self, array: Array, axes: Sequence[int], combine: Callable[[Any, Any], Any], neutral: Any) -> Any:
        """The elements combined along `axes`, in any order: a tensor, or a scalar if no axis is left."""

    def contracted(self, lhs: Array, rhs: Array, contracting: tuple[Sequence[int], Sequence[int]],
                   batch: tuple[Sequence[int], Sequence[int]]) -> Any:
        """The sum of products of nd.dot_general: a tensor, or a scalar."""

    def computed(self, array: Array) -> Any:
        """The array in fresh memory, which a routine may overwrite."""

    def windows_added(self, operand: Any, windows: Sequence[Array], op: Any) -> Any:
        """The tensor of `operand`, overwritten, after the additions of an nd.add_windows."""

    def routine(self, name: str, inputs: Sequence[Placed], outputs: Sequence[Placed]) -> list[Any]:
        """A call of LAPACK for each matrix of a stack: reads `inputs`, overwrites `outputs`, returns the new ones."""


def result_shape(tensors: Tensors, op: Any, sizes: Sequence[Any]) -> Shape:
    """The extents of the result; `sizes` are the operands that give the dynamic ones."""
    values = iter([cast_index(tensors.value(s)) for s in sizes])
    return tuple(next(values) if n == DYNAMIC else n for n in op.results[0].type.shape)


def integers(op: Any, name: str) -> list[int]:
    """An attribute that is a list of ints; a missing one is empty."""
    return list(ir.DenseI64ArrayAttr(op.attributes[name])) if name in op.attributes else []


def by_columns(tensors: Tensors, matrix: Array) -> Any:
    """Fresh memory of a stack of matrices, column after column, as LAPACK has them: their transposes to us."""
    *batch, rows, columns = matrix.shape
    rank = len(matrix.shape)
    transposed = tensors.view(matrix, (*range(rank - 2), rank - 1, rank - 2), (*batch, columns, rows))
    transposed.uses += 1
    return tensors.computed(transposed)


# ---------------------------------------------------------------- elements


def lower_extract(tensors: Tensors, op: Any) -> Any:
    array, *indices = op.operands
    return tensors.load(tensors.value(array), [tensors.value(i) for i in indices], op.results[0].type)


def lower_insert(tensors: Tensors, op: Any) -> Any:
    value, array, *indices = op.operands
    return tensors.store(tensors.value(value), tensors.value(array), [tensors.value(i) for i in indices])


def lower_dim(tensors: Tensors, op: Any) -> Any:
    """Nobody has to compute an array to know how long it is."""
    array, dimension = op.operands
    constant = defining_op(dimension)
    if constant is None or constant.name != "arith.constant":
        return create("tensor.dim", [dimension.type], [tensors.value(array), tensors.value(dimension)]).result
    extent = tensors.array(array).shape[ir.IntegerAttr(constant.attributes["value"]).value]
    return index(extent) if isinstance(extent, int) else extent


def lower_identity(tensors: Tensors, op: Any) -> Any:
    if not is_tensor(op.operands[0].type):
        return tensors.value(op.operands[0])
    array = tensors.array(op.operands[0])
    array.uses -= 1  # it will be used as often as the result is
    return array


def lower_add_windows(tensors: Tensors, op: Any) -> Any:
    windows = list(op.operands)[1:1 + ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])[1]]
    return tensors.windows_added(op.operands[0], [tensors.array(window) for window in windows], op)


# ---------------------------------------------------------------- creation


def lower_full(tensors: Tensors, op: Any) -> Array:
    value, *sizes = op.operands
    return tensors.splat(tensors.value(value), result_shape(tensors, op, sizes))


def lower_empty(tensors: Tensors, op: Any) -> Any:
    return tensors.empty(op.results[0].type.element_type, result_shape(tensors, op, op.operands))


def lower_iota(tensors: Tensors, op: Any) -> Array:
    dimension = ir.IntegerAttr(op.attributes["dimension"]).value if "dimension" in op.attributes else 0
    return tensors.counter(dimension, result_shape(tensors, op, op.operands), op.results[0].type.element_type)


def lower_constant(tensors: Tensors, op: Any) -> Any:
    """A constant array: equal elements are not stored at all, bools as bytes."""
    type_, value = op.results[0].type, op.attributes["value"]
    if not is_tensor(type_):
        return create("arith.constant", [type_], [], {"value": value}).result
    if value.is_splat:
        scalar = create("arith.constant", [type_.element_type], [], {"value": value.get_splat_value()}).result
        return tensors.splat(scalar, tuple(type_.shape))
    if str(type_.element_type) == "i1":
        type_ = tensor_type(type_.shape, ir.IntegerType.get_signless(8))
        value = ir.DenseElementsAttr.get([ir.IntegerAttr.get(type_.element_type, int(v)) for v in value], type_)
    return create("arith.constant", [type_], [], {"value": value}).result


# ---------------------------------------------------------------- shape


def lower_broadcast(tensors: Tensors, op: Any) -> Array:
    array, *sizes = op.operands
    shape, dimensions = result_shape(tensors, op, sizes), integers(op, "dimensions")
    if not is_tensor(array.type):
        return tensors.splat(tensors.value(array), shape)
    target = op.results[0].type.shape
    stretched = [source == 1 and target[d] != 1 for source, d in zip(array.type.shape, dimensions)]
    return tensors.view(tensors.array(array), [None if s else d for s, d in zip(stretched, dimensions)], shape)


def lower_reshape(tensors: Tensors, op: Any) -> Array:
    array, *sizes = op.operands
    return tensors.reshaped(tensors.array(array), result_shape(tensors, op, sizes))


def lower_transpose(tensors: Tensors, op: Any) -> Array:
    """Dimension d of the result is dimension permutation[d] of the operand."""
    array, permutation = tensors.array(op.operands[0]), integers(op, "permutation")
    inverse = [permutation.index(d) for d in range(len(permutation))]
    return tensors.view(array, inverse, tuple(array.shape[p] for p in permutation))


def lower_reverse(tensors: Tensors, op: Any) -> Array:
    """Element i along a reversed dimension is element n - 1 - i."""
    array, dimensions = tensors.array(op.operands[0]), integers(op, "dimensions")

    def mirrored(indices: Sequence[Any]) -> list[Any]:
        return [_from_end(i, n) if d in dimensions else i for d, (i, n) in enumerate(zip(indices, array.shape))]

    return tensors.lookup(array, mirrored, array.shape)


def _from_end(i: Any, extent: Any) -> Any:
    last = index(extent - 1) if isinstance(extent, int) else create("arith.subi", [i.type], [extent, index(1)]).result
    return create("arith.subi", [i.type], [last, i]).result


# ---------------------------------------------------------------- reductions and products


def lower_reduce(tensors: Tensors, op: Any) -> Any:
    """Begin with the neutral element; a maximum begins below everything."""
    array, element = tensors.array(op.operands[0]), op.operands[0].type.element_type
    kind = ir.StringAttr(op.attributes["kind"]).value
    family = "f" if isinstance(element, ir.FloatType) else "i"
    operation, neutral = _COMBINATIONS[kind + family]
    if kind in ("max", "min") and family == "i":
        neutral = neutral * 2 ** (element.width - 1) - (kind == "min")

    def combine(x: Any, y: Any) -> Any:
        free_order = {"fastmath": ir.Attribute.parse("#arith.fastmath<reassoc>")} if operation in _REASSOCIATED else {}
        return create(operation, [element], [x, y], free_order).result

    return tensors.reduced(array, integers(op, "axes"), combine, constant(neutral, element))


#: The op that combines two elements, and the neutral element (for integers max and min: its sign).
_COMBINATIONS: dict[str, tuple[str, float]] = {
    "sumf": ("arith.addf", 0.0), "sumi": ("arith.addi", 0), "prodf": ("arith.mulf", 1.0), "prodi": ("arith.muli", 1),
    "maxf": ("arith.maximumf", float("-inf")), "minf": ("arith.minimumf", float("inf")),
    "maxi": ("arith.maxsi", -1), "mini": ("arith.minsi", 1), "anyi": ("arith.ori", 0), "alli": ("arith.andi", 1),
    "ori": ("arith.ori", 0),
}
#: NumPy promises no order of these either, and any order lets LLVM vectorise.
_REASSOCIATED = frozenset({"arith.addf", "arith.mulf"})


def lower_dot_general(tensors: Tensors, op: Any) -> Any:
    lhs, rhs = op.operands
    contracting = integers(op, "lhs_contracting"), integers(op, "rhs_contracting")
    batch = integers(op, "lhs_batch"), integers(op, "rhs_batch")
    return tensors.contracted(tensors.array(lhs), tensors.array(rhs), contracting, batch)
