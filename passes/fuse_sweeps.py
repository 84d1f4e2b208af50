"""The reverse sweep of a loop joins the loop, iteration by iteration, where nothing keeps it from doing so.

The primal loop writes what the reverse loop reads, in the opposite order, to tapes: memory as long as the loop.  Where
the reverse loop needs nothing else of the primal one, and its iterations may run in any order, iteration i of both is
run together: the tapes disappear, and what both compute is computed once.  This is so for ``for i: s += f(x[i])``,
whose cotangent is known before the loop; not for recurrences, whose reverse loop carries a cotangent from turn to turn.

Any order is allowed for a reverse loop that carries

- numbers that it only adds to (passes/reassociate.py);
- arrays of which iteration i reads and writes only what has index i in one dimension;
- arrays it only adds to, at whatever index: ``c[k] += v`` where v is computed from no element of c.

The sums are added up in the opposite order.  Assumes and leaves scf over tensors as they are after differentiation;
bounds are constants.  Values that the reverse loop uses and that are computed between the two loops go before both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_tensor, terminator, walk
from wengert.dialects.build import constant, create
from wengert.dialects.control import FOR, For, body_operations, yield_
from wengert.dialects.op import lookup, raw_attributes
from wengert.passes.affine import Form, form_of
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import is_inside
from wengert.passes.purity import Effects, constant_integer
from wengert.passes.reassociate import accumulation
from wengert.passes.simplify import chosen_functions, simplify_function

_SUMS = {"arith.addf": (0, 1), "arith.subf": (0,)}


@register_pass("fuse-sweeps")
@dataclass(frozen=True)
class FuseSweeps(Pass):
    """Run the reverse sweep of a loop in the loop itself, where its iterations do not depend on each other.

    Args:
        function: the function to work on; all of them by default.
    """

    function: str = ""

    def run(self, module: ir.Module) -> None:
        effects = Effects(module)
        for func in chosen_functions(module, self.function):
            fused = False
            for op in walk(func, FOR):
                pair = _pair(op, effects)
                if pair is not None:
                    _fuse(pair)
                    fused = True
            if fused:
                simplify_function(func, effects)


@dataclass(frozen=True)
class _Pair:
    """A loop and its reverse sweep.

    Args:
        tapes: by position among what `forward` carries, the op that writes to the tape.
        early: what has to be computed before both, in order.
    """

    forward: For
    backward: For
    tapes: dict[int, Any]
    early: list[Any]


def _pair(op: Any, effects: Effects) -> _Pair | None:
    """The loop whose tapes `op` reads, if the two can be one."""
    backward = For(op)
    read = [owner for v in _from_outside(op) if (owner := defining_op(v)) is not None and owner.name == FOR
            and owner.block == op.block]
    if not read or any(owner != read[0] for owner in read) or any(effects.of(inner) for inner in walk(op)):
        return None
    forward = For(read[0])
    if _trips(forward) != _trips(backward) or not _trips(backward) or constant_integer(backward.bounds[0]) != 0:
        return None
    tapes = {}
    for position, result in enumerate(forward.results):
        if any(is_inside(use.owner.operation, op) for use in result.uses):
            write = _tape(forward, position, backward)
            if write is None:
                return None
            tapes[position] = write
    if not all(_any_order(backward, position) for position in range(len(backward.results))):
        return None
    if any(is_tensor(v.type) and any(is_inside(use.owner.operation, forward.op) for use in v.uses)
           for v in backward.inits):
        return None
    early = _between(forward.op, op, effects)
    return None if early is None else _Pair(forward, backward, tapes, early)


def _from_outside(op: Any) -> Iterator[Value]:
    """The values a loop uses that are defined outside of it."""
    for inner in walk(op):
        for v in inner.operands:
            owner = defining_op(v)
            if owner is not None and not is_inside(owner, op):
                yield v


def _trips(loop: For) -> int | None:
    lower, upper, step = map(constant_integer, loop.bounds)
    return upper - lower if lower is not None and upper is not None and step == 1 else None


def _iteration(loop: For) -> Form:
    """The number of the iteration, as a form."""
    return form_of(loop.iv).plus(Form(constant_integer(loop.bounds[0]) or 0), -1)


def _mirrored(backward: For) -> Form:
    """The number of the iteration of the primal loop that one of the reverse loop belongs to."""
    return Form((_trips(backward) or 0) - 1).plus(form_of(backward.iv), -1)


def _tape(forward: For, position: int, backward: For) -> Any | None:
    """The op that writes a tape: element i in iteration i, and read only in that of the reverse loop."""
    write, carry = defining_op(forward.yields[position]), forward.carries[position]
    if write is None or write.name != "tensor.insert" or write.operands[1] != carry or write.block != forward.block:
        return None
    if len(list(carry.uses)) != 1 or len(list(write.results[0].uses)) != 1 or len(write.operands) != 3:
        return None
    if form_of(write.operands[2]) != _iteration(forward):
        return None
    for use in forward.results[position].uses:
        read = use.owner.operation
        if read.name != "tensor.extract" or read.block != backward.block:
            return None
        if form_of(read.operands[1]) != _mirrored(backward):
            return None
    return write


# ---------------------------------------------------------------- the order of iterations


def _any_order(loop: For, position: int) -> bool:
    """Whether what the loop carries there does not make one iteration depend on another, but for the order of sums."""
    carry, end = loop.carries[position], loop.yields[position]
    if end == carry:
        return True
    if isinstance(carry.type, ir.FloatType):
        return accumulation(carry, loop.block, position) is not None
    if not is_tensor(carry.type):
        return False
    accesses = _accesses(loop, position)
    return accesses is not None and (_private(accesses, loop) or _sums(accesses))


def _accesses(loop: For, position: int) -> list[Any] | None:
    """The reads and writes of elements of a carried array, in the block of the loop; None if it has other uses."""
    accesses: list[Any] = []
    version, end = loop.carries[position], terminator(loop.block)
    while True:
        writes = []
        for use in version.uses:
            user = use.owner.operation
            if user == end:
                if use.operand_number != position or version != loop.yields[position]:
                    return None
            elif user.block != loop.block:
                return None
            elif user.name == "tensor.extract":
                accesses.append(user)
            elif user.name == "tensor.insert" and use.operand_number == 1:
                writes.append(user)
            else:
                return None
        if version == loop.yields[position]:
            return None if writes else accesses
        if len(writes) != 1:
            return None
        accesses.append(writes[0])
        version = writes[0].results[0]


def _indices(access: Any) -> list[Value]:
    return list(access.operands)[1 if access.name == "tensor.extract" else 2:]


def _private(accesses: list[Any], loop: For) -> bool:
    """Whether all are of elements that belong to the iteration: one index is its number."""
    own = _mirrored(loop)
    return any(all(form_of(_indices(access)[d]) == own for access in accesses)
               for d in range(len(_indices(accesses[0]))))


def _sums(accesses: list[Any]) -> bool:
    """Whether elements are only added to."""
    writes = [access for access in accesses if access.name == "tensor.insert"]
    reads = [access for access in accesses if access.name == "tensor.extract"]
    added = []
    for write in writes:
        total = defining_op(write.operands[0])
        if total is None or total.name not in _SUMS or len(list(total.results[0].uses)) != 1:
            return False
        found = [read for k in _SUMS[total.name] if (read := defining_op(total.operands[k])) is not None
                 and read in reads and read.operands[0] == write.operands[1] and _indices(read) == _indices(write)
                 and len(list(read.results[0].uses)) == 1]
        if not found:
            return False
        added.append(found[0])
    return all(read in added for read in reads)


# ---------------------------------------------------------------- one loop


def _between(forward: Any, backward: Any, effects: Effects) -> list[Any] | None:
    """What `backward` uses of what is computed between the loops, in order; None if it cannot go before them."""
    found: list[Any] = []
    work = [owner for v in _from_outside(backward) if (owner := defining_op(v)) is not None]
    while work:
        op = work.pop()
        if op.block != forward.block or op in found or op == forward or op.is_before_in_block(forward):
            continue
        record = lookup(op.name)
        if effects.of(op) or len(op.regions) or "nd.accumulate" in op.attributes:
            return None
        if record is not None and record.destination is not None:
            return None
        owners = [owner for v in op.operands if (owner := defining_op(v)) is not None]
        if forward in owners:
            return None
        found.append(op)
        work += owners
    return [op for op in (o.operation for o in forward.block.operations) if op in found] if found else []


def _fuse(pair: _Pair) -> None:
    """Rebuild the primal loop with the operations of the reverse loop at its end."""
    forward, backward = pair.forward, pair.backward
    for op in pair.early:
        op.move_before(forward.op)
    kept = [i for i in range(len(forward.results)) if i not in pair.tapes]
    inits = [*(forward.inits[i] for i in kept), *backward.inits]
    with forward.op.location, ir.InsertionPoint(forward.op):
        new = create(FOR, [v.type for v in inits], [*forward.bounds, *inits], raw_attributes(forward.op), regions=1)
    block = forward.op.regions[0].blocks[0]
    end = terminator(block)
    first_write = next(iter(pair.tapes.values()))
    number = first_write.operands[2]
    _renumber(pair, number, end)
    for position, write in pair.tapes.items():
        for use in list(forward.results[position].uses):
            use.owner.operation.results[0].replace_all_uses_with(write.operands[0])
            use.owner.operation.erase()
    for carry in backward.carries:
        carry.replace_all_uses_with(block.add_argument(carry.type, backward.op.location))
    yields = [*(forward.yields[i] for i in kept), *backward.yields]
    for op in body_operations(backward.block):
        op.move_before(end)
    location = end.location
    end.erase()
    with location:
        yield_(yields, block)
    for write in pair.tapes.values():
        write.erase()
    block.append_to(new.regions[0])
    for position in sorted(pair.tapes, reverse=True):
        new.regions[0].blocks[0].erase_argument(1 + position)
    for old, result in zip([*(forward.results[i] for i in kept), *backward.results], new.results, strict=True):
        old.replace_all_uses_with(result)
    backward.op.erase()
    forward.op.erase()


def _renumber(pair: _Pair, number: Value, end: Any) -> None:
    """Let the reverse loop count as the primal one does: `number` is that of the iteration."""
    backward, own = pair.backward, _mirrored(pair.backward)
    for op in body_operations(backward.block):
        index_arithmetic = len(op.results) == 1 and op.results[0].type == number.type and op.name.startswith("arith.")
        if index_arithmetic and form_of(op.results[0]) == own:
            op.results[0].replace_all_uses_with(number)
    if any(True for _ in backward.iv.uses):
        with end.location, ir.InsertionPoint(end):
            last = constant((_trips(backward) or 0) - 1, number.type)
            counted = create("arith.subi", [number.type], [last, number]).result
        backward.iv.replace_all_uses_with(counted)
