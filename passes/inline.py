"""`inline-calls`: the bodies of functions in place of their calls, for functions with ops of any dialect.

Upstream's inliner refuses a callee with nd or diff operations.  Functions have one block, so inlining is a clone with
the arguments mapped to the operands.  Functions without a body stay calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, position_of, walk
from wengert.dialects.build import clone
from wengert.dialects.control import body_operations, entry, functions, symbol, yielded
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.texts import OUTPUT
from wengert.passes.base import Pass, register_pass
from wengert.passes.purity import CALL, callee
from wengert.passes.simplify import chosen_functions

#: Marks calls, and declared derivatives, that evaluate for a second time: what the program writes is left out.
SILENT = "nd.silent"


@register_pass("inline-calls")
@dataclass(frozen=True)
class Inline(Pass):
    """Replace calls by the bodies of the functions they call, until no call of a function with a body is left.

    Args:
        function: the function whose calls are inlined; all functions by default.
    """

    function: str = ""

    def run(self, module: ir.Module) -> None:
        inliner = Inliner(module)
        for func in chosen_functions(module, self.function):
            inliner.inline(func)


class Inliner:
    """Inlines callees into callers, callees first, so that each body is completed once.

    Args:
        keep: says of a function whether its calls stay.
    """

    def __init__(self, module: Any, keep: Callable[[Any], bool] = lambda func: False) -> None:
        self._bodies = {symbol(f): f for f in functions(module) if len(f.regions[0].blocks) and not keep(f)}
        self._done: set[str] = set()
        self._stack: list[str] = []

    def inline(self, func: Any) -> None:
        """Inline all calls in `func`, and before that those in what it calls.

        Raises:
            UnsupportedError: a function calls itself, directly or through others.
        """
        name = symbol(func)
        if name in self._done:
            return
        self._stack.append(name)
        for call in walk(func, CALL):
            target = callee(call)
            if target in self._stack:
                raise recursion_error([*self._stack[self._stack.index(target):], target], call)
            if target in self._bodies:
                self.inline(self._bodies[target])
                inline_call(call, self._bodies[target])
        self._stack.pop()
        self._done.add(name)


def recursion_error(cycle: list[str], call: Any) -> UnsupportedError:
    """The refusal of a cycle of calls, which `call` closes."""
    chain = " -> ".join("@" + name for name in cycle)
    return UnsupportedError(f"@{cycle[-1]} calls itself", position_of(call.location),
                            why=f"the calls {chain} never end when they are inlined",
                            help="write the recursion as a loop")


def silence(operations: Iterable[Any]) -> None:
    """Leaves out what operations, and those nested in them, write; the calls among them become silent ones."""
    for op in [inner for outer in operations for inner in walk(outer)]:
        if OUTPUT in op.attributes:
            op.erase()
        elif op.name == CALL:
            op.attributes[SILENT] = ir.UnitAttr.get()


def inline_call(call: Any, func: Any) -> None:
    """Replace one call by the body of the function."""
    block = entry(func)
    mapping = dict(zip(block.arguments, call.operands, strict=True))
    ip = ir.InsertionPoint(call)
    made = [clone(op, mapping, ip) for op in body_operations(block)]
    if SILENT in call.attributes:
        silence(made)
    for result, value in zip(call.results, yielded(block), strict=True):
        result.replace_all_uses_with(mapping.get(value, value))
    call.erase()
