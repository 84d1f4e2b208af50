"""`taylor`: power series of functions along a line, by a declared function that passes/taylor.py defines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arguments import flatten
from wengert.frontend.derivatives import Inner, power_series, trace_inner
from wengert.frontend.positions import user_position
from wengert.frontend.trace import current
from wengert.frontend.transforms import _once, _wrapped
from wengert.frontend.values import Scalar


def taylor(f: Callable[..., Any], x: Any, v: Any, order: int) -> list[Any]:
    """The first coefficients of the power series of ``f(x + t*v)`` in t.

    Args:
        f: a function of one argument.
        x: a tree of floats.
        v: the direction, a tree like x.
        order: of the last coefficient; an int that is known while compiling (compiled code makes it so).

    Returns:
        ``[y_0, y_1, .., y_order]`` with ``f(x + t*v) = y_0 + y_1*t + y_2*t**2 + ..``, each a tree like the result of
        `f`.  These are coefficients, not derivatives: y_k is the k-th derivative divided by k!.  Where the result is
        not a float y_1 and later have None.  The cost grows with the square of the order, for powers with its cube.

    For a curve other than a line, let the function begin with it: ``taylor(lambda t: f(curve(t)), 0.0, 1.0, order)``.

    >>> import numpy as np, wengert
    >>> [float(c) for c in wengert.taylor(lambda x: 1 / x, 2.0, 1.0, 3)]
    [0.5, -0.25, 0.125, -0.0625]
    """
    if isinstance(order, Scalar):
        current().need_static(order, "it is the order of a power series")
    if isinstance(order, bool) or not isinstance(order, int):
        raise WengertTypeError(f"taylor is asked for order {order!r}", user_position(),
                               why="the number of coefficients is part of the compiled code",
                               help="pass a Python int that is known while compiling")
    if order < 0:
        raise WengertValueError(f"taylor is asked for order {order}", user_position(),
                                why="there are the coefficients 0, 1, 2, ..")

    def expanded(x: Any, v: Any) -> list[Any]:
        inner = trace_inner(f, (x,), {}, (0,), "taylor")
        return power_series(inner, _direction(inner, v), order)

    return _once(f, ("taylor", order), lambda: _wrapped(f, expanded))(x, v)


def _direction(inner: Inner, v: Any) -> list[Any]:
    leaves = flatten(v)[0]
    if len(leaves) != len(inner.moving):
        raise WengertValueError(f"the direction has {len(leaves)} leaves, the argument {len(inner.moving)}",
                                user_position(), help="v is a tree like x")
    return [form.value(leaf, "the direction") for form, leaf in zip(inner.moving, leaves)]
