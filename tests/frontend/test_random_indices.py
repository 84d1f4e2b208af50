"""Random subscripts against NumPy: slices, integers, arrays, masks, new axes, ellipses, of views, read and stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.comparison import assert_same
from wengert.frontend.specialize import interpret

VIEWS: list[Callable[[Any], Any]] = [lambda a: a, lambda a: a.T, lambda a: a[::-1], lambda a: a[..., ::-1].T]
STRETCHED = "could not be broadcast together: extents"


def random_index(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """A subscript of an array of that shape; positions may be out of range by nothing."""
    common = tuple(int(n) for n in rng.integers(1, 3, int(rng.integers(0, 3))))
    parts: list[Any] = []
    d = masks = 0
    while d < len(shape):
        kind, n = rng.integers(8), shape[d]
        if rng.integers(8) == 0:
            parts.append(None)
        if kind == 0:
            break
        if kind in (1, 2):
            ends = [None if rng.integers(3) == 0 else int(x) for x in rng.integers(-n - 1, n + 2, 2)]
            parts.append(slice(*ends, [None, 1, 2, -1, -2][rng.integers(5)]))
        elif kind == 3:
            parts.append(int(rng.integers(-n, n)))
        elif kind in (4, 6):
            positions = rng.integers(-n, n, common)
            parts.append(positions if kind == 4 else positions.tolist())
        elif kind == 5 and masks < 2:
            rank = int(rng.integers(1, len(shape) - d + 1))
            parts.append(rng.integers(0, 2, shape[d : d + rank]).astype(bool))
            d, masks = d + rank - 1, masks + 1
        elif kind == 7 and not any(part is Ellipsis for part in parts):
            parts.append(Ellipsis)
            d += int(rng.integers(0, 2)) - 1
        else:
            continue
        d += 1
        if rng.integers(25) == 0 and masks < 2:
            parts.append(bool(rng.integers(2)))
            masks += 1
    return parts[0] if len(parts) == 1 and rng.integers(2) else tuple(parts)


def outcome(f: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns (a 0-d array as a number), or the exception it raises."""
    try:
        result = f(*[x.copy() for x in arguments])
    except Exception as error:
        return error
    return result[()] if isinstance(result, np.ndarray) and not result.ndim else result


def compare(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 5, int(rng.integers(1, 4))))
    view, a = VIEWS[rng.integers(4)], rng.standard_normal(shape)
    index = random_index(rng, view(a).shape)

    def read(a: Any) -> Any:
        return view(a)[index]

    def store(a: Any, v: Any) -> Any:
        view(a)[index] = v
        return a

    def change(a: Any) -> Any:
        view(a)[index] *= 2.0
        return a

    def change_itself(a: Any) -> Any:
        w = view(a)
        w[index] = w[index] * 3 + 1
        return a

    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [(read, (a,))]
    expected = outcome(read, a)
    if not isinstance(expected, Exception):
        values = rng.standard_normal(np.shape(expected))
        calls += [(store, (a, values)), (change, (a,)), (change_itself, (a,))]
        calls += [(store, (a, values[..., :1]))] if values.ndim else []
    for f, arguments in calls:
        theirs, ours = outcome(f, *arguments), outcome(lambda *x, f=f: interpret(f, x, {}), *arguments)
        what = f"seed {seed}: {f.__name__} of {shape} at {index}"
        if isinstance(ours, Exception) and STRETCHED in str(ours):
            continue  # an extent known only at run time is not stretched
        if isinstance(theirs, Exception) or isinstance(ours, Exception):
            assert isinstance(ours, type(theirs)), f"{what}: {theirs!r} and {ours!r}"
        else:
            assert_same(ours, theirs, what=what)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_indices(start: int) -> None:
    for seed in range(start, start + 20):
        compare(seed)


@pytest.mark.slow
def test_many_random_indices() -> None:
    for seed in range(1000, 3000):
        compare(seed)
