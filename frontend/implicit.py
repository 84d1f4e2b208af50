"""Implicit functions: x with F(x, args) = 0, found by any code, differentiated by the implicit function theorem.

    dx = -(dF/dx)^-1 dF/dargs dargs

The solver is a function with a rule (rule_traces.py): no iteration is ever differentiated, so a gradient costs one
linear solve whatever the number of iterations, and stores nothing of them.  The rule is differentiated like any
program, through the solution, which gives derivatives of any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.errors import WengertValueError
from wengert.frontend import solvers
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.arithmetic import binary, compare, unary
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.custom_rules import CustomRules
from wengert.frontend.linear_solves import LinearSolve, Map, Operator, derivative_along, linear_tolerance, require
from wengert.frontend.numpy_table.linear_algebra import solved
from wengert.frontend.states import Layout
from wengert.frontend.trace import current
from wengert.frontend.transforms import _once, jvp, linearize, vjp

#: Systems of at most this many unknowns are solved by their matrix, if nothing else is asked for.
DENSE = 128
METHODS = ("auto", "dense", "gmres", "cg")
SINGULAR = (
    "the equations do not determine the solution: their Jacobian is singular\n"
    "the implicit function theorem, and Newton's method, divide by it\n"
    "look for unknowns that no equation depends on, or for equations that follow from others"
)

# ---------------------------------------------------------------- the linear systems


def _equations(root: Callable[..., Any], layout: Layout, args: Sequence[Any]) -> Map:
    """The vector F(x) of the vector x, at fixed arguments."""
    return lambda v: layout.vector(call(root, layout.tree(v), *args), root)


def _solve(root: Callable[..., Any], layout: Layout, x: Any, args: Sequence[Any], b: Any, method: str) -> Any:
    """v with ``dF/dx v = b`` at the vector x; a function of x, args and b that can be differentiated again."""
    if method == "dense" or (method == "auto" and layout.size <= DENSE):
        _, push = linearize(_equations(root, layout, args), x)
        return solved(call(solvers.matrix_of, push, b), b, SINGULAR)

    def forward(known: Any) -> Map:
        return linearize(_equations(root, layout, known[1]), known[0])[1]

    def backward(known: Any) -> Map:
        _, pullback = vjp(_equations(root, layout, known[1]), known[0])
        return lambda ct: pullback(ct)[0]

    def apply(known: Any, v: Any) -> Any:
        return jvp(_equations(root, layout, known[1]), (known[0],), (v,))[1]

    operator = Operator(apply, forward, backward, symmetric=method == "cg")
    return LinearSolve(operator, linear_tolerance(None, layout.element), None)((x, tuple(args)), b)


def _checked_method(method: str) -> str:
    if method not in METHODS:
        raise WengertValueError(f"linear={method!r} is none of {', '.join(map(repr, METHODS))}",
                                help="auto: dense up to 128 unknowns, else gmres; cg is for symmetric Jacobians")
    return method


# ---------------------------------------------------------------- the rule


def with_rule(solver: Callable[..., Any], root: Callable[..., Any], first: int, method: str,
               allowed: float | None = None) -> CustomRules:
    """The solver as a function with the implicit rule.

    Args:
        first: the number of arguments that carry no derivative (the start of an iteration).
        allowed: how large an element of F may be at what the solver returns; None where the solver has seen to it.
    """
    rules = CustomRules(solver, "implicit", False)

    @rules.defjvp
    def implicit_rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        x, args = rules(*primals), primals[first:]
        with current().silence():
            return along_solution(x, args, tangents)

    def along_solution(x: Any, args: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        layout = Layout.of(x, "the solution")
        vector = layout.vector(x)
        if allowed is not None:
            limit = allowed if layout.element == "f64" else max(allowed, 1e-3)
            _require_solution(root, call(solvers.largest, _equations(root, layout, args)(vector)), limit)
        moved = derivative_along(lambda moved: layout.vector(call(root, x, *moved), root), args, tangents[first:])
        if moved is None:
            return x, None
        return x, layout.tree(_solve(root, layout, vector, args, unary("USub", moved), method))

    return rules


def _require_solution(root: Callable[..., Any], size: Any, allowed: float) -> None:
    require(compare("LtE", size, allowed),
            f"what the solver returns is no solution: the largest element of {getattr(root, '__name__', 'root')} is "
            "{0:f64} there\nthe derivative follows from root(x, *args) = 0, and would be wrong elsewhere\n"
            f"solve more accurately, or allow more with implicit(root, tol=...), which is {allowed}", size)


def _require_converged(what: str, change: Any, iterations: Any, tol: float) -> None:
    require(compare("LtE", change, tol),
            f"{what} does not converge: after {{0}} iterations the last change is {{1:f64}} of the solution, and tol "
            f"is {tol}\nwhat is no solution would have a wrong derivative\n"
            "start nearer to the solution, allow more iterations or a larger tol, or damp the step", iterations, change)


# ---------------------------------------------------------------- public


def implicit(root: Callable[..., Any], *, linear: str = "auto", tol: float = 1e-6) -> Callable[..., CustomRules]:
    """Decorator of a solver ``x = solve(*args)``: its derivatives come from the equations ``root(x, *args) = 0``.

    The solver is any code, also such that has no derivative, or a wrong one.  It is not differentiated: a gradient
    costs one linear solve, whatever the solver does, and stores nothing of it.

    Args:
        root: as many equations as there are unknowns, in the structure of x.  What it takes from outside of its
            arguments is constant; a derivative that would depend on it is refused.
        linear: how systems with the Jacobian dF/dx are solved: "dense" by its matrix and LU, "gmres" without it, "cg"
            without it where it is symmetric and definite; "auto" is dense up to 128 unknowns and gmres beyond.
        tol: where a derivative is taken, no element of ``root(x, *args)`` may be larger (1e-3 at least for float32).

    Returns:
        A decorator; what it makes is called like the solver, in compiled code and outside.

    Raises:
        WengertRuntimeError: at run time, when the solver's result is no solution.
        WengertLinAlgError: at run time, when the Jacobian is singular.

    >>> import wengert
    >>> @wengert.implicit(root=lambda x, a: x * x - a)
    ... def square_root(a):
    ...     x = a
    ...     for _ in range(20):
    ...         x = (x + a / x) / 2
    ...     return x
    >>> float(round(wengert.grad(square_root)(4.0), 12))
    0.25
    """
    _checked_method(linear)
    return lambda solver: with_rule(solver, root, 0, linear, tol)


def fixed_point(step: Callable[..., Any], x0: Any, *args: Any, linear: str = "auto", tol: float | None = None,
                max_iterations: int = 1000) -> Any:
    """x with ``x = step(x, *args)``, by iteration from x0.

    Its derivative is that of the solution, in `args`: it does not depend on the iterations, nor on x0 (the derivative
    with respect to x0 is zero), and nothing of them is stored.

    Args:
        step: a map that contracts; what it takes from outside of its arguments is constant.
        x0: a number, an array, or any structure of them; the solution has its structure, shapes and dtypes.
        linear: as in `implicit`.
        tol: iterate until no element changes by more than this, relative to 1 + the largest element; by default 1e-12
            (1e-6 for float32).
        max_iterations: after so many, not to have converged is an error.

    Raises:
        WengertRuntimeError: at run time, when the iteration does not converge; it has the last change.

    >>> import numpy as np, wengert
    >>> solution = wengert.fixed_point(lambda x, a: a * np.cos(x), 0.5, 1.0)
    >>> float(round(solution, 9))
    0.739085133
    >>> slope = wengert.grad(lambda a: wengert.fixed_point(lambda x, a: a * np.cos(x), 0.5, a))(1.0)
    >>> bool(np.isclose(slope, np.cos(solution) / (1 + np.sin(solution))))
    True
    """
    def make() -> CustomRules:
        def fixed_point(x0: Any, *args: Any) -> Any:
            layout = Layout.of(x0, "x0")
            limit = _tolerance(tol, layout.element)
            x, change, iterations = call(
                solvers.iterate, _equations(step, layout, args), layout.vector(x0), limit, max_iterations)
            _require_converged("fixed_point", change, iterations, limit)
            return layout.tree(x)

        return with_rule(fixed_point, lambda x, *args: _difference(call(step, x, *args), x), 1, linear)

    return _once(step, ("fixed_point", _checked_method(linear), tol, max_iterations), make)(x0, *args)


def _difference(a: Any, b: Any) -> Any:
    (xs, structure), (ys, _) = flatten(opened(a)), flatten(opened(b))
    return unflatten(structure, [binary("Sub", x, y) for x, y in zip(xs, ys)])


def newton(f: Callable[..., Any], x0: Any, *args: Any, linear: str = "auto", tol: float | None = None,
           max_iterations: int = 50) -> Any:
    """x with ``f(x, *args) = 0``, by Newton's method from x0.

    Its derivative is that of the solution, as in `fixed_point`; arguments are those of `fixed_point`, and f gives as
    many equations as there are unknowns, in the structure of x0.

    Raises:
        WengertRuntimeError: at run time, when the iteration does not converge; it has the last correction.
        WengertLinAlgError: at run time, when the Jacobian is singular.

    >>> import numpy as np, wengert
    >>> def kepler(e, mean):
    ...     return wengert.newton(lambda E, e, mean: E - e * np.sin(E) - mean, mean, e, mean)
    >>> anomaly = kepler(0.3, 1.0)
    >>> bool(np.isclose(wengert.grad(kepler, argnums=1)(0.3, 1.0), 1 / (1 - 0.3 * np.cos(anomaly))))
    True
    """
    def make() -> CustomRules:
        def newton(x0: Any, *args: Any) -> Any:
            layout = Layout.of(x0, "x0")
            limit = _tolerance(tol, layout.element)

            def correction(v: Any, r: Any) -> Any:
                return _solve(f, layout, v, args, r, linear)

            x, change, iterations = call(
                solvers.newton, _equations(f, layout, args), correction, layout.vector(x0), limit, max_iterations)
            _require_converged("newton", change, iterations, limit)
            return layout.tree(x)

        return with_rule(newton, f, 1, linear)

    return _once(f, ("newton", _checked_method(linear), tol, max_iterations), make)(x0, *args)


def _tolerance(tol: float | None, element: str) -> float:
    """The default is what rounding allows."""
    return tol if tol is not None else 1e-12 if element == "f64" else 1e-6
