"""The diff dialect: differentiation in the IR, before a pass resolves it.

A derivative is asked for by a declared function that carries attributes and has no body yet::

    func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
    func.func private @f.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
    func.func private @f.lin(!diff.residuals, f64) -> f64 attributes {diff.lin = @f.fwd}
    func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}

and used by ordinary ``func.call``.  Arguments: ``jvp(x.., dx_wrt..) -> (y.., dy_float..)``, ``fwd(x..) -> (y..,
residuals)``, ``lin(residuals, dx_wrt..) -> dy_float..`` (the pushforward), ``rev(residuals, ct_yfloat..) ->
ct_wrt..`` (the pullback).  passes/expand.py writes the bodies, innermost first, and replaces `!diff.residuals` by the
values it stands for.

``diff.save`` and ``diff.saved`` stand for a residual whose storage is not decided yet: both name the iteration of each
enclosing loop, so that reversing a loop needs no second rule.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.lowerings import lower_identity
from wengert.dialects.op import Absent, Op, register, same_type, zero_tangent

RESIDUALS = "!diff.residuals"
#: Function attributes that declare a derivative.
DECLARATIONS = ("diff.jvp", "diff.fwd", "diff.lin", "diff.rev")

#: The jvp of ops that have no meaning before residuals are stored.
UNRESOLVED = Absent("placeholders are given storage before differentiation goes on")


def _placeholder(*_: Any, **__: Any) -> Any:
    raise TypeError("a residual placeholder has no value of its own: the storage pass resolves it")


save = register(
    Op("diff.save", ("value", "*counters"), _placeholder, _placeholder, UNRESOLVED, effect=True, family="diff")
)
saved = register(Op("diff.saved", ("*counters",), _placeholder, _placeholder, UNRESOLVED, family="diff"))

# The identity with derivative zero.
stop_gradient = register(
    Op("diff.stop_gradient", ("x",), lambda x: x, same_type, zero_tangent, family="elementwise", lower=lower_identity)
)
