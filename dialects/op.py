"""One op, one paragraph: the record every operation is described by, and the families that carry the burden.

A record says what an op means (in NumPy), how its results are typed, how it is differentiated, transposed and lowered.
Passes read the fields of records; none of them mentions an op by name.

Records are callable, and a rule is ordinary Python that works in two worlds: called on IR values, an op emits itself at
the current insertion point; called on NumPy arrays, it computes.  ``lambda x, y: neg(sin(x))`` is therefore both the
code generator of a derivative and something a test can evaluate without a compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.dialects.bindings import Value, ir, is_float, is_tensor, position_of, tensor_type
from wengert.dialects.errors import DifferentiationError

if TYPE_CHECKING:
    from wengert.dialects.external import External
    from wengert.dialects.kinks import Kink

DTYPES: dict[str, type] = {
    "f64": np.float64,
    "f32": np.float32,
    "i64": np.int64,
    "i32": np.int32,
    "i16": np.int16,
    "i8": np.int8,
    "i1": np.bool_,
    "index": np.int64,
}


class Absent:
    """A rule that does not exist, and why: "not differentiable" is a value, never a missing entry."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"Absent({self.reason!r})"


NOT_LINEAR = Absent("not a linear op: it never appears in a linearized function")
DISCRETE = Absent("its result is an integer or a bool, which carries no tangent")

Shape = Sequence[int]
#: flops(shapes of the operands, shapes of the results, attributes) -> floating-point operations.
Flops = Callable[[Sequence[Shape], Sequence[Shape], Mapping[str, Any]], int]


