"""Pullbacks, pushforwards and transposes: kept outside of compiled code, returned by it, and used in other traces."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import DifferentiationError, WengertValueError
from wengert.frontend.arguments import flatten, unflatten
from wengert.runtime.memory import used_bytes

X = np.array([1.0, 2.0, 3.0])
A = np.arange(12.0).reshape(4, 3) / 7


def squaring(x: Any) -> Any:
    """The trip count depends on the data; so does the size of the tapes."""
    s = x * 1.0
    n = 0
    while s[0] < 100.0:
        if s[1] > 50.0:
            s = s * s + np.sin(x)
        else:
            s = s * np.exp(0.1 * x)
        n += 1
    return s, n


def triangular(x: Any, n: Any) -> Any:
    total = 0.0
    for i in range(n):
        for j in range(i):
            total = np.sin(total) + x[j % 3] * total + x[i % 3]
    return total


PROGRAMS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "data decides the trip count": (lambda x: squaring(x)[0], (X,)),
    "triangular": (triangular, (X, 5)),
    "no trip": (triangular, (X, 0)),
    "matrix": (lambda a, x: np.tanh(a @ x) * a[:, 0], (A, X)),
    "scalar": (lambda x: np.sin(x) * x, (0.7,)),
    "float32": (lambda x, y: np.exp(x) * y, (X.astype(np.float32), np.float32(2.0))),
    "masks": (lambda x: np.where(x > 1.5, x * x, np.sin(x)), (X,)),
    "trees": (lambda p: {"y": p["w"] * p["b"], "z": (p["w"] ** 2).sum()}, ({"w": X, "b": 2.0},)),
    "in place": (lambda x: _in_place(x), (X,)),
}


def _in_place(x: Any) -> Any:
    x[0] = x[1] * x[2]
    x *= x
    return x


def leaves(tree: Any) -> list[Any]:
    return flatten(tree)[0]


def like(tree: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    found, structure = flatten(tree)

    def drawn(x: Any) -> Any:
        if not np.issubdtype(np.asarray(x).dtype, np.floating):
            return None
        return np.asarray(rng.normal(size=np.shape(x)), np.asarray(x).dtype)[()]

    return unflatten(structure, [drawn(x) for x in found])


def inner(a: Any, b: Any) -> float:
    return sum(float(np.sum(np.asarray(x, float) * y)) for x, y in zip(leaves(a), leaves(b), strict=True))


def fresh(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in arguments)


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_maps_agree_with_jvp_however_often_they_are_called(name: str) -> None:
    f, arguments = PROGRAMS[name]
    y, pull = wengert.vjp(f, *arguments)
    z, push = wengert.linearize(f, *arguments)
    expected = f(*fresh(arguments))
    for found in (y, z):
        for a, b in zip(leaves(found), leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)
    for seed in range(3):
        v, ct = like(arguments, seed), like(y, seed + 10)
        tangent = push(*v)
        _, reference = wengert.jvp(f, arguments, v)
        for a, b in zip(leaves(tangent), leaves(reference), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)
        assert inner(ct, tangent) == pytest.approx(inner(pull(ct), v), rel=1e-5, abs=1e-6)
        for a, b in zip(leaves(pull(ct)), leaves(pull(ct)), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_function_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pullback of a program that squares n times does not run the squarings again: it needs no exponential."""
    _, pull = wengert.vjp(lambda x: np.exp(np.sin(x)), X)
    assert "math." not in pull._program.text
    _, push = wengert.linearize(lambda x: np.exp(np.sin(x)), X)
    assert "math." not in push._program.text


def test_a_map_keeps_what_it_was_made_at() -> None:
    x, weights = X.copy(), np.array([1.0, 2.0, 3.0])
    _, pull = wengert.vjp(lambda x: weights * x**2, x)
    _, other = wengert.vjp(lambda x: weights * x**2, 10 * x)
    before = pull(np.ones(3))[0]
    x[:] = weights[:] = 0.0
    np.testing.assert_array_equal(pull(np.ones(3))[0], before)
    np.testing.assert_allclose(other(np.ones(3))[0], 10 * before)
    before[:] = 7.0
    np.testing.assert_allclose(pull(np.ones(3))[0], 2 * np.array([1.0, 2.0, 3.0]) * X)


def test_arguments_are_not_changed_and_may_be_the_same_array() -> None:
    x = X.copy()
    _, pull = wengert.vjp(lambda a, b: _in_place(a) * b, x, x)
    np.testing.assert_array_equal(x, X)
    apart = wengert.vjp(lambda a, b: _in_place(a) * b, X, X.copy())[1]
    for same, other in zip(pull(np.ones(3)), apart(np.ones(3)), strict=True):
        np.testing.assert_allclose(same, other)


