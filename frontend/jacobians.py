"""Matrices of derivatives: jacrev, jacfwd, jacobian, hessian; and hvp, which never makes one.

The loop over the basis vectors is in library.py, in the Python that wengert compiles: one evaluation of the function,
its residuals kept, and one sweep a row or column in a loop of the IR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.frontend.argnums import Argnums, as_key
from wengert.frontend.function import Function
from wengert.frontend.transforms import _once, _wrapped, grad, jvp


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
    return _jacobian(f, argnums, has_aux, "jacrev", "rows", holomorphic)


def jacfwd(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The Jacobian by forward mode, a column at a time: cheap when the argument is small.  As `jacrev` otherwise.

    >>> import numpy as np, wengert
    >>> wengert.jacfwd(lambda t: np.array([1.0, 2.0]) * t)(0.5)
    array([1., 2.])
    """
    return _jacobian(f, argnums, has_aux, "jacfwd", "columns", holomorphic)


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The Jacobian by the cheaper mode: `jacfwd` where the argument has at most as many elements as the result.

    >>> import numpy as np, wengert
    >>> wengert.jacobian(lambda x: x[:1] * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [2., 1.]])
    """

    return _jacobian(f, argnums, has_aux, "jacobian", "cheaper", holomorphic)


def _jacobian(
    f: Callable[..., Any],
    argnums: Argnums,
    has_aux: bool,
    what: str,
    sweeps: str,
    holomorphic: bool,
) -> Function:
    def make() -> Function:
        def matrix(*args: Any, **kwargs: Any) -> Any:
            from wengert.frontend.sweeps import matrix_of_derivatives

            return matrix_of_derivatives(f, args, kwargs, argnums, has_aux, what, sweeps, holomorphic)

        return _wrapped(f, matrix)

    return _once(f, (what, as_key(argnums), has_aux, holomorphic), make)


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
