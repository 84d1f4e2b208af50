"""The work of a gradient: executed floating-point operations of value and gradient, at most 3 or 4 times the primal's.

Three for programs of arithmetic, four for those with transcendental functions; how operations count is said in
tests/work.py.  A product of two numbers is 1 operation in the primal; in the reverse sweep it is 2 products, and an
addition for each factor that is used elsewhere too, or read from an array: 5 in all.  A sum is 1 and 2 additions.  So
what a program needs is decided by its mix of operations: `BEYOND` lists those that need more than their bound, with
what they need and the reason.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.comparison import random_like
from tests.programs import PROGRAMS, Program
from tests.work import executed, value_and_pullback

ARITHMETIC, TRANSCENDENTAL = 3.0, 4.0

ELEMENTS = "factors are elements or parts of arrays: each product is followed by two additions into cotangents"
SHARED = "factors are used more than once: their cotangents have to be added up"
COUNTED = "a run that counts the iterations of a `while` evaluates its condition once more"
RECOMPUTED = "products that the reverse sweep computes again rather than store"
PARTIALS = "derivatives of max and abs are factors that the primal does not have"
SUMS = "the primal only adds and compares; each cotangent is added up as well"
SORTED = "sorting is no arithmetic, and each sorted element has a cotangent that is added up"

#: name -> (bound, reason).
BEYOND: dict[str, tuple[float, str]] = {
    "lu": (3.9, ELEMENTS),
    "solve_with_pivoting": (3.5, ELEMENTS),
    "triangular_solve": (3.2, ELEMENTS),
    "durbin": (3.2, ELEMENTS),
    "gram_schmidt": (3.7, ELEMENTS),
    "products": (3.1, SHARED),
    "sums_of_products": (3.1, SHARED),
    "power_iteration": (3.5, SHARED),
    "conjugate_gradients": (3.3, SHARED),
    "exponential_series": (3.2, COUNTED),
    "lotka_volterra": (3.3, RECOMPUTED),
    "advection_backwards": (3.5, ELEMENTS),
    "p": (4.0, SHARED),
    "first_above": (4.0, ELEMENTS),
    "jumps": (3.3, ELEMENTS),
    "one_of_two_arrays": (4.2, ELEMENTS),
    "methods": (3.3, SHARED),
    "while_true": (4.0, COUNTED),
    "shapes": (3.1, SHARED),
    "pieces": (3.2, PARTIALS),
    "american_put_binomial": (4.4, PARTIALS),
    "efficient_portfolio": (3.1, ELEMENTS),
    "dijkstra": (4.2, SUMS),
    "pagerank": (4.1, ELEMENTS),
    "knapsack": (4.1, SUMS),
    "median_filter": (13.2, SORTED),
    "horn_schunck": (3.4, SHARED),
    "gemver": (3.3, SHARED),
    "atax": (3.3, SHARED),
    "correlation": (3.3, SHARED),
    "ludcmp": (3.1, ELEMENTS),
    "zipped": (3.1, ELEMENTS),
    "cubic_spline": (3.4, ELEMENTS),
    "neville": (3.3, ELEMENTS),
    "jacobi_eigenvalues": (4.5, ELEMENTS),
    "householder_least_squares": (3.3, SHARED),
    "levenberg_marquardt": (4.5, SHARED),
    "thomas": (4.3, ELEMENTS),
    "biquad_cascade": (3.5, SHARED),
    "lms_filter": (3.4, ELEMENTS),
    "vertical_advection": (3.3, SHARED),
}

DIFFERENTIABLE = {program.name: program for program in PROGRAMS if program.wrt and program.interpreted}


def counted(program: Program) -> tuple[float, float, bool]:
    """Operations of primal, and of value and gradient, for the case that does most; whether any is transcendental."""
    primal = {case: executed(program.function, program.arguments(case)) for case in program.interpreted}
    case = max(primal, key=lambda c: primal[c].total())
    result = program.function(*program.arguments(case))
    cotangent = random_like(result, np.random.default_rng(0))
    both = executed(value_and_pullback(program), (program.arguments(case), cotangent))
    transcendental = any(name.startswith("math.") and name not in ("math.absf", "math.sqrt") for name in primal[case])
    return primal[case].total(), both.total(), transcendental


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_gradient_costs_a_small_multiple_of_its_primal(name: str) -> None:
    primal, both, transcendental = counted(DIFFERENTIABLE[name])
    bound = BEYOND[name][0] if name in BEYOND else TRANSCENDENTAL if transcendental else ARITHMETIC
    assert both <= bound * primal, f"{both} operations, {both / max(primal, 1):.2f} times the primal's {primal}"


def test_the_exceptions_need_what_they_are_given() -> None:
    """No bound is larger than it has to be: to a tenth, and beyond the general one."""
    for name, (bound, _) in BEYOND.items():
        primal, both, transcendental = counted(DIFFERENTIABLE[name])
        general = TRANSCENDENTAL if transcendental else ARITHMETIC
        assert both > max(general, bound - 0.11) * primal, f"{name} needs {both / primal:.2f}"
