"""What a `linalg.generic` on tensors says: its loops, what it reads and writes, and how a reduction combines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, block_of, defining_op, ir, position_of
from wengert.dialects.build import constant, create
from wengert.dialects.control import entry, yielded
from wengert.dialects.errors import UnsupportedError
from wengert.passes.elements import Dimensions, from_memory, to_memory
from wengert.passes.foreign_calls import MARK as FOREIGN
from wengert.passes.gpu_places import static_shape
from wengert.passes.routines import MARK as LAPACK

GENERIC = "linalg.generic"


@dataclass(frozen=True)
class Nest:
    """A linalg.generic.

    inputs, outputs: tensors, each with the loop each of its dimensions runs over (None: index 0).
    extents: of the loops.
    parallel, reduced: the numbers of the loops.
    """

    op: Any
    inputs: tuple[tuple[Value, Dimensions], ...]
    outputs: tuple[tuple[Value, Dimensions], ...]
    extents: tuple[int, ...]
    parallel: tuple[int, ...]
    reduced: tuple[int, ...]

    @property
    def block(self) -> Any:
        return entry(self.op)

    @property
    def elements(self) -> list[Value]:
        """Block arguments that hold the elements of the inputs."""
        return list(self.block.arguments)[:len(self.inputs)]

    @property
    def accumulators(self) -> list[Value]:
        """Block arguments that hold the elements of the outputs before the op."""
        return list(self.block.arguments)[len(self.inputs):]

    @property
    def yields(self) -> list[Value]:
        return yielded(self.block)

    def shape(self, loops: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.extents[d] for d in loops)


def read_nest(op: Any) -> Nest:
    """Read a linalg.generic.

    Raises:
        UnsupportedError: it indexes by more than loop counters and 0, or a loop runs over no operand's dimension.
    """
    if LAPACK in op.attributes:
        raise _too_general(op, "it stands for a call of LAPACK, which runs on the CPU")
    if FOREIGN in op.attributes:
        raise _too_general(op, "it calls a function of the process, which runs on the CPU")
    maps = [map_.value for map_ in ir.ArrayAttr(op.attributes["indexing_maps"])]
    read_at = [tuple(_loop(op, expression) for expression in map_.results) for map_ in maps]
    kinds = ["reduction" in str(kind) for kind in ir.ArrayAttr(op.attributes["iterator_types"])]
    extents: dict[int, int] = {}
    for tensor, at in zip(op.operands, read_at):
        extents.update({d: n for d, n in zip(at, static_shape(tensor)) if d is not None})
    if set(extents) != set(range(len(kinds))):
        raise _too_general(op, "a loop runs over no dimension of an operand")
    inputs = len(op.operands) - len(op.results)
    pairs = list(zip(op.operands, read_at))
    return Nest(op, tuple(pairs[:inputs]), tuple(pairs[inputs:]), tuple(extents[d] for d in range(len(kinds))),
                tuple(d for d, reduced in enumerate(kinds) if not reduced),
                tuple(d for d, reduced in enumerate(kinds) if reduced))


def _loop(op: Any, expression: Any) -> int | None:
    if isinstance(expression, ir.AffineDimExpr):
        return int(expression.position)
    if isinstance(expression, ir.AffineConstantExpr) and expression.value == 0:
        return None
    raise _too_general(op, f"an operand is indexed by {expression}")


def _too_general(op: Any, why: str) -> UnsupportedError:
    return UnsupportedError("a linalg.generic that is neither elementwise nor a reduction", position_of(op.location),
                            why=why, help="use target='cpu' for this function")


def splat_value(op: Any) -> Value | None:
    """The scalar of the function that all elements of the only result equal, if the op is as simple as that."""
    if op.name == "linalg.fill":
        return op.operands[0]
    if op.name != GENERIC or len(op.results) != 1:
        return None
    (value,) = yielded(entry(op))
    return None if block_of(value) == entry(op) else value


# ---------------------------------------------------------------- reductions


@dataclass(frozen=True)
class Combination:
    """``new = combine(old, contribution)``, an associative op with a neutral element.

    type: of the values combined: i1 where memory holds i8.
    contribution: what a step adds; a value of the generic's body or of the function around it.
    steps: the ops that combine, which no longer occur once each thread has its own partial result.
    """

    operation: Any
    type: Any
    neutral: float
    contribution: Value
    steps: tuple[Any, ...]

    def combine(self, x: Value, y: Value) -> Value:
        attributes = {name: self.operation.attributes[name] for name in self.operation.attributes}
        return create(self.operation.name, [self.type], [x, y], attributes).result

    def start(self) -> Value:
        """The neutral element."""
        return constant(self.neutral, self.type)

    def load(self, stored: Value) -> Value:
        return from_memory(stored, self.type)

    def stored(self, value: Value) -> Value:
        return to_memory(value)


def combinations(nest: Nest) -> list[Combination] | None:
    """How each output is combined; None if one is not, by a single op whose order does not matter."""
    found = [_combination(old, new) for old, new in zip(nest.accumulators, nest.yields)]
    return None if None in found else [c for c in found if c is not None]


def _combination(old: Value, new: Value) -> Combination | None:
    """From ``op(old, contribution)``, or for bools ``byte(op(bool(old), contribution))``."""
    steps: list[Any] = []
    to_bool, to_byte = _only_user(old), defining_op(new)
    if _is(to_bool, "arith.trunci") and _is(to_byte, "arith.extui") and _only_user(new) is not None:
        steps = [to_bool, to_byte]
        old, new = steps[0].results[0], steps[1].operands[0]
    op, user = defining_op(new), _only_user(old)
    if op is None or user is None or op != user or len(op.operands) != 2 or _only_user(new) is None:
        return None
    neutral = _neutral(op.name, new.type)
    others = [v for v in op.operands if v != old]
    if neutral is None or len(others) != 1:
        return None
    return Combination(op, new.type, neutral, others[0], (*steps, op))


def _is(op: Any | None, name: str) -> bool:
    return op is not None and op.name == name


def _only_user(value: Value) -> Any | None:
    """The op that uses `value`, if there is just one use."""
    users = [use.owner.operation for use in value.uses]
    return users[0] if len(users) == 1 else None


def _neutral(operation: str, type_: Any) -> float | None:
    """e with op(e, x) = x for every x.  For floating addition that is -0: 0 + -0 is 0."""
    if isinstance(type_, ir.FloatType):
        return _FLOATS.get(operation)
    most = 2 ** (type_.width - 1) - 1
    integers = {"arith.addi": 0, "arith.muli": 1, "arith.ori": 0, "arith.andi": 1 if type_.width == 1 else -1,
                "arith.maxsi": -most - 1, "arith.minsi": most}
    return integers.get(operation)


_FLOATS = {"arith.addf": -0.0, "arith.mulf": 1.0, "arith.maximumf": float("-inf"), "arith.minimumf": float("inf")}
