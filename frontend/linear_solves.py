"""Linear systems whose matrix is a function: solved by Krylov methods, differentiated and transposed as what they are.

    x = A(p)^-1 b        dx = A^-1 (db - dA x)        ct_b = A^-T ct

A solve is a function with a rule that is linear in its last argument (rule_traces.py), and its transpose is the solve
with the transposed map; so no iteration is differentiated, and reverse mode solves the transposed system to the same
tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.frontend import solvers
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.arithmetic import binary, compare
from wengert.frontend.calls import call
from wengert.frontend.custom_rules import CustomRules
from wengert.frontend.forms import FLOATS
from wengert.frontend.function import Function, in_trace
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.options import CompileOptions
from wengert.frontend.rule_forms import Rules
from wengert.frontend.states import Layout
from wengert.frontend.trace import current
from wengert.frontend.transforms import _once, jvp, linear_transpose
from wengert.frontend.values import Array, Scalar

Map = Callable[[Any], Any]
#: The most vectors GMRES keeps before it starts again.
RESTART = 50
#: How far from symmetric a matrix may be that is said to be, in a product with two vectors of length 1.
SYMMETRY = 1e-5


@dataclass(frozen=True)
class Operator:
    """A linear map of vectors that depends on known values.

    apply: ``apply(known, v)``.
    forward, backward: from the known values the map and its transpose, each to be applied many times.
    """

    apply: Callable[[Any, Any], Any]
    forward: Callable[[Any], Map]
    backward: Callable[[Any], Map]
    symmetric: bool = False

    def transpose(self) -> Operator:
        return self if self.symmetric else Operator(
            lambda known, v: self.backward(known)(v), self.backward, self.forward)


class LinearSolve(CustomRules):
    """``solve(known, b)`` by iteration, to a relative residual of `tol`; `most` matrix products at most."""

    def __init__(self, operator: Operator, tol: float, most: int | None, transpose: LinearSolve | None = None) -> None:
        def linear_solve(known: Any, b: Any) -> Any:
            return _solved(operator, known, b, tol, most)

        super().__init__(linear_solve, "linear_solve", False)
        self.defjvp(self._rule)
        self._operator = operator
        if operator.symmetric:
            self._transpose = self
        else:
            self._transpose = transpose or LinearSolve(operator.transpose(), tol, most, self)

    def _rules(self, check: bool) -> Rules:
        def linear_solve_transposed(known: Any, ct: Any) -> Any:
            return self._transpose(known, ct)

        return Rules(self.py_func, self._jvp, None, False, linear_solve_transposed)

    def _rule(self, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        (known, b), (dknown, db) = primals, tangents
        x = self(known, b)
        if self._operator.symmetric:
            _require_symmetric(self._operator, known, x)
        change = derivative_along(lambda p: self._operator.apply(p, x), known, dknown)
        return x, self(known, db if change is None else binary("Sub", db, change))


def _solved(operator: Operator, known: Any, b: Any, tol: float, most: int | None) -> Any:
    n = b.shape[0]
    most = 10 * n + 100 if most is None else most
    push = operator.forward(known)
    if operator.symmetric:
        x, residual, norm, count = call(solvers.conjugate_gradients, push, b, tol, most)
    else:
        x, residual, norm, count = call(solvers.gmres, push, b, tol, most, min(n, RESTART))
    require(compare("LtE", residual, binary("Mult", tol, norm)),
            "the linear system is not solved: after {0} products with its matrix the residual has the norm {1:f64}\n"
            f"the iteration goes on to {tol} of the right-hand side\n"
            "the matrix may be singular; otherwise allow more iterations, a larger tol, or scale the equations",
            count, residual)
    return x


def _require_symmetric(operator: Operator, known: Any, x: Any) -> None:
    """<v, A x> = <A v, x> for a vector v that has nothing to do with the problem."""
    v = converted(call(np.cos, call(np.arange, x.shape[0])), x.element)
    images = operator.apply(known, x), operator.apply(known, v)
    one, other = call(np.dot, v, images[0]), call(np.dot, images[1], x)
    lengths = [call(np.linalg.norm, u) for u in (v, images[0], images[1], x)]
    allowed = binary("Mult", SYMMETRY, binary("Add", binary("Mult", *lengths[:2]), binary("Mult", *lengths[2:])))
    require(compare("LtE", call(abs, binary("Sub", one, other)), allowed),
            "the matrix of a linear system is not symmetric: <v, A x> is {0:f64} and <A v, x> is {1:f64}\n"
            "a symmetric system is its own transpose, which the derivative uses\n"
            "leave out symmetric=True or linear='cg'", one, other)


def derivative_along(f: Callable[[Any], Any], tree: Any, tangent: Any) -> Any:
    """The tangent of f along the direction `tangent`, which has None where nothing moves; None if nothing does."""
    leaves, structure = flatten(tree)
    directions = structure.flatten_up_to(tangent)
    moving = [k for k, (leaf, d) in enumerate(zip(leaves, directions)) if d is not None and _moves(leaf)]
    if not moving:
        return None

    def of_moving(values: Sequence[Any]) -> Any:
        given = dict(zip(moving, values))
        return f(unflatten(structure, [given.get(k, leaf) for k, leaf in enumerate(leaves)]))

    return jvp(of_moving, ([leaves[k] for k in moving],), ([directions[k] for k in moving],))[1]


def _moves(leaf: Any) -> bool:
    return isinstance(leaf, (Array, Scalar)) and leaf.element in FLOATS


def require(ok: Any, message: str, *values: Any) -> None:
    """A run-time check whose message shows integers and floats ({0}, {1:f64})."""
    trace = current()
    shown = []
    for value in values:
        if isinstance(value, float) or getattr(value, "element", "i64") in FLOATS:
            shown.append(trace.emit("arith.bitcast", [trace.types["i64"]], [trace.cast(value, "f64")]).result)
        else:
            shown.append(trace.cast(value, "i64"))
    trace.emit("nd.check", [], [trace.cast(ok, "i1"), *shown], {"kind": "RuntimeError", "message": message})


def zeros(n: int, element: str) -> Any:
    return filled((n,), 0.0, element)


def linear_tolerance(tol: float | None, element: str) -> float:
    return tol if tol is not None else 1e-12 if element == "f64" else 1e-5


def linear_solve(matvec: Callable[..., Any], b: Any, *args: Any, symmetric: bool = False, tol: float | None = None,
                 max_iterations: int | None = None) -> Any:
    """x with ``matvec(x, *args) = b``, for a linear function that is no matrix: no matrix is ever formed.

    The derivative is that of the solution, in b and in `args`: one more solve, with the transposed function in reverse
    mode (which wengert makes).

    Args:
        matvec: linear in its first argument.
        b: a number, an array, or any structure of them; the solution has the same structure.
        args: what else matvec depends on; what it takes from outside is constant.
        symmetric: `matvec` is symmetric and positive definite: conjugate gradients instead of GMRES.
        tol: the norm of the residual, relative to that of b; by default 1e-12 (1e-5 for float32).
        max_iterations: the most products with the matrix; by default 10 n + 100.

    Raises:
        DifferentiationError: `matvec` is not linear in its first argument; it names the line.
        WengertRuntimeError: at run time, when the tolerance is not reached (it has the residual), and where a
            derivative is taken of a system that is not as `symmetric` as it is said to be.

    >>> import numpy as np, wengert
    >>> def second_difference(u, c):
    ...     out = (2 + c) * u
    ...     out[1:] -= u[:-1]
    ...     out[:-1] -= u[1:]
    ...     return out
    >>> u = wengert.linear_solve(second_difference, np.ones(3), 0.0, symmetric=True)
    >>> np.round(u, 9)
    array([1.5, 2. , 1.5])
    """
    def make() -> Function:
        def run(b: Any, *args: Any) -> Any:
            layout = Layout.of(b, "the right-hand side")

            def apply(known: Any, v: Any) -> Any:
                return layout.vector(call(matvec, layout.tree(v), *known), matvec)

            def backward(known: Any) -> Map:
                transpose = linear_transpose(lambda v: apply(known, v), zeros(layout.size, layout.element))
                return lambda ct: transpose(ct)[0]

            backward(args)  # refuses what is not linear, whether its transpose is needed or not
            operator = Operator(apply, lambda known: lambda v: apply(known, v), backward, symmetric)
            solve = LinearSolve(operator, linear_tolerance(tol, layout.element), max_iterations)
            return layout.tree(solve(args, layout.vector(b)))

        return Function(in_trace(run), CompileOptions(), look=matvec)

    return _once(matvec, ("linear_solve", symmetric, tol, max_iterations), make)(b, *args)
