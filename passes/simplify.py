"""`simplify`: dead code, common subexpressions, loop-invariant code and trivial folds, for ops of all dialects.

Upstream's canonicalize and cse never touch the operations of nd and diff, which have no traits it could read; this pass
reads the op records instead.  An op without a record keeps its place unless its dialect is pure.  Loops are not
unrolled and nothing is reassociated: results are the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import wengert.passes.fold_windows  # noqa: F401  (enters its folds)
from wengert.dialects.bindings import ir
from wengert.dialects.control import find_function, functions
from wengert.dialects.errors import WengertValueError
from wengert.passes.base import Pass, near_matches, register_pass
from wengert.passes.dead_code import forward_invariants, remove_dead_code
from wengert.passes.fold import fold
from wengert.passes.purity import Effects
from wengert.passes.value_numbering import hoist_invariants, merge_constants, merge_equal

#: Each round is linear; the second or third changes nothing for almost all programs.
MAX_ROUNDS = 8


@register_pass("simplify")
@dataclass(frozen=True)
class Simplify(Pass):
    """Remove dead code, merge equal operations, hoist invariant ones and fold trivial ones, in all dialects.

    Args:
        function: the function to simplify; all of them by default.
    """

    function: str = ""

    def run(self, module: ir.Module) -> None:
        effects = Effects(module)
        for func in chosen_functions(module, self.function):
            simplify_function(func, effects)


def simplify_function(func: Any, effects: Effects) -> None:
    """Simplify one function until nothing changes."""
    remove_dead_code(func, effects)  # no work on what goes anyway
    for _ in range(MAX_ROUNDS):
        changed = fold(func)
        merge_constants(func)
        hoist_invariants(func)
        changed |= merge_equal(func, effects)
        changed |= forward_invariants(func)
        if not changed:
            return
        remove_dead_code(func, effects)


def chosen_functions(module: Any, name: str) -> list[Any]:
    """The function called `name`, or all functions when the name is empty; those without a body are left out.

    Raises:
        WengertValueError: there is no such function.
    """
    if not name:
        return [f for f in functions(module) if len(f.regions[0].blocks)]
    try:
        func = find_function(module, name)
    except KeyError as error:
        known = [str(ir.StringAttr(f.attributes["sym_name"]).value) for f in functions(module)]
        raise WengertValueError(str(error.args[0]), help=near_matches(name, known)) from None
    return [func] if len(func.regions[0].blocks) else []
