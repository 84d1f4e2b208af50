"""Matrices of derivatives: jacrev, jacfwd, jacobian, hessian; and hvp, which never makes one.

The loop over the basis vectors is in library.py, in the Python that wengert compiles: one evaluation of the function,
its residuals kept, and one sweep a row or column in a loop of the IR.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.errors import DifferentiationError, WengertTypeError
from wengert.frontend import library
from wengert.frontend.arguments import flatten
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.trees import joined, with_wholes
from wengert.frontend.derivatives import Inner, Linearized, trace_inner
from wengert.frontend.forms import Form
from wengert.frontend.function import Function
from wengert.frontend.positions import definition_of
from wengert.frontend.selection import Argnums, as_key, listed
from wengert.frontend.single_results import complex_output
from wengert.frontend.transforms import _once, _wrapped, grad, jvp, one_or_all

Sweeps = Callable[[Inner, Linearized], list[list[Any]]]


def jacrev(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The Jacobian by reverse mode, a row at a time: cheap when the result is small.

    Args:
        argnums, has_aux: as in `grad`.
        holomorphic: of complex arguments, whose complex derivatives are wanted.  A complex result of real arguments
            needs no option.

    Returns:
        A function whose result is a tree like the result of `f`, of trees like the argument (of tuples of them for
        several `argnums`), of arrays of shape ``out.shape + in.shape``; with `has_aux` (Jacobian, aux).

    >>> import numpy as np, wengert
    >>> wengert.jacrev(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian(f, argnums, has_aux, "jacrev", lambda inner: _rows, holomorphic)


def jacfwd(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The Jacobian by forward mode, a column at a time: cheap when the argument is small.  As `jacrev` otherwise.

    >>> import numpy as np, wengert
    >>> wengert.jacfwd(lambda t: np.array([1.0, 2.0]) * t)(0.5)
    array([1., 2.])
    """
    return _jacobian(f, argnums, has_aux, "jacfwd", lambda inner: _columns, holomorphic)


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The Jacobian by the cheaper mode: `jacfwd` where the argument has at most as many elements as the result.

    >>> import numpy as np, wengert
    >>> wengert.jacobian(lambda x: x[:1] * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [2., 1.]])
    """

    def cheaper(inner: Inner) -> Sweeps:
        return _columns if _elements(inner.moving) <= _elements(inner.floats) else _rows

    return _jacobian(f, argnums, has_aux, "jacobian", cheaper, holomorphic)


def _elements(forms: Sequence[Form]) -> int:
    return sum(math.prod(form.shape or ()) for form in forms)


def _jacobian(
    f: Callable[..., Any],
    argnums: Argnums,
    has_aux: bool,
    what: str,
    mode: Callable[[Inner], Sweeps],
    holomorphic: bool,
) -> Function:
    def make() -> Function:
        def matrix(*args: Any, **kwargs: Any) -> Any:
            inner = trace_inner(f, args, kwargs, listed(argnums), what, has_aux)
            if not all(isinstance(o, Form) and o.floats for o in inner.outputs):
                raise WengertTypeError(
                    f"{what} needs a function whose results are floats",
                    help="leave ints, bools and other objects out of the result, or return them beside it with "
                    "has_aux=True",
                )
            for output in inner.outputs:
                output.require_static()
            _check_complex(inner, f, what, holomorphic)
            linearized = Linearized(inner)
            rows = mode(inner)(inner, linearized)
            if holomorphic:
                blocks = [one_or_all(inner.arranged(row), argnums) for row in complex_derivatives(inner, rows)]
                result = with_wholes(inner.structure, blocks)
            else:
                result = joined(inner.structure, [one_or_all(inner.arranged(row), argnums) for row in rows])
            return (result, linearized.aux) if has_aux else result

        return _wrapped(f, matrix)

    return _once(f, (what, as_key(argnums), has_aux, holomorphic), make)


def _check_complex(inner: Inner, f: Callable[..., Any], what: str, holomorphic: bool) -> None:
    if holomorphic:
        complex_output(inner, f, what, scalar=False)
    elif inner.imaginary_moving:
        raise DifferentiationError(
            f"{what} with respect to complex numbers",
            definition_of(f),
            why="the derivative along the imaginary axis is another one than that along the real axis",
            help="holomorphic=True gives the complex derivatives of a function that has them; jvp and vjp take any "
            "function",
        )


def complex_derivatives(inner: Inner, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """For each complex output the parts of ``f' = d re/dx + i d im/dx``, in the place of the parts of each input."""
    found = []
    for re, im in zip(rows[::2], rows[1::2], strict=True):
        found.append([im[k - 1] if k in inner.imaginary_moving else re[k] for k in range(len(re))])
    return found


def _rows(inner: Inner, linearized: Linearized) -> list[list[Any]]:
    """For each output the blocks of each input, by pulling back each basis vector of the output."""
    inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]
    outputs = flatten(linearized.result)[0]

    def pull(cotangents: Sequence[Any]) -> list[Any]:
        return linearized.pull_parts([form.value(c, "a cotangent") for form, c in zip(inner.floats, cotangents)])

    return [call(library.rows, pull, outputs, k, inputs) for k in range(len(outputs))]


def _columns(inner: Inner, linearized: Linearized) -> list[list[Any]]:
    """The same by pushing forward each basis vector of each input."""
    inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]
    outputs = flatten(linearized.result)[0]

    def push(tangents: Sequence[Any]) -> list[Any]:
        return linearized.push([form.value(t, "a tangent") for form, t in zip(inner.moving, tangents)])

    columns = [call(library.columns, push, inputs, k, outputs) for k in range(len(inputs))]
    return [[column[k] for column in columns] for k in range(len(outputs))]


def hessian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The matrix of second derivatives, forward over reverse.  Shapes: those of ``jacfwd(jacrev(f))``.

    >>> import numpy as np, wengert
    >>> wengert.hessian(lambda x: x[0] * x[0] * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacfwd(jacrev(f, argnums, has_aux), argnums, has_aux)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian times a vector, forward over reverse: never an n x n array.

    Args:
        f: a function with one float as its result.
        primals, tangents: as in `jvp`.

    Returns:
        A tree like the only primal, or a tuple of them for several.

    >>> import numpy as np, wengert
    >>> wengert.hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    argnums: Argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]
