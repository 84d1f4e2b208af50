"""Arrays as functions from indices to elements, and the loops that put them into memory.

An array is pending until somebody needs it in memory; then it, and what it is computed from, becomes the body of one
`linalg.generic`.  This file knows how an element is computed and how a generic is built; which arrays share a generic
is decided in `fusion`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import DYNAMIC, element_type, ir, is_tensor, tensor_type
from wengert.dialects.build import create, index, size

#: One loop dimension for each dimension of an array; None reads index 0.
Dimensions = tuple[int | None, ...]
Extents = tuple[Any, ...]


def in_memory(type_: Any) -> Any:
    """The type of a value in memory: tensors of i1 hold i8."""
    if is_tensor(type_) and _is_bool(type_.element_type):
        return tensor_type(type_.shape, ir.IntegerType.get_signless(8))
    return type_


def _is_bool(element: Any) -> bool:
    return isinstance(element, ir.IntegerType) and element.width == 1


def stored_element(element: Any) -> Any:
    return ir.IntegerType.get_signless(8) if _is_bool(element) else element


def from_memory(scalar: Any, element: Any) -> Any:
    """A loaded scalar as a value of the element type: i8 becomes i1."""
    if not _is_bool(element) or _is_bool(scalar.type):
        return scalar
    return create("arith.trunci", [element], [scalar]).result


def to_memory(scalar: Any) -> Any:
    if not _is_bool(scalar.type):
        return scalar
    return create("arith.extui", [ir.IntegerType.get_signless(8)], [scalar]).result


# ---------------------------------------------------------------- arrays


@dataclass(eq=False)
class Array:
    """A tensor whose elements can be computed anywhere.

    Args:
        element: the element type, i1 even where memory holds i8.
        value: the tensor, once it is in memory.
        uses: how often the program uses it; `consumers` are those of its users that are arrays themselves.
        reads: the memories (see `fusion.Memories`) its elements are computed from.
    """

    element: Any
    shape: Extents
    value: Any = None
    uses: int = 0
    reads: frozenset[int] = frozenset()
    consumers: list[Array] = field(default_factory=list)
    location: Any = None

    def operands(self, at: Dimensions) -> Iterator[tuple[Array, Dimensions]]:
        """The arrays whose elements an element at `at` is computed from."""
        return iter(())

    def sources(self) -> Sequence[Array]:
        """The arrays it is computed from, one entry for each time it mentions them."""
        return ()

    def scalar(self, body: Body, at: Dimensions) -> Any:
        """Emit the computation of one element."""
        raise TypeError(f"{type(self).__name__} is read from memory")

    @property
    def cheap(self) -> bool:
        """Whether computing an element again costs no more than loading it."""
        return True


@dataclass(eq=False)
class Stored(Array):
    """In memory from the start."""


@dataclass(eq=False)
class Splat(Array):
    scalar_value: Any = None

    def scalar(self, body: Body, at: Dimensions) -> Any:
        return self.scalar_value


@dataclass(eq=False)
class Counter(Array):
    dimension: int = 0

    def scalar(self, body: Body, at: Dimensions) -> Any:
        position = body.index(at[self.dimension])
        if isinstance(self.element, ir.FloatType):
            position = create("arith.index_cast", [ir.IntegerType.get_signless(64)], [position]).result
            return create("arith.sitofp", [self.element], [position]).result
        if self.element == position.type:
            return position
        return create("arith.index_cast", [self.element], [position]).result


@dataclass(eq=False)
class View(Array):
    """Element i is source[i[d] for d in dimensions]."""

    source: Any = None
    dimensions: Dimensions = ()

    def operands(self, at: Dimensions) -> Iterator[tuple[Array, Dimensions]]:
        yield self.source, tuple(None if d is None else at[d] for d in self.dimensions)

    def sources(self) -> Sequence[Array]:
        return (self.source,)

    def scalar(self, body: Body, at: Dimensions) -> Any:
        return body.element(*next(self.operands(at)))

    @property
    def cheap(self) -> bool:
        return bool(self.source.value is not None or self.source.cheap)


@dataclass(eq=False)
class Lookup(Array):
    """Element i is source[at(i)], where `positions` computes index values; the source is in memory."""

    source: Any = None
    positions: Callable[[Sequence[Any]], Sequence[Any]] = list

    def scalar(self, body: Body, at: Dimensions) -> Any:
        return load(self.source.value, self.positions([body.index(d) for d in at]), self.element)


@dataclass(eq=False)
class Reshape(View):
    """The same elements in row-major order, where only extents of 1 come and go."""


@dataclass(eq=False)
class Mapped(Array):
    """An elementwise op: arith or math on the elements of `inputs`, which are arrays or scalars.

    `destination` is the tensor it may overwrite (it is the first input): accumulation in place.
    """

    operation: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    destination: Any = None

    def operands(self, at: Dimensions) -> Iterator[tuple[Array, Dimensions]]:
        return ((x, at) for x in self.inputs if isinstance(x, Array))

    def sources(self) -> Sequence[Array]:
        return [x for x in self.inputs if isinstance(x, Array)]

    def scalar(self, body: Body, at: Dimensions) -> Any:
        inputs = [body.element(x, at) if isinstance(x, Array) else x for x in self.inputs]
        return create(self.operation, [self.element], inputs, self.attributes, loc=self.location).result

    @property
    def cheap(self) -> bool:
        return False


@dataclass(eq=False)
class Deferred(Array):
    """A number computed by an op from numbers that are not there yet: reductions that wait for their loop."""

    op: Any = None
    inputs: tuple[Array, ...] = ()

    def sources(self) -> Sequence[Array]:
        return self.inputs


def load(tensor: Any, indices: Sequence[Any], element: Any) -> Any:
    """tensor.extract, as a value of the element type."""
    scalar = create("tensor.extract", [tensor.type.element_type], [tensor, *indices]).result
    return from_memory(scalar, element)


# ---------------------------------------------------------------- bodies


class Body:
    """The inside of a loop nest: computes each element once.

    Args:
        index: the index value of a loop dimension.
        arguments: by tensor and dimensions, the block arguments that hold its elements; others are loaded.
    """

    def __init__(self, index: Callable[[int], Any], arguments: dict[tuple[Any, Dimensions], Any] | None = None) -> None:
        self._index, self._arguments = index, arguments or {}
        self._known: dict[tuple[int, Dimensions], Any] = {}

    def index(self, dimension: int | None) -> Any:
        return index(0) if dimension is None else self._index(dimension)

    def element(self, array: Array, at: Dimensions) -> Any:
        key = (id(array), at)
        if key not in self._known:
            self._known[key] = self._compute(array, at)
        return self._known[key]

    def _compute(self, array: Array, at: Dimensions) -> Any:
        if array.value is None:
            return array.scalar(self, at)
        argument = self._arguments.get((array.value, at))
        if argument is not None:
            return from_memory(argument, array.element)
        return load(array.value, [self.index(d) for d in at], array.element)


def leaves(roots: Sequence[tuple[Array, Dimensions]]) -> list[tuple[Any, Dimensions]]:
    """The tensors the elements of the roots are computed from, each with the dimensions it is read at."""
    found: dict[tuple[Any, Dimensions], None] = {}
    seen: set[tuple[int, Dimensions]] = set()
    stack = list(reversed(roots))
    while stack:
        array, at = stack.pop()
        key = (id(array), at)
        if key in seen:
            continue
        seen.add(key)
        if array.value is not None:
            found[array.value, at] = None
        else:
            stack.extend(reversed(list(array.operands(at))))
    return list(found)


# ---------------------------------------------------------------- generics


def tensor_of(element: Any, shape: Extents) -> Any:
    """The tensor type in memory with these extents."""
    return tensor_type([n if isinstance(n, int) else DYNAMIC for n in shape], stored_element(element))


def extents(tensor: Any) -> Extents:
    """The shape of a tensor: ints, and tensor.dim of dynamic dimensions."""
    return tuple(size(tensor, d) if tensor.type.is_dynamic_dim(d) else n for d, n in enumerate(tensor.type.shape))


def empty_tensor(element: Any, shape: Extents) -> Any:
    """An uninitialised tensor of its own: never tensor.empty, equal ones of which would be merged."""
    dynamic = [n for n in shape if not isinstance(n, int)]
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(dynamic), 0, 0])}
    return create("bufferization.alloc_tensor", [tensor_of(element, shape)], dynamic, segments).result


def affine_map(loops: int, at: Dimensions) -> Any:
    results = [ir.AffineExpr.get_constant(0) if d is None else ir.AffineExpr.get_dim(d) for d in at]
    return ir.AffineMapAttr.get(ir.AffineMap.get(loops, 0, results))


def generic(inputs: Sequence[tuple[Any, Dimensions]], outputs: Sequence[tuple[Any, Dimensions]], loops: int,
            body: Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]], reductions: Sequence[int] = (),
            attributes: dict[str, Any] | None = None) -> list[Any]:
    """A `linalg.generic` on tensors (or numbers), each given with the loop dimensions its own dimensions run over.

    Args:
        loops: the number of loop dimensions, of which `reductions` are not parallel.
        body: from the elements of inputs and outputs to the new elements of the outputs.
    """
    kinds = [f"#linalg.iterator_type<{'reduction' if d in reductions else 'parallel'}>" for d in range(loops)]
    operands = [*inputs, *outputs]
    types = [tensor.type for tensor, _ in outputs]
    op = create("linalg.generic", types, [tensor for tensor, _ in operands], {
        "indexing_maps": ir.ArrayAttr.get([affine_map(loops, at) for _, at in operands]),
        "iterator_types": ir.ArrayAttr.get([ir.Attribute.parse(kind) for kind in kinds]),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(inputs), len(outputs)]), **(attributes or {}),
    }, regions=1)
    block = op.regions[0].blocks.append(*[element_type(operand.type) for operand, _ in operands])
    arguments = list(block.arguments)
    with ir.InsertionPoint(block):
        yielded = body(arguments[:len(inputs)], arguments[len(inputs):])
        create("linalg.yield", [], yielded)
    return list(op.results)


def generic_index(dimension: int) -> Any:
    """The index of a loop dimension inside a generic."""
    number = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), dimension)
    return create("linalg.index", [ir.IndexType.get()], [], {"dim": number}).result


def identity(rank: int) -> Dimensions:
    return tuple(range(rank))


def filled(scalar: Any, shape: Extents) -> Any:
    """A new tensor of equal elements."""
    scalar = to_memory(scalar)
    at = identity(len(shape))
    return generic([], [(empty_tensor(scalar.type, shape), at)], len(shape), lambda ins, outs: [scalar])[0]


def compute(roots: Sequence[Array], destinations: Sequence[Any]) -> list[Any]:
    """One generic that computes arrays of one shape into destinations (None: a new tensor); returns the tensors."""
    at = identity(len(roots[0].shape))
    outputs = [empty_tensor(r.element, r.shape) if d is None else d for r, d in zip(roots, destinations, strict=True)]
    read = leaves([(root, at) for root in roots])
    overwritten = {k: i for i, (tensor, dims) in enumerate(read) if dims == at
                   for k, d in enumerate(destinations) if d is not None and tensor == d}
    inputs = [leaf for i, leaf in enumerate(read) if i not in overwritten.values()]

    def body(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        arguments = dict(zip(inputs, ins, strict=True))
        for k, i in overwritten.items():
            arguments[read[i]] = outs[k]
        elements = Body(generic_index, arguments)
        return [to_memory(elements.element(root, at)) for root in roots]

    return generic(inputs, [(o, at) for o in outputs], len(at), body)

