"""Schedules of checkpoints: where the states of a loop are stored so that reversing it recomputes the fewest steps.

Reversing l steps with s stored states (the one at the start of the section is among them) takes

    t(l, s) = r*l - beta(s + 1, r - 1)      where beta(s, r - 1) < l <= beta(s, r) = binomial(s + r, s)

plain steps at least, beside the l steps that are reversed (A. Griewank, A. Walther, Algorithm 799: revolve, ACM TOMS
26, 2000).  The optimum is reached when the next state is stored m steps after the first one, for any m with

    beta(s, r - 2) <= m <= beta(s, r - 1)   and   beta(s - 1, r - 1) <= l - m <= beta(s - 1, r);

`split` gives the largest such m.  It exists twice: in Python, for predictions, and as a function of the IR, so that
compiled code follows the schedule with a few integer operations a section and no table.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.control import functions, symbol

SPLIT = "diff.binomial_split"

# (l, s) -> m for l >= 2 and s >= 1.  More slots than steps change nothing; fewer keep the products in 64 bits.
_SPLIT_TEXT = f"""
func.func private @{SPLIT}(%steps: index, %given: index) -> index {{
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %slots = arith.minsi %given, %steps : index
  %r, %beta = scf.while (%r0 = %zero, %beta0 = %one) : (index, index) -> (index, index) {{
    %less = arith.cmpi slt, %beta0, %steps : index
    scf.condition(%less) %r0, %beta0 : index, index
  }} do {{
  ^bb0(%r1: index, %beta1: index):
    %r2 = arith.addi %r1, %one : index
    %sum = arith.addi %slots, %r2 : index
    %product = arith.muli %beta1, %sum : index
    %beta2 = arith.divui %product, %r2 : index
    scf.yield %r2, %beta2 : index, index
  }}
  %sum = arith.addi %slots, %r : index
  %beta_r = arith.muli %beta, %r : index
  %fewer_repeats = arith.divui %beta_r, %sum : index
  %sum_less = arith.subi %sum, %one : index
  %scaled = arith.muli %fewer_repeats, %slots : index
  %fewer_both = arith.divui %scaled, %sum_less : index
  %left = arith.subi %steps, %fewer_both : index
  %m = arith.minsi %fewer_repeats, %left : index
  return %m : index
}}
"""


def beta(slots: int, repeats: int) -> int:
    """binomial(slots + repeats, slots): the most steps reversed with so many slots, none repeated more often."""
    value = 1
    for k in range(1, repeats + 1):
        value = value * (slots + k) // k
    return value if repeats >= 0 else 0


def repeats_of(steps: int, slots: int) -> int:
    """The smallest r with steps <= beta(slots, r): how often a step is repeated at most."""
    r, reached = 0, 1
    while reached < steps:
        r += 1
        reached = reached * (slots + r) // r
    return r


def optimal_steps(steps: int, slots: int) -> int:
    """t(l, s): the fewest plain steps that reversing l steps with s slots takes.

    >>> optimal_steps(10, 3)
    15
    """
    r = repeats_of(steps, slots)
    return r * steps - beta(slots + 1, r - 1) if steps > 1 else 0


def split(steps: int, slots: int) -> int:
    """How many of `steps` >= 2 steps to go before the next state is stored, with `slots` >= 1 of which one is taken."""
    r = repeats_of(steps, slots)
    return min(beta(slots, r - 1), steps - beta(slots - 1, r - 1))


def split_function(module: Any) -> str:
    """The name of `split` in a module, where it is defined if it is not yet."""
    if all(symbol(func) != SPLIT for func in functions(module)):
        source = ir.Module.parse(_SPLIT_TEXT)
        for view in list(source.body.operations):
            op = view.operation
            op.detach_from_parent()
            module.body.append(op)
    return SPLIT