def test_what_is_no_float_is_none() -> None:
    (_, n), pull = wengert.vjp(squaring, X)
    assert n > 0
    expected = pull((np.ones(3), None))[0]
    np.testing.assert_array_equal(pull((np.ones(3), 5))[0], expected)
    assert wengert.linearize(squaring, X)[1](np.ones(3))[1] is None
    assert wengert.vjp(triangular, X, 3)[1](1.0)[1] is None
    np.testing.assert_array_equal(wengert.vjp(triangular, X, 3)[1](None)[0], 0.0)
    push = wengert.linearize(lambda x, y: x * y, 2.0, 3.0)[1]
    assert push(1.0, None) == 3.0 and push(None, 1.0) == 2.0


def test_aux() -> None:
    def f(x: Any) -> Any:
        return x * x, {"sum": np.sum(x), "name": "f"}

    y, pull, aux = wengert.vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pull(np.ones(3))[0], 2 * X)
    assert aux == {"sum": 6.0, "name": "f"}
    y, push, aux = wengert.linearize(f, X, has_aux=True)
    np.testing.assert_allclose(push(np.ones(3)), 2 * X)
    np.testing.assert_allclose(y, X * X)
    assert aux["sum"] == 6.0


def test_nothing_leaks() -> None:
    def once() -> None:
        (s, _), pull = wengert.vjp(squaring, X)
        pull((s, None))
        wengert.linearize(triangular, X, 60)[1](X, None)

    for _ in range(50):
        once()
    gc.collect()
    before = used_bytes()
    for _ in range(500):
        once()
    gc.collect()
    if before is not None:
        assert (used_bytes() or 0) - before < 100_000


def test_a_failed_check_frees_the_tapes() -> None:
    def f(x: Any, n: Any) -> Any:
        total = 0.0
        for i in range(n):
            for _ in range(i):
                total = np.sin(total) + x[i]
        return total

    def fail() -> None:
        with pytest.raises(IndexError):
            wengert.vjp(f, X, 60)

    for _ in range(50):
        fail()
    gc.collect()
    before = used_bytes()
    for _ in range(300):
        fail()
    gc.collect()
    if before is not None:
        assert (used_bytes() or 0) - before < 100_000


# ---------------------------------------------------------------- in and out of compiled code


def test_compiled_code_returns_maps() -> None:
    @wengert.compile
    def f(x: Any, n: Any) -> Any:
        y, pull = wengert.vjp(lambda z: triangular(z, n), x)
        _, push = wengert.linearize(lambda z: z * z, 2 * x)
        return {"y": y, "pull": pull, "maps": (push, pull)}

    found = f(X, 4)
    np.testing.assert_allclose(found["pull"](1.0)[0], wengert.grad(triangular)(X, 4))
    np.testing.assert_allclose(found["maps"][1](2.0)[0], 2 * wengert.grad(triangular)(X, 4))
    np.testing.assert_allclose(found["maps"][0](np.ones(3)), 4 * X)
    assert "pullback" in repr(found["pull"]) and "pushforward" in repr(found["maps"][0])


def test_a_map_in_another_trace() -> None:
    _, pull = wengert.vjp(squaring, X)
    expected = [pull((row, None))[0] for row in np.eye(3)]
    np.testing.assert_allclose(wengert.compile(lambda c: pull((2 * c, None))[0])(np.ones(3)), 2 * sum(expected))
    gradient = wengert.grad(lambda c: np.sum(pull((c, None))[0] ** 2))(np.ones(3))
    jacobian = np.stack(expected)
    np.testing.assert_allclose(gradient, 2 * jacobian @ sum(expected))
    assert wengert.grad(lambda c: pull((c, None))[0][1])(np.ones(3))[1] == pytest.approx(jacobian[1, 1])


def test_a_map_that_is_bound_anew_is_compiled_anew() -> None:
    pull = wengert.vjp(lambda x: x * x, 3.0)[1]
    twice = wengert.compile(lambda c: pull(c)[0] * 2)
    assert twice(1.0) == 12.0
    pull = wengert.vjp(lambda x: x * x, 5.0)[1]
    assert twice(1.0) == 20.0


def test_maps_of_maps() -> None:
    def slope(x: Any) -> Any:
        _, pull = wengert.vjp(lambda z: np.sin(z) * z, x)
        return pull(1.0)[0] + pull(2.0)[0]

    second, pull = wengert.vjp(slope, 0.3)
    assert second == pytest.approx(3 * (np.cos(0.3) * 0.3 + np.sin(0.3)))
    assert pull(1.0)[0] == pytest.approx(3 * (2 * np.cos(0.3) - np.sin(0.3) * 0.3))