def no_flops(operands: Sequence[Shape], results: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """Of ops that move, choose, compare or count: none of these is floating-point arithmetic."""
    return 0


def one_each(operands: Sequence[Shape], results: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """One for each element of the result, also where it is a transcendental function."""
    return prod(results[0])


#: jvp(primals, results, tangents, attributes) -> one tangent (or None: identically zero) a result.
JvpRule = Callable[[Sequence[Any], Sequence[Any], Sequence[Any], Mapping[str, Any]], Sequence[Any]]
#: paired(primals, tangents, attributes) -> (results, tangents).
PairedRule = Callable[[Sequence[Any], Sequence[Any], Mapping[str, Any]], tuple[Sequence[Any], Sequence[Any]]]


#: series(k, coefficients of each operand, own coefficients) -> coefficient k of the result; None is zero.
SeriesRule = Callable[[int, Sequence[Callable[[int], Any]], Callable[[int], Any]], Any]


def zero_tangent(
    primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any], attributes: Mapping[str, Any]
) -> list[Any]:
    """The jvp rule of ops whose derivative is zero everywhere; activity analysis stops at an op that has this rule."""
    return [None] * len(results)


def example_by_example(batch: Any) -> list[Any]:
    """The batching rule of ops that have none of their own: a loop over the examples."""
    from wengert.dialects.batching import one_by_one

    return one_by_one(batch)


@dataclass(frozen=True)
class Op:
    """The record of one operation.

    Args:
        name: ``dialect.op``.
        operands: operand names; a leading ``*`` marks the one that is variadic.
        meaning: ``meaning(*operands, **attributes)`` in NumPy; with ``typed`` it also gets ``out``, the list of
            ``(shape, dtype)`` of the results (a dynamic dimension is None).
        typing: ``typing(*operand_types, **attributes)`` -> result type(s).
        jvp: the tangent rule, or why there is none.
        paired: a rule that computes results and tangents together; where there is one, it stands in place of the op
            and of `jvp`.
        transpose: ``transpose(cts, ct, op)`` of an op that is linear in `linear` or `bilinear`; see
            dialects/transposes.py.
        linear: positions of the operands in which the op is linear (jointly), if it is a linear op.
        linear_when: whether it is, by its attributes; always, without it.
        bilinear: the op is linear in each of these operands on its own (mulf: both; divf: the first).
        series: the recurrence of its power series, where the jvp rule would take longer; see passes/taylor.py.
        destination: position of the operand whose memory the result takes over (the array of an insert).
        batch: the batching rule; see dialects/batching.py.
        reads_part: position of the operand of which the op reads a part only (an element, a window).
        overwrites: what an op with a destination replaces there: ``overwrites(operands, attributes)`` is the op that
            reads it, as (name, operands, attributes).
        of_shape: the result depends on the shapes of arrays, not on their elements.
        extent: which operand says how large the result is, where the family does not: for dimension d,
            ``extent(operands, attributes, d)`` is an operand that is the extent, or (operand, its dimension).
        lower: emits the op in terms of linalg/tensor/scf on tensors; see passes/lower_tensors.py.
        choice: position of the bool that says which of the other operands is the result.
        effect: the op must neither be removed, merged nor moved.
        output: the effect is seen by the user: what repeats a part of a program leaves it out.
        recompute: cheap index arithmetic, always recomputed in a reverse sweep rather than saved.
        expensive: worth a residual rather than a second evaluation (transcendental functions).
        flops: how many floating-point operations it executes, from shapes.
        symbol: what a message calls it, or a function of the attributes; by default the name without the dialect.
        kinks: where the derivative does not exist, or the function jumps; see dialects/kinks.py.
        results: names of the results, where several of different types are needed.
        refused: operands in which there is no derivative rule although they are floats, and why.
        written_out: the op on numbers in terms of others, where upstream's conversions to LLVM do not know it.
        external: the C function that computes the op on numbers of float64.
        dependence: which inputs the elements of the results depend on, where the family does not say it; see
            dialects/dependencies.py.
        samples: functions of a random generator, each returning the operands of one test point.
    """

    name: str
    operands: tuple[str, ...]
    meaning: Callable[..., Any]
    typing: Callable[..., Any]
    jvp: JvpRule | Absent
    transpose: Callable[..., Any] | Absent = NOT_LINEAR
    linear: tuple[int, ...] = ()
    linear_when: Callable[[Mapping[str, Any]], bool] | None = None
    bilinear: tuple[int, ...] = ()
    series: SeriesRule | None = None
    destination: int | None = None
    choice: int | None = None
    batch: Callable[[Any], list[Any]] = example_by_example
    reads_part: int | None = None
    overwrites: Callable[..., Any] | None = None
    of_shape: bool = False
    extent: Callable[[Sequence[Any], Mapping[str, Any], int], Any] | None = None
    lower: Callable[..., Any] | None = None
    effect: bool = False
    output: bool = False
    recompute: bool = False
    expensive: bool = False
    flops: Flops = no_flops
    typed: bool = False
    dependence: Callable[..., Any] | None = None
    family: str = ""
    paired: PairedRule | None = None
    symbol: str | Callable[[Mapping[str, Any]], str] = ""
    kinks: tuple[Kink, ...] = ()
    results: tuple[str, ...] = ()
    refused: Mapping[int, Absent] = field(default_factory=dict)
    written_out: Callable[..., Any] | None = None
    external: External | None = None
    samples: tuple[Callable[[np.random.Generator], tuple[Any, ...]], ...] = ()
    sample_attributes: Mapping[str, Any] = field(default_factory=dict)

    def __call__(
        self, *operands: Any, like: Any = None, result_types: Sequence[Any] | None = None, **attributes: Any
    ) -> Any:
        """Emit on IR values, compute on arrays; one result comes back bare, several as a list.

        `like` fixes the type (shape and dtype) of the result where it does not follow from the operands.
        """
        if any(isinstance(v, Value) for v in operands):
            if result_types is None:
                result_types = [like.type] if like is not None else None
            results = list(self.emit(operands, attributes, result_types).results)
        else:
            if self.typed:
                if like is None:
                    raise TypeError(f"{self.name}: the shape of the result must be given (like=)")
                attributes["out"] = [(np.shape(like), np.asarray(like).dtype)]
            value = self.meaning(*operands, **attributes)
            results = list(value) if isinstance(value, (tuple, list)) else [value]
        return results[0] if len(results) == 1 else results

    def emit(
        self,
        operands: Sequence[Any],
        attributes: Mapping[str, Any] | None = None,
        result_types: Sequence[Any] | None = None,
        *,
        loc: Any = None,
        ip: Any = None,
    ) -> Any:
        """Create the operation (at `ip`, or the current insertion point) and return it."""
        attributes = attributes or {}
        if result_types is None:
            inferred = self.typing(*[v.type for v in operands], **attributes)
            result_types = list(inferred) if isinstance(inferred, (list, tuple)) else [inferred]
        return ir.Operation.create(
            self.name, list(result_types), list(operands), encode_attributes(attributes), loc=loc, ip=ip
        )

    def spelled(self, attributes: Mapping[str, Any]) -> str:
        """What a message calls an operation with these attributes."""
        return self.symbol(attributes) if callable(self.symbol) else self.symbol or self.name.partition(".")[2]

    def linear_in(self, attributes: Mapping[str, Any]) -> tuple[int, ...]:
        """The operands in which the op is linear, jointly, with these attributes."""
        return self.linear if self.linear_when is None or self.linear_when(attributes) else ()

    def where(self, **changes: Any) -> Op:
        """A copy of the record with some fields changed, put in its place in the registry."""
        return register(replace(self, **changes))


_REGISTRY: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter a record; a plug-in calls this for its own ops before it makes a context."""
    _REGISTRY[op.name] = op
    return op


def lookup(name: str) -> Op | None:
    """The record of an operation name, or None for control flow and foreign ops."""
    return _REGISTRY.get(name)


def records() -> Iterator[Op]:
    """All records, in the order in which they were defined."""
    return iter(tuple(_REGISTRY.values()))


# ---------------------------------------------------------------- attributes: Python values <-> MLIR


def encode_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Python values as MLIR attributes; MLIR attributes pass through."""
    return {name: _encode(name, value) for name, value in attributes.items() if value is not None}


def _encode(name: str, value: Any) -> Any:
    if isinstance(value, ir.Attribute):
        return value
    if name == "operandSegmentSizes":
        return ir.DenseI32ArrayAttr.get([int(x) for x in value])
    if isinstance(value, bool):
        return ir.BoolAttr.get(value)
    if isinstance(value, (int, np.integer)):
        return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), int(value))
    if isinstance(value, float):
        return ir.FloatAttr.get(ir.F64Type.get(), value)
    if isinstance(value, str):
        return ir.StringAttr.get(value)
    if isinstance(value, (tuple, list)) and value and all(isinstance(x, str) for x in value):
        return ir.ArrayAttr.get([ir.StringAttr.get(x) for x in value])
    if isinstance(value, (tuple, list)):
        return ir.DenseI64ArrayAttr.get([int(x) for x in value])
    raise TypeError(f"attribute {name}: no MLIR attribute for {value!r}")


