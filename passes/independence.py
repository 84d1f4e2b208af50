"""Loops whose iterations are independent of each other, and what of their bodies is the same in all iterations.

Assumes loops on memory (after bufferization), with scalar operations only.  Iterations are independent when no two of
them touch an element that one of them writes, and when what the loop carries is only added to.  Elements are compared
by their indices as linear forms: a dimension in which both accesses have the counter with the same factor, and the rest
of the index does not change in the loop, keeps iterations apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, walk
from wengert.dialects.control import FOR, IF, WHILE, For
from wengert.passes.affine import Form, form_of
from wengert.passes.purity import constant_integer, speculatable
from wengert.passes.reassociate import accumulation
from wengert.passes.value_numbering import inside

LOAD, STORE = "memref.load", "memref.store"


@dataclass(frozen=True)
class Access:
    """A load or a store: its operation, memory, indices as forms."""

    op: Any
    memref: Value
    indices: tuple[Form, ...]

    @property
    def writes(self) -> bool:
        return bool(self.op.name == STORE)


@dataclass
class Independent:
    """A loop whose iterations may run in any order, or side by side.

    Args:
        op: the `scf.for`, of step 1.
        accesses: its loads and stores, in program order.
        varying: the values inside of it that may differ between iterations.
    """

    op: Any
    accesses: list[Access] = field(default_factory=list)
    varying: set[Value] = field(default_factory=set)

    def is_uniform(self, op: Any) -> bool:
        """Whether an operation of the loop computes the same in all iterations, and may always be evaluated."""
        return not len(op.regions) and len(op.results) > 0 and not any(r in self.varying for r in op.results)

    def stride(self, access: Access) -> tuple[int, int]:
        """The first dimension whose index depends on the iteration (-1: none does), and the counter's factor there.

        The factor is 0 when the index is not linear in the counter, or when several dimensions depend on it.
        """
        found = (-1, 1)
        first = 1 if access.op.name == LOAD else 2
        for d, value in enumerate(list(access.op.operands)[first:]):
            if value in self.varying:
                others = any(a in self.varying for a in access.indices[d].coefficients if a != For(self.op).iv)
                factor = 0 if others or found[0] >= 0 else access.indices[d].coefficients.get(For(self.op).iv, 0)
                found = (d if found[0] < 0 else found[0], factor)
        return found


def independent(op: Any) -> Independent | None:
    """What is known about a loop with independent iterations; None if they may depend on each other."""
    if constant_integer(For(op).bounds[2]) != 1:
        return None
    loop = Independent(op)
    for access in (o for o in walk(op) if o.name in (LOAD, STORE)):
        memref = access.operands[0 if access.name == LOAD else 1]
        first = 1 if access.name == LOAD else 2
        loop.accesses.append(Access(access, memref, tuple(form_of(v) for v in list(access.operands)[first:])))
    if not (_known(op.regions[0].blocks[0]) and _apart(loop)):
        return None
    if not only_sums(op):
        return None
    loop.varying.update(For(op).block.arguments)
    _spread(loop, For(op).block, {a.memref for a in loop.accesses if a.writes})
    return loop


def _known(block: Any) -> bool:
    """Whether there is nothing but arithmetic, loads, stores and control flow."""
    for view in list(block.operations)[:-1]:
        op = view.operation
        if op.name in (FOR, IF, WHILE):
            if not all(_known(b) for region in op.regions for b in region.blocks):
                return False
        elif op.name not in (LOAD, STORE) and not op.name.startswith(("arith.", "math.")):
            return False
    return True


def only_sums(op: Any) -> bool:
    """Whether a loop does nothing with what it carries but add to it."""
    return all(accumulation(c, For(op).block, k) is not None for k, c in enumerate(For(op).carries))


# ---------------------------------------------------------------- what iterations touch


def _apart(loop: Independent) -> bool:
    return all(_never_meet(loop, store, other) for store in loop.accesses if store.writes for other in loop.accesses)


def _never_meet(loop: Independent, store: Access, other: Access) -> bool:
    """Whether different iterations never touch the same element by these two accesses."""
    if store.memref != other.memref:
        return not may_alias(store.memref, other.memref)
    counter = For(loop.op).iv
    for a, b in zip(store.indices, other.indices, strict=True):
        if a.coefficients.get(counter, 0) and a == b and not any(
                inside(atom, loop.op) for atom in a.coefficients if atom != counter):
            return True
    return False


def may_alias(a: Value, b: Value) -> bool:
    """Whether two memrefs may share memory: not if one is new, or promised to be alone, and the other no view."""
    return a == b or not (_is_whole(a) and _is_whole(b) and (_is_alone(a) or _is_alone(b)))


def _is_whole(memref: Value) -> bool:
    """Whether a memref is an allocation or an argument, rather than made of another one."""
    op = defining_op(memref)
    if op is None:
        return bool(memref.owner.owner.operation.name == "func.func")
    return op.name in ("memref.alloc", "memref.alloca", "memref.get_global")


def _is_alone(memref: Value) -> bool:
    """Whether no other argument or allocation can be the same memory."""
    if defining_op(memref) is not None:
        return True
    attributes = memref.owner.owner.operation.attributes
    if "arg_attrs" not in attributes:
        return False
    return "llvm.noalias" in ir.ArrayAttr(attributes["arg_attrs"])[memref.arg_number]


# ---------------------------------------------------------------- what differs between iterations


def _spread(loop: Independent, block: Any, written: set[Value]) -> None:
    """Collect the varying values of a block: what follows from varying ones, and everything that loops carry."""
    for view in block.operations:
        op = view.operation
        if op.name == FOR:
            loop.varying.update(For(op).carries)
            _spread(loop, For(op).block, written)
            loop.varying.update(op.results)
        elif op.name in (IF, WHILE):
            for region in op.regions:
                for inner in region.blocks:
                    loop.varying.update(inner.arguments)
                    _spread(loop, inner, written)
            loop.varying.update(op.results)
        elif op.name == LOAD:
            if any(v in loop.varying for v in op.operands) or any(may_alias(op.operands[0], w) for w in written):
                loop.varying.update(op.results)
        elif any(v in loop.varying for v in op.operands) or not (speculatable(op) or op.name == "arith.constant"):
            loop.varying.update(op.results)


def is_flat(op: Any) -> bool:
    """Whether an operation contains no loop."""
    return not any(inner.name in (FOR, WHILE) for inner in walk(op))