def test_without_native_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_DISABLE_JIT", "1")
    _, pull = wengert.vjp(lambda x: np.sin(x) * triangular(x, 4), X)
    found = pull(np.ones(3))[0]
    monkeypatch.delenv("WENGERT_DISABLE_JIT")
    np.testing.assert_allclose(found, wengert.grad(lambda x: np.sum(np.sin(x) * triangular(x, 4)))(X), rtol=1e-12)


def test_a_map_made_in_a_branch_is_not_returned_from_it() -> None:
    def f(x: Any) -> Any:
        pull = None
        for i in range(3):
            _, pull = wengert.vjp(lambda z: z * z, x * i)
        return pull

    with pytest.raises(wengert.WengertError):
        wengert.compile(f)(X)


def test_results_of_run_time_extents() -> None:
    @wengert.compile
    def head(x: Any, c: Any) -> Any:
        n = int(c[0])
        return 2 * x[:n], x[n:], n

    for n in (0, 2, 3):
        first, second, count = head(X, np.array([float(n)]))
        np.testing.assert_array_equal(first, 2 * X[:n])
        np.testing.assert_array_equal(second, X[n:])
        assert count == n
    assert head.stats().compilations == 1


# ---------------------------------------------------------------- refusals


def test_shapes_and_structures_are_checked() -> None:
    _, pull = wengert.vjp(lambda x: (x * x, x.sum()), X)
    with pytest.raises(WengertValueError, match="a cotangent is an array float64\\(2,\\)"):
        pull((np.ones(2), 1.0))
    with pytest.raises(WengertValueError, match="a cotangent is an array float32\\(3,\\)"):
        pull((np.ones(3, np.float32), 1.0))
    with pytest.raises(WengertValueError, match="the cotangent has the structure"):
        pull(np.ones(3))
    with pytest.raises(WengertValueError, match="2 values are given to a map that takes 1"):
        pull(np.ones(3), 1.0)
    _, push = wengert.linearize(lambda p, x: p["w"] * x, {"w": X}, 2.0)
    with pytest.raises(WengertValueError, match="the tangent has the structure"):
        push({"w": X, "b": X}, 1.0)
    with pytest.raises(WengertValueError, match="1 values are given to a map that takes 2"):
        push({"w": X})


# ---------------------------------------------------------------- linear_transpose


def smoothed(a: Any, n: Any) -> Any:
    a = a.copy()
    for _ in range(n):
        a[1:-1] = 0.5 * (a[:-2] + a[2:])
    return a


def sums(x: Any) -> Any:
    y = np.empty(3)
    s = 0.0
    for i in range(3):
        s += x[i] * i
        y[i] = s
    return y


def chosen(x: Any, k: Any) -> Any:
    if k > 2:
        return x * k
    return np.zeros(3)


LINEAR: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "product": (lambda x: A @ x, (X,)),
    "in place": (smoothed, (X, 3)),
    "loop": (sums, (X,)),
    "two": (lambda x, y: 2 * x - y / 3, (X, X**2)),
    "branch": (chosen, (X, 3)),
    "other branch": (chosen, (X, 1)),
    "parts": (lambda t: {"a": t[0][1:], "b": t[1] + np.sum(t[0])}, ((X, 2.0),)),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear_transpose(name: str) -> None:
    f, arguments = LINEAR[name]
    moved = tuple(x for x in arguments if not isinstance(x, int))
    transposed = wengert.linear_transpose(f, *(like(x, 1) if not isinstance(x, int) else x for x in arguments))
    y = f(*arguments)
    ct = like(y, 2)
    back = tuple(x for x in transposed(ct) if x is not None)
    assert inner(ct, y) == pytest.approx(inner(back, moved), abs=1e-12)


def test_the_transpose_of_the_transpose_is_the_function() -> None:
    transposed = wengert.linear_transpose(lambda x: A @ x, X)
    again = wengert.linear_transpose(lambda ct: transposed(ct)[0], np.zeros(4))
    np.testing.assert_allclose(again(X)[0], A @ X)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x * x, "this is not linear in the arguments"),
        (lambda x: np.sin(x), "this is not linear in the arguments"),
        (lambda x: np.max(x), "this is not linear in the arguments"),
        (lambda x: np.prod(x), "this is not linear in the arguments"),
        (lambda x: np.where(x > 0, x, 0.0), "this is not linear in the arguments"),
        (lambda x: x + 1.0, "a value that does not depend on the arguments is added here"),
        (lambda x: np.concatenate((x, np.ones(1))), "is added here"),
        (lambda x: np.ones(3), "a result does not depend on the arguments"),
    ],
)
def test_what_is_not_linear_is_refused_at_its_line(f: Any, message: str) -> None:
    with pytest.raises(DifferentiationError, match=message) as caught:
        wengert.linear_transpose(f, X)
    assert caught.value.position is not None
    assert caught.value.position.line == f.__code__.co_firstlineno


