"""The diff dialect: differentiation in the IR, before a pass resolves it.

A derivative is asked for by a declared function that carries attributes and has no body yet::

    func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
    func.func private @f.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
    func.func private @f.lin(!diff.residuals, f64) -> f64 attributes {diff.lin = @f.fwd}
    func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}

    func.func private @f.dep(f64, i64) -> i64 attributes {diff.dependencies = @f, diff.wrt = array<i64: 0>}
    func.func private @f.all(tensor<8xf64>) -> tensor<8xf64> attributes {diff.batched = @f, diff.wrt = array<i64: 0>}

and used by ordinary ``func.call``.  Arguments: ``jvp(x.., dx_wrt..) -> (y.., dy_float..)``, ``fwd(x..) -> (y..,
residuals)``, ``lin(residuals, dx_wrt..) -> dy_float..`` (the pushforward), ``rev(residuals, ct_yfloat..) ->
ct_wrt..`` (the pullback), ``dep(x.., masks_wrt..) -> masks_float..`` (what depends on what), ``all(x..) -> (y..)``
with many examples along axis 0 of the arguments in ``wrt``.  passes/expand.py writes the bodies, innermost first, and
replaces `!diff.residuals` by the values it stands for.

A function with a body can bring its own derivative, as attributes that name other functions::

    func.func private @f(%x: f64) -> f64 attributes {diff.custom_jvp = @f_jvp, diff.custom_fwd = @f_fwd,
                                                     diff.custom_rev = @f_rev} { ... }

    @f_jvp(x.., dx_float..) -> (y.., dy_float..)      linear in dx; gives the results too
    @f_fwd(x..) -> (y.., res..)                       any number of residuals, of any types
    @f_rev(res.., ct_yfloat..) -> ct_xfloat..         linear in ct, where it is transposed

with one dx (ct) for every float argument and one dy (ct) for every float result.  Where a caller of @f is
differentiated, the call is not inlined: forward mode (``diff.jvp``, and ``diff.fwd`` with a pushforward only) takes the
jvp rule, reverse mode takes fwd and rev, and either takes the other where it has no choice: a jvp rule is linearized
and transposed like any program, the pushforward of a rev is its transpose.  Arguments that are not active get a zero
tangent, and their cotangents are dropped.  ``diff.undifferentiated = array<i64: ..>`` lists float arguments for which
the rules give nothing (no dx, no ct): a derivative that would need it is refused.  Everywhere else a call of @f is a
call like any other: in the end it is inlined.  The rules are ordinary functions; a second derivative differentiates
them.

A linear function stands in the linear part of a program, between its jvp and its transpose, as a call::

    func.func private @l(%known.., %dx..) -> (%dy..) attributes {diff.known = 1 : i64, diff.transposed = @lt}

is linear in its arguments after the first ``diff.known``, jointly; its transpose is a call of ``@lt(known.., ct..)``.
Without a body it is a declaration: @l is the transpose of @lt, and is written when somebody has to evaluate it.
A linear function may have a rule too, which says how it depends on its known arguments: a call is differentiated by the
rule, and split and transposed as a linear one (a solve without a matrix is such a function).

``diff.save`` and ``diff.saved`` stand for a residual whose storage is not decided yet: both name the iteration of each
enclosing loop, so that reversing a loop needs no second rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.bindings import ir
from wengert.dialects.lowerings import lower_identity
from wengert.dialects.op import Absent, Op, discrete, register, same_type, zero_tangent

RESIDUALS = "!diff.residuals"
#: Marks a function of which a reverse sweep keeps the arguments, and evaluates it again (passes/recompute.py).
RECOMPUTED = "diff.recomputed"
#: Function attributes that declare a derivative.
DECLARATIONS = ("diff.jvp", "diff.fwd", "diff.lin", "diff.rev", "diff.dependencies", "diff.batched", "diff.taylor")
#: Attributes of a function that name its rules.
RULES = ("diff.custom_jvp", "diff.custom_fwd", "diff.custom_rev")
#: The float arguments its rules say nothing about.
UNDIFFERENTIATED = "diff.undifferentiated"
#: Of a linear function: the number of known arguments, and its transpose.
KNOWN, TRANSPOSED = "diff.known", "diff.transposed"
#: On a declared forward function: the function has to be linear in what it is differentiated with respect to.
LINEAR = "diff.linear"
#: On a function that diff-jvp reads: calls with rules are differentiated in reverse mode.
REVERSE = "diff.reverse"

#: The jvp of ops that have no meaning before residuals are stored.
UNRESOLVED = Absent("placeholders are given storage before differentiation goes on")


def _index(*_: Any, **__: Any) -> Any:
    return ir.IndexType.get()


def _placeholder(*_: Any, **__: Any) -> Any:
    raise TypeError("a residual placeholder has no value of its own: the storage pass resolves it")


save = register(
    Op("diff.save", ("value", "*counters"), _placeholder, _placeholder, UNRESOLVED, effect=True, family="diff")
)
saved = register(Op("diff.saved", ("*counters",), _placeholder, _placeholder, UNRESOLVED, family="diff"))

# Says what became of a value that a derivative uses (passes/storage_facts.py); computes nothing.
decided = register(
    Op("diff.decided", ("*extents",), lambda *_, **__: [], lambda *_, **__: [], zero_tangent, effect=True,
       family="diff")
)

# The identity with derivative zero.
stop_gradient = register(
    Op("diff.stop_gradient", ("x",), lambda x: x, same_type, zero_tangent, family="elementwise", lower=lower_identity,
       batch=batch_elementwise)
)

# The identity: what is computed from it is not merged with what is computed from x itself, and so computed again.
barrier = register(
    Op("diff.barrier", ("x",), lambda x: x, same_type, lambda primals, results, tangents, attributes: list(tangents),
       family="elementwise", batch=batch_elementwise, lower=lower_identity,
       samples=(lambda rng: (rng.uniform(-2, 2, (3, 2)),),))
)

# How many states of a loop fit into a budget of memory: known when all allocations are (passes/budgets.py).  Any
# positive number gives the same results.
budget = discrete("diff.budget", lambda loop: np.int64(8), (), _index, recompute=False)