def decode_attributes(operation: Any) -> dict[str, Any]:
    """The attributes of an operation as Python values (what has no Python form stays an MLIR attribute)."""
    return {name: _decode(operation.attributes[name]) for name in operation.attributes}


def _decode(attribute: Any) -> Any:
    if isinstance(attribute, ir.BoolAttr):
        return bool(attribute.value)
    if isinstance(attribute, (ir.IntegerAttr, ir.FloatAttr, ir.StringAttr)):
        return attribute.value
    if isinstance(attribute, (ir.DenseI64ArrayAttr, ir.DenseI32ArrayAttr)):
        return tuple(attribute)
    if isinstance(attribute, ir.FlatSymbolRefAttr):
        return attribute.value
    if isinstance(attribute, ir.ArrayAttr) and all(isinstance(x, ir.StringAttr) for x in attribute):
        return tuple(x.value for x in attribute)
    return attribute


def raw_attributes(operation: Any) -> dict[str, Any]:
    """The attributes of an operation, untouched: what a clone needs."""
    return {name: operation.attributes[name] for name in operation.attributes}


# ---------------------------------------------------------------- families


def same_type(*types: Any, **_: Any) -> Any:
    """The typing of elementwise ops: the result is like the first operand."""
    return types[0]


def predicate_type(*types: Any, **_: Any) -> Any:
    """The typing of comparisons: i1, elementwise."""
    i1 = ir.IntegerType.get_signless(1)
    return tensor_type(types[0].shape, i1) if is_tensor(types[0]) else i1


def converted(dtype: str) -> Callable[..., Any]:
    """The typing of conversions needs the target: it is given with `like` or `result_types`."""

    def typing(*types: Any, **_: Any) -> Any:
        target = ir.Type.parse(dtype)
        return tensor_type(types[0].shape, target) if is_tensor(types[0]) else target

    return typing


#: A partial derivative: a constant factor, a function of the operands and the result, `f(*operands, y)`, or none.
Partial = float | Callable[..., Any] | Absent


