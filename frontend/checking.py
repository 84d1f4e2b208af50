"""check_grads: derivatives against differences and against each other, with the numbers when they disagree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import GradientError as GradientError
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.calls import call
from wengert.frontend.capture import made_new
from wengert.frontend.continued import own_state
from wengert.frontend.trace import tracing

EPSILON = {np.dtype(np.float64): 1e-5, np.dtype(np.float32): 3e-3}
TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 2e-2}


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    *,
    eps: float | None = None,
    rtol: float | None = None,
    seed: int = 0,
) -> None:
    """Check the derivatives of `f` at `args` up to `order`.

    Forward mode is compared with a central difference along a random direction, ``(f(x + eps v) - f(x - eps v)) / (2
    eps)``; reverse mode with forward mode through ``<ct, J v> == <J^T ct, v>``, where <ct, v> is the real part of the
    sum of products.  Higher orders do the same to the derivative.

    Args:
        f: a function of arrays, numbers and structures of them; integer arguments are held fixed.
        args: the point, a sequence of positional arguments.
        order: 1, 2 or 3.
        modes: "fwd", "rev" or both.
        eps: step of the differences; default 1e-5 for float64 and 3e-3 for float32.
        rtol: relative tolerance; default 1e-6 (float64) or 2e-2 (float32), ten times that a further order.
        seed: of the random directions.

    Raises:
        GradientError: with the two numbers, the order and the mode.

    >>> import numpy as np, wengert
    >>> wengert.check_grads(lambda x: np.sum(np.sin(x) * x), [np.array([0.3, 0.7])], order=2)
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown:
        raise ValueError(f"modes are 'fwd' and 'rev', not {sorted(unknown)}")
    _check(f, tuple(args), order, tuple(modes), eps, rtol, np.random.default_rng(seed), ())


def _check(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    order: int,
    modes: tuple[str, ...],
    eps: float | None,
    rtol: float | None,
    rng: np.random.Generator,
    path: tuple[str, ...],
) -> None:
    from wengert.frontend.transforms import jvp, vjp

    leaves, structure = flatten(args)
    moving = [i for i, leaf in enumerate(leaves) if _is_float(leaf)]
    dtypes = [np.asarray(leaves[i]).real.dtype for i in moving]
    narrow = np.dtype(np.float32) if np.dtype(np.float32) in dtypes else np.dtype(np.float64)
    step = eps if eps is not None else EPSILON[narrow]
    tolerance = (rtol if rtol is not None else TOLERANCE[narrow]) * 10 ** len(path)
    direction = [_unit(leaves[i], rng) for i in moving]

    def of_moving(*values: Any) -> Any:
        filled = [own_state(leaf) for leaf in leaves]
        for i, value in zip(moving, values):
            filled[i] = value
        arguments = unflatten(structure, filled)
        return call(f, *made_new(arguments, deep=True)) if tracing() else f(*arguments)

    def difference() -> list[np.ndarray]:
        ahead, behind = (
            _floats(of_moving(*[_shift(leaves[i], s * step, v) for i, v in zip(moving, direction)])) for s in (1, -1)
        )
        return [(_wide(a) - b) / (2 * step) for a, b in zip(ahead, behind)]

    point = [leaves[i] for i in moving]
    out, tangent = jvp(of_moving, tuple(point), tuple(direction))
    tangents = _floats(tangent)
    if "fwd" in modes:
        for number, (exact, estimate) in enumerate(zip(tangents, difference())):
            _compare(
                exact, estimate, tolerance, "a tangent", "the difference quotient", f"output {number}", (*path, "fwd")
            )
    cotangents = [_unit(y, rng) for y in _float_leaves(out)]
    if "rev" in modes:
        _, pullback = vjp(of_moving, *point)
        gradients = pullback(_as_cotangent(out, cotangents))
        left = sum(_paired(c, t) for c, t in zip(cotangents, tangents))
        right = sum(_paired(g, v) for g, v in zip(_floats(gradients), direction))
        scale = sum(float(np.vdot(np.abs(c), np.abs(t))) for c, t in zip(cotangents, tangents))
        _compare(
            np.float64(right),
            np.float64(left),
            tolerance,
            "<J^T ct, v>",
            "<ct, J v>",
            "reverse against forward",
            (*path, "rev"),
            scale,
        )
    if order > 1:
        if "fwd" in modes:
            _check(
                lambda *x: jvp(of_moving, x, tuple(direction))[1],
                tuple(point),
                order - 1,
                modes,
                eps,
                rtol,
                rng,
                (*path, "fwd"),
            )
        if "rev" in modes:
            _check(
                lambda *x: vjp(of_moving, *x)[1](_as_cotangent(out, cotangents)),
                tuple(point),
                order - 1,
                modes,
                eps,
                rtol,
                rng,
                (*path, "rev"),
            )


def _compare(
    value: Any,
    reference: Any,
    tolerance: float,
    name: str,
    other: str,
    where: str,
    path: tuple[str, ...],
    scale: float = 0.0,
) -> None:
    value, reference = _wide(value), _wide(reference)
    size = max(scale, float(np.max(np.abs(reference), initial=0.0)), 1.0)
    error = float(np.max(np.abs(value - reference), initial=0.0))
    if not error <= tolerance * size:
        index = (
            np.unravel_index(int(np.nanargmax(np.abs(value - reference))), value.shape)
            if value.size and np.any(np.isfinite(value - reference))
            else ()
        )
        modes = " of ".join(reversed(path))
        raise GradientError(
            f"{name} is {value[index]!r}, {other} is {reference[index]!r} ({where}, order {len(path)}, {modes})",
            why=f"they differ by {error:.3g}, which is more than {tolerance:.1g} * {size:.3g}",
            help="if the function has a kink at this point, move the point; else please report the program",
        )


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, (float, complex, np.inexact)) or (
        isinstance(leaf, np.ndarray) and bool(np.issubdtype(leaf.dtype, np.inexact))
    )


def _wide(x: Any) -> np.ndarray:
    """In double precision."""
    return np.asarray(x, np.result_type(np.asarray(x).dtype, np.float64))


def _paired(x: Any, y: Any) -> float:
    """``Re sum(x y)``"""
    return float(np.real(np.sum(np.asarray(x) * np.asarray(y))))


def _float_leaves(tree: Any) -> list[Any]:
    return [leaf for leaf in flatten(tree)[0] if _is_float(leaf)]


def _floats(tree: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in _float_leaves(tree)]


def _unit(like: Any, rng: np.random.Generator) -> Any:
    """A random direction of length 1 with the shape and dtype of `like`."""
    x = np.asarray(like)
    v: Any = rng.standard_normal(x.shape)
    if np.iscomplexobj(x):
        v = v + 1j * rng.standard_normal(x.shape)
    v = v / max(float(np.linalg.norm(v)), 1e-30)
    return (
        v.astype(x.dtype)
        if isinstance(like, np.ndarray)
        else x.dtype.type(v)
        if isinstance(like, np.inexact)
        else type(like)(v)
    )


def _shift(x: Any, step: float, v: Any) -> Any:
    moved = x + step * v
    return moved.astype(x.dtype) if isinstance(x, np.ndarray) else type(x)(moved)


def _as_cotangent(out: Any, cotangents: Sequence[Any]) -> Any:
    """The structure of `out` with float leaves replaced by the cotangents (other leaves are kept; they carry none)."""
    leaves, structure = flatten(out)
    values = iter(cotangents)
    return unflatten(structure, [next(values) if _is_float(leaf) else leaf for leaf in leaves])
