"""The transforms users call: grad, jvp, vjp, linearize and their relatives; jacobians.py has those of whole matrices.

Each is a function that runs while tracing and asks for a derivative (derivatives.py), wrapped like a compiled
function: called with arrays it compiles, called by traced code it becomes part of that trace.  That is why they
compose in any order. Transforms evaluate on the values given and never change the caller's arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, TypeVar

from wengert.dialects.errors import WengertValueError
from wengert.frontend.active import tracing
from wengert.frontend.argnums import Argnums, as_key
from wengert.frontend.function import Function, in_trace
from wengert.frontend.options import CompileOptions

Made = TypeVar("Made", bound=Callable[..., Any])


def _once(f: Callable[..., Any], key: Any, make: Callable[[], Made]) -> Made:
    """The transform of `f`, made once: calling ``grad(f)(x)`` in a loop compiles once.

    It is kept on the function, and goes with it; a method has the attributes of its function, which all instances
    share, so what is kept there belongs to one instance (and holds it: its id is not used again).
    """
    try:
        kept: dict[Any, tuple[Any, Made]] = f.__dict__.setdefault("__wengert_transforms__", {})
    except AttributeError:  # a builtin
        return make()
    key = (key, id(f.__self__)) if isinstance(f, MethodType) else key
    if key not in kept:
        kept[key] = (f, make())
    return kept[key][1]


def _wrapped(f: Callable[..., Any], run: Callable[..., Any]) -> Function:
    """A function that traces, as the object users hold; it looks like `f`."""
    options = f.options if isinstance(f, Function) else CompileOptions()
    return Function(in_trace(run), options, look=f)


# ---------------------------------------------------------------- first derivatives


def grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The gradient of a function with one float as its result.

    Args:
        f: the function; with `has_aux` it returns (value, anything else).
        argnums: what to differentiate with respect to, one thing or a sequence: the number of a positional argument
            (negative ones from the end), the name of a parameter (also keyword-only), or the name of a variable that
            the function captures: of an enclosing function, or of its module.
        holomorphic: the function takes and gives complex numbers and has a complex derivative, which is wanted; it is
            not checked.  Without it the gradient with respect to z = x + iy is ``df/dx - i df/dy``.

    Returns:
        A function of the same arguments: a tree like the argument (a tuple of them for several `argnums`) with the
        shapes and dtypes of its leaves; with `has_aux` (gradient, aux).

    Raises:
        WengertTypeError: at the call, when the argument is not made of floats.
        WengertNameError: at the call, when there is no parameter or captured variable of a name.
        DifferentiationError: when the result is not one float, or an operation has no derivative; it names the line.

    >>> import numpy as np, wengert
    >>> wengert.grad(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> weights = {"a": np.ones(2), "b": 3.0}
    >>> wengert.grad(lambda x: np.sum(weights["a"] * x) * weights["b"], argnums="weights")(np.array([1.0, 2.0]))
    {'a': array([3., 6.]), 'b': np.float64(3.0)}
    """

    def make() -> Function:
        def gradient(*args: Any, **kwargs: Any) -> Any:
            from wengert.frontend.differentiate import value_and_gradients

            (_, aux), gradients = value_and_gradients(f, args, kwargs, argnums, has_aux, "grad", holomorphic)
            return (gradients, aux) if has_aux else gradients

        return _wrapped(f, gradient)

    return _once(f, ("grad", as_key(argnums), has_aux, holomorphic), make)


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """Like `grad`, and returns (value, gradient), or ((value, aux), gradient) with `has_aux`.

    >>> import wengert
    >>> value, slope = wengert.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    def make() -> Function:
        def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
            from wengert.frontend.differentiate import value_and_gradients

            what = "value_and_grad"
            (value, aux), gradients = value_and_gradients(f, args, kwargs, argnums, has_aux, what, holomorphic)
            return ((value, aux), gradients) if has_aux else (value, gradients)

        return _wrapped(f, value_and_gradient)

    return _once(f, ("value_and_grad", as_key(argnums), has_aux, holomorphic), make)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """The value of `f` and its derivative along a direction (forward mode).

    Args:
        primals: the positional arguments.
        tangents: the direction, a sequence of trees like `primals`; None at arguments that do not move.
        has_aux: `f` returns (result, anything else).

    Returns:
        (result, tangent), both with the structure of the result; the tangent has None where the result is not a float;
        with `has_aux` (result, tangent, aux).

    >>> import math, wengert
    >>> y, dy = wengert.jvp(math.sin, (0.0,), (1.0,))
    >>> float(dy)
    1.0
    """

    def make() -> Function:
        def pushed(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
            from wengert.frontend.differentiate import pushed_forward

            return pushed_forward(f, primals, tangents, has_aux)

        return _wrapped(f, pushed)

    if len(primals) != len(tangents):
        raise WengertValueError(
            f"jvp is given {len(primals)} primals and {len(tangents)} tangents",
            help="one tangent for each argument; None for an argument that does not move",
        )
    return _once(f, ("jvp", has_aux), make)(tuple(primals), tuple(tangents))


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `f` and its pullback (reverse mode).

    Args:
        primals: the positional arguments.
        has_aux: `f` returns (result, anything else).

    Returns:
        (result, pullback), or (result, pullback, aux): ``pullback(ct)`` takes a tree like the result (what stands at
        leaves that are not floats is ignored) and gives a tuple with one tree an argument.  Arguments without float
        leaves get None.  `f` is evaluated once; the pullback keeps the values its derivative needs, and can be called
        any number of times, in Python and in other compiled functions.

    >>> import numpy as np, wengert
    >>> y, pullback = wengert.vjp(lambda x: 2 * x, np.ones(2))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 20.]),)
    """
    return _once(f, ("vjp", has_aux), lambda: _linearization(f, "rev", "vjp", has_aux))(*primals)


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `f` and its derivative there, as a linear function of the tangents.

    Returns:
        (result, pushforward), or (result, pushforward, aux) with `has_aux`: ``pushforward(*tangents)`` takes one tree
        an argument (None where it does not move) and gives the tangent.  `f` is evaluated once, as by `vjp`.

    >>> import wengert
    >>> y, push = wengert.linearize(lambda x: x * x, 3.0)
    >>> float(push(1.0)), float(push(2.0))
    (6.0, 12.0)
    """
    return _once(f, ("linearize", has_aux), lambda: _linearization(f, "lin", "linearize", has_aux))(*primals)


def linear_transpose(f: Callable[..., Any], *primals: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The transpose of a function that is linear in its arguments (jointly).

    Args:
        primals: arguments of the shapes and dtypes `f` is transposed for; the values of floats do not matter.  Ints,
            bools and captured arrays are known values, in which `f` need not be linear.

    Returns:
        A function like the pullback of `vjp`: ``<ct, f(x)> == <transpose(ct), x>``.

    Raises:
        DifferentiationError: `f` is not linear (an affine function is not); it names the line.

    >>> import numpy as np, wengert
    >>> difference = wengert.linear_transpose(lambda x: x[1:] - x[:-1], np.zeros(3))
    >>> difference(np.array([1.0, 10.0]))
    (array([-1., -9., 10.]),)
    """
    made = _once(f, "linear_transpose", lambda: _linearization(f, "rev", "linear_transpose", linear=True))
    return made(*primals)[1]


def _linearization(
    f: Callable[..., Any], kind: str, what: str, has_aux: bool = False, linear: bool = False
) -> Function:
    """The function that evaluates `f` and returns its derivative there: (result, map) or (result, map, aux)."""

    def linearization(*primals: Any) -> tuple[Any, ...]:
        from wengert.frontend.differentiate import linearized_at

        return linearized_at(f, primals, kind, what, has_aux, linear)

    return _wrapped(f, linearization)


def stop_gradient(x: Any) -> Any:
    """The same values with derivative zero; for any tree.

    >>> import wengert
    >>> float(wengert.grad(lambda x: x * wengert.stop_gradient(x))(3.0))
    3.0
    """
    if not tracing():
        return x
    from wengert.frontend.differentiate import without_derivative

    return without_derivative(x)