def elementwise(
    name: str,
    meaning: Callable[..., Any],
    partials: Sequence[Partial],
    operands: tuple[str, ...] = ("x",),
    **fields: Any,
) -> Op:
    """An op that maps elements: give the partial derivatives, both modes follow.

    The tangent is ``sum_i partial_i * dx_i``.  A constant partial of 1, -1 or 0 costs no multiplication.
    """

    def jvp(
        primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any], attributes: Mapping[str, Any]
    ) -> list[Any]:
        total = None
        for i, (partial, dx) in enumerate(zip(partials, tangents)):
            if dx is None or (isinstance(partial, float) and partial == 0.0):
                continue
            if isinstance(partial, Absent):
                raise no_partial(name, operands[i], partial)
            if isinstance(partial, float):
                total = _add_scaled(total, partial, dx)
            else:
                term = lookup_call("arith.mulf", dx, partial(*primals, results[0]))
                total = term if total is None else lookup_call("arith.addf", total, term)
        return [total]

    from wengert.dialects.batching import batch_elementwise

    fields.setdefault("batch", batch_elementwise)
    fields["refused"] = {i: partial for i, partial in enumerate(partials) if isinstance(partial, Absent)}
    inert = bool(partials) and all(isinstance(partial, float) and partial == 0.0 for partial in partials)
    rule = zero_tangent if inert else jvp
    return register(Op(name, operands, meaning, same_type, rule, family="elementwise", flops=one_each, **fields))


def no_partial(name: str, operand: str, absent: Absent) -> DifferentiationError:
    """The refusal of a derivative with respect to one operand, with the position of what is being differentiated."""
    location = ir.Location.current if ir.Context.current else None
    return DifferentiationError(
        f"{name.partition('.')[2]} has no derivative with respect to its argument {operand}",
        position_of(location) if location is not None else None,
        why=absent.reason,
        help="stop_gradient on this argument, if the derivative through it is not wanted",
    )


def _add_scaled(total: Any, factor: float, dx: Any) -> Any:
    if factor == 1.0:
        return dx if total is None else lookup_call("arith.addf", total, dx)
    if factor == -1.0:
        return lookup_call("arith.negf", dx) if total is None else lookup_call("arith.subf", total, dx)
    raise ValueError("a constant partial is 1, -1 or 0")


def lookup_call(name: str, *operands: Any, **attributes: Any) -> Any:
    """Apply an op by name, where importing its record would be circular."""
    op = lookup(name)
    assert op is not None, f"no record for {name}"
    return op(*operands, **attributes)


def discrete(
    name: str,
    meaning: Callable[..., Any],
    operands: tuple[str, ...] = ("x", "y"),
    typing: Callable[..., Any] = same_type,
    **fields: Any,
) -> Op:
    """An op on integers, bools and indices: no tangents, and recomputed rather than saved."""
    from wengert.dialects.batching import batch_elementwise

    fields.setdefault("batch", batch_elementwise)
    return register(
        Op(
            name,
            operands,
            meaning,
            typing,
            DISCRETE,
            recompute=fields.pop("recompute", True),
            family="discrete",
            **fields,
        )
    )


def structural(
    name: str,
    operands: tuple[str, ...],
    meaning: Callable[..., Any],
    typing: Callable[..., Any],
    linear: tuple[int, ...],
    transpose: Callable[..., Any],
    **fields: Any,
) -> Op:
    """An op that moves or combines data linearly in the operands at `linear`: its tangent is itself."""

    def jvp(
        primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any], attributes: Mapping[str, Any]
    ) -> list[Any]:
        from wengert.dialects.build import zeros_like

        op = lookup(name)
        assert op is not None
        moved = [
            (tangents[i] if tangents[i] is not None else zeros_like(x)) if i in linear else x
            for i, x in enumerate(primals)
        ]
        return [op(*moved, like=results[0], **attributes)]

    return register(Op(name, operands, meaning, typing, jvp, transpose, linear, family="structural", **fields))


def dtype_name(type_: Any) -> str:
    """ "f64", "f32", "i64", "i1", "index" of a type or of the elements of a tensor type."""
    return str(type_.element_type if is_tensor(type_) else type_)


def carries_tangent(value: Any) -> bool:
    """Whether a value (IR or array) is of floating type."""
    if isinstance(value, Value):
        return is_float(value.type)
    return bool(np.issubdtype(np.asarray(value).dtype, np.floating))
