"""diff-checkpoint: the loops of a function are reversed with few stored states, the other states being computed again.

Run by diff-expand on a function that carries `diff.slots` or `diff.memory`, or has loops that do, before its reverse
mode derivative is written.  Each outermost loop that would tape becomes a function with a forward and a reverse
function of its own (passes/checkpoint_outline.py, passes/checkpoint_rules.py), and is differentiated by these.  Loops
that need nothing of their states, linear ones, stay as they are; so do loops whose carried arrays change their shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, is_tensor, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import FOR, WHILE, functions, symbol
from wengert.dialects.op import encode_attributes, lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.budgets import BUDGET, MEMORY, limit_memory
from wengert.passes.checkpoint_outline import outline
from wengert.passes.checkpoint_rules import SCHEDULED, Rows, write_rules
from wengert.passes.dead_code import remove_dead_code
from wengert.passes.extents import origin
from wengert.passes.jvp import emit_jvp, float_arguments
from wengert.passes.linear_calls import open_tangent_calls
from wengert.passes.linearize import emit_linearized
from wengert.passes.purity import Effects
from wengert.passes.replay import used_ids
from wengert.passes.simplify import simplify_function
from wengert.passes.storage_plan import SAVE
from wengert.passes.transpose import emit_transposed
from wengert.passes.tree import Function, Node, function_to_read, read_function

SLOTS = "diff.slots"
#: Marks a loop, by its number, until it is outlined.
CANDIDATE = "diff.candidate"


@register_pass("diff-checkpoint")
@dataclass(frozen=True)
class DiffCheckpoint(Pass):
    """Give the loops of @f that would tape a forward and a reverse function that store `slots` states.

    Args:
        function: the function.
        wrt: the arguments it is to be differentiated with respect to; all floats by default.
        slots: how many states are stored; what the function says in `diff.slots` or `diff.memory` by default.
    """

    function: str
    wrt: tuple[int, ...] = ()
    slots: int = 0

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        if self.slots:
            func.attributes[SLOTS] = encode_attributes({"n": self.slots})["n"]
        checkpoint_loops(module, func, self.wrt or float_arguments(func), self.function)


def is_checkpointed(func: Any) -> bool:
    """Whether a function, or a loop in it, is to be reversed with few stored states."""
    return any(name in op.attributes for op in (func, *walk(func, FOR), *walk(func, WHILE)) for name in (SLOTS, MEMORY))


def checkpoint_loops(module: Any, func: Any, wrt: Sequence[int], name: str) -> list[str]:
    """Outline the loops of `func` that would tape, with rules; the names of the functions that use declared ones.

    Raises:
        DifferentiationError: the function has no derivative.
    """
    written: list[str] = []
    for number in _taping(module, func, wrt):
        tree = read_function(func)
        node = next(n for n in tree.body.walk() if _number(n.op) == number)
        del node.op.attributes[CANDIDATE]
        asked, free = _asked(node.op) or _asked(func), _unused(module, f"{name}.loop{number}")
        for op in walk(node.op):
            _settle(module, op)
        loop = outline(module, tree, node, wrt, free)
        written += write_rules(module, loop, _rows(asked.get(SLOTS), free))
    for op in (func, *walk(func, FOR), *walk(func, WHILE)):
        _settle(module, op)
    return written


def _settle(module: Any, op: Any) -> None:
    """Remove what the options say here: it is done, and a loop inside of a step is part of the step."""
    asked = _asked(op)
    if MEMORY in asked:
        limit_memory(module, asked[MEMORY])
    for attribute in asked:
        del op.attributes[attribute]


def _asked(op: Any) -> dict[str, int]:
    """What the options say of a loop, or of the loops of a function."""
    return {name: int(ir.IntegerAttr(op.attributes[name]).value) for name in (SLOTS, MEMORY) if name in op.attributes}


def _rows(slots: int | None, loop: str) -> Rows:
    """How many states of a loop are stored: no more than it has steps."""

    def rows(trips: Value) -> Value:
        if slots is not None:
            most = index(slots)
        else:
            most = create(BUDGET, [ir.IndexType.get()], [], encode_attributes({"loop": loop})).result
        return lookup_call("arith.minsi", trips, most)

    return rows


def _number(op: Any) -> int | None:
    return int(ir.IntegerAttr(op.attributes[CANDIDATE]).value) if CANDIDATE in op.attributes else None


def _unused(module: Any, name: str) -> str:
    taken, free, k = {symbol(func) for func in functions(module)}, name, 1
    while free in taken:
        free, k = f"{name}_{k}", k + 1
    return free


def _taping(module: Any, func: Any, wrt: Sequence[int]) -> list[int]:
    """Number the outermost loops; those whose iterations save something that the reverse function asks for.

    This is found by differentiating the function as it is.
    """
    tree = read_function(func)
    outermost = [node for node in tree.body.walk() if node.is_loop and node.iterated.loop_depth == 1]
    loops = [node for node in outermost if (_asked(node.op) or _asked(func)) and SCHEDULED not in node.op.attributes
             and _keeps_shapes(tree, node)]
    for number, node in enumerate(loops):
        node.op.attributes[CANDIDATE] = encode_attributes({"n": number})["n"]
    tangents = emit_jvp(module, func, wrt, f"{symbol(func)}.trial")
    open_tangent_calls(module, tangents)
    simplify_function(tangents, Effects(module))
    forward, linear = emit_linearized(module, tangents, f"{symbol(func)}.trial.fwd", f"{symbol(func)}.trial.lin")
    reverse = emit_transposed(module, linear, f"{symbol(func)}.trial.rev")
    remove_dead_code(reverse, Effects(module))
    used = used_ids([reverse])
    found = {_number(loop) for loop in walk(forward) if _number(loop) is not None and _saves(loop, used)}
    for trial in (tangents, forward, linear, reverse):
        trial.erase()
    for number, node in enumerate(loops):
        if number not in found:
            del node.op.attributes[CANDIDATE]
    return sorted(n for n in found if n is not None)


def _saves(loop: Any, used: set[int]) -> bool:
    return any(int(ir.IntegerAttr(save.attributes["id"]).value) in used for save in walk(loop, SAVE))


def _keeps_shapes(tree: Function, node: Node) -> bool:
    """Whether the carried arrays have the same shape in all iterations, so that their states fit into one array."""
    return all(_keeps_shape(tree, carry) for carry in node.carries if is_tensor(carry.type))


def _keeps_shape(tree: Function, carry: Value) -> bool:
    dynamic = [d for d in range(carry.type.rank) if carry.type.is_dynamic_dim(d)]
    return all(origin(tree, carry, d) != (carry, d) for d in dynamic)
