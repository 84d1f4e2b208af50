"""vmap against a Python loop over the examples: values and derivatives, in every order of the transforms."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.batched import EXAMPLES, assert_loop, example, examples
from tests.comparison import is_float, random_like
from tests.programs import PROGRAMS
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.specialize import interpret

BY_NAME = {p.name: p for p in PROGRAMS if any(map(is_float, flatten(p.cases[0])[0]))}
#: In every run: branches, counted and data-dependent loops, windows, swaps, trees, products, early returns.
SAMPLE = ("jumps", "swapped_buffers", "lu", "zipped", "two_layers", "aliases", "first_above", "lotka_volterra")


def arguments_for(name: str, case: int) -> tuple[Any, Any, list[Any]]:
    """Arguments for several examples, their axes, and the results of a Python loop over them.

    Signs change where the program allows it, so that branches and loops go different ways.
    """
    program = BY_NAME[name]
    with np.errstate(all="ignore"):
        for signs in (False, True):
            stacked, axes = examples(program.arguments(case), seed=case, signs=signs)
            try:
                return stacked, axes, [program.function(*example(stacked, b)) for b in range(EXAMPLES)]
            except ValueError:  # a logarithm or a root of something negative
                continue
    raise AssertionError(f"{name} has no arguments for several examples")


def values(name: str, case: int) -> None:
    program = BY_NAME[name]
    stacked, axes, expected = arguments_for(name, case)
    untouched = copy.deepcopy(stacked)
    assert_loop(wengert.vmap(program.function, axes)(*stacked), expected)
    for before, after in zip(flatten(untouched)[0], flatten(stacked)[0], strict=True):
        np.testing.assert_array_equal(after, before)


def derivatives(name: str, case: int) -> None:
    """vmap of vjp, vjp of vmap, vmap of jvp and jvp of vmap, in one compilation; against each example on its own."""
    program = BY_NAME[name]
    stacked, axes, _ = arguments_for(name, case)
    direction = [random_like(stacked[k], k) for k in program.wrt]
    ones = [example(stacked, b) for b in range(EXAMPLES)]
    results = wengert.vmap(program.function, axes)(*copy.deepcopy(stacked))
    ct = random_like(results, 7)

    def tangents(moved: Any) -> tuple[Any, ...]:
        return tuple(moved[program.wrt.index(k)] if k in program.wrt else None for k in range(len(stacked)))

    def one(x: Any, ct: Any, moved: Any) -> Any:
        pulled = wengert.vjp(program.function, *x)[1](ct)
        return [pulled[k] for k in program.wrt], floats(wengert.jvp(program.function, x, tangents(moved))[1])

    def outside(xs: Any, cts: Any, moved: Any) -> Any:
        mapped = wengert.vmap(program.function, axes)
        pulled = wengert.vjp(mapped, *xs)[1](cts)
        return [pulled[k] for k in program.wrt], floats(wengert.jvp(mapped, xs, tangents(moved))[1])

    alone = wengert.compile(one)
    expected = [alone(x, example(ct, b), example(direction, b)) for b, x in enumerate(ones)]
    ct_axes = axes_of(ct)
    assert_loop(wengert.vmap(one, (axes, ct_axes, axes_of(direction)))(stacked, ct, direction), expected, 1e-8)
    assert_loop(wengert.compile(outside)(stacked, ct, direction), expected, 1e-8)


def floats(tree: Any) -> list[Any]:
    return [leaf for leaf in flatten(tree)[0] if leaf is not None]


def axes_of(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    return unflatten(structure, [0 if np.ndim(leaf) else None for leaf in leaves])


@pytest.mark.parametrize("name", SAMPLE)
def test_values(name: str) -> None:
    values(name, 0)


@pytest.mark.parametrize("name", SAMPLE[:3])
def test_derivatives(name: str) -> None:
    derivatives(name, BY_NAME[name].second or 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_values_of_all_programs(name: str) -> None:
    for case in range(len(BY_NAME[name].cases)):
        values(name, case)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, p in BY_NAME.items() if p.wrt])
def test_derivatives_of_all_programs(name: str) -> None:
    derivatives(name, BY_NAME[name].second or 0)


# ---------------------------------------------------------------- every order of the transforms


def smooth(x):
    return np.sin(x) * x * x


def branching(x):
    if x > 0.5:
        y = np.sqrt(x - 0.5) * x
    elif x > 0.0:
        y = x * x * x
    else:
        y = -2.0 * np.exp(x)
    return y


def halved(x):
    n = 0
    y = x * x + 0.1
    while y > 0.3:
        y = y * 0.5
        n += 1
    return y * n + x


def powers(x):
    s = 1.0
    for i in range(4):
        s = s * x + i
    return s


def stores(x):
    a = np.zeros(4)
    for i in range(4):
        if x * i > 0.7:
            a[i] = x * x
        else:
            a[3 - i] = a[i] + np.sin(x)
    return a[0] * a[1] + a[2] * a[3] + np.sum(a * a)


def helper(x):
    def inner(y):
        if y < -0.5:
            return y * y
        return y * y * y + x

    return inner(x) + inner(2.0 * x)


def matrix(x):
    m = np.array([[2.0 + x * x, x], [x, 3.0]])
    return np.linalg.solve(m, np.array([x, 1.0]))[0] * np.linalg.det(m)


@wengert.custom_jvp
def ruled(x):
    return np.sin(x)


ruled.defjvp(lambda primals, tangents: (np.sin(primals[0]), 3.0 * np.cos(primals[0]) * tangents[0]))


def with_a_rule(x):
    return ruled(x) * x if x > 0.0 else ruled(2.0 * x)


FUNCTIONS: list[Callable[..., Any]] = [smooth, branching, halved, powers, stores, helper, matrix, with_a_rule]
POINTS = np.array([0.7, -0.9, 0.3, 1.9])


def orders(longest: int) -> list[tuple[str, ...]]:
    """All sequences of transforms with one vmap in them."""
    return [order for n in range(1, longest + 1) for order in itertools.product(("grad", "jvp", "vmap"), repeat=n)
            if order.count("vmap") == 1]


def transformed(f: Callable[..., Any], order: tuple[str, ...]) -> Callable[..., Any]:
    """f under the transforms, the first one innermost; grad outside of vmap is that of the sum."""
    mapped = False
    for name in order:
        f, mapped = _transform(f, name, mapped), mapped or name == "vmap"
    return f


def _transform(f: Callable[..., Any], name: str, mapped: bool) -> Callable[..., Any]:
    if name == "vmap":
        return wengert.vmap(f)
    if name == "grad":
        return wengert.grad((lambda x: np.sum(f(x))) if mapped else f)
    return lambda x: wengert.jvp(f, (x,), (np.ones_like(x) if mapped else 1.0,))[1]


def check_orders(f: Callable[..., Any], longest: int) -> None:
    """Where grad and jvp stand on either side of vmap does not matter: all are the derivative of that order."""
    derivatives = [f, wengert.grad(f), wengert.grad(wengert.grad(f))]
    expected = [np.array([wengert.compile(d)(float(x)) for x in POINTS]) for d in derivatives[:longest]]
    programs = [transformed(f, order) for order in orders(longest)]
    found = wengert.compile(lambda x: [program(x) for program in programs])(POINTS)
    for order, result in zip(orders(longest), found, strict=True):
        wanted = expected[len(order) - 1]
        np.testing.assert_allclose(result, wanted, rtol=1e-9, atol=1e-9, err_msg=" of ".join(reversed(order)))


@pytest.mark.parametrize("f", [powers], ids=lambda f: f.__name__)
def test_orders_agree(f: Callable[..., Any]) -> None:
    check_orders(f, 3)


@pytest.mark.parametrize("f", [branching, halved, stores, matrix, with_a_rule], ids=lambda f: f.__name__)
def test_orders_of_two_agree(f: Callable[..., Any]) -> None:
    check_orders(f, 2)


@pytest.mark.slow
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_orders_of_all_functions_agree(f: Callable[..., Any]) -> None:
    check_orders(f, 3)


@pytest.mark.parametrize("order", list(itertools.permutations(("grad", "vmap", "compile"))), ids=" of ".join)
def test_compile_may_stand_anywhere(order: tuple[str, ...]) -> None:
    def with_compile(f: Callable[..., Any]) -> Callable[..., Any]:
        mapped = False
        for name in reversed(order):
            f = wengert.compile(f) if name == "compile" else _transform(f, name, mapped)
            mapped = mapped or name == "vmap"
        return f

    expected = [wengert.grad(branching)(float(x)) for x in POINTS]
    np.testing.assert_allclose(with_compile(branching)(POINTS), expected, rtol=1e-12)


def test_nested_vmap_and_hessians() -> None:
    grid = np.stack([POINTS, POINTS + 0.25])
    expected = np.array([[branching(float(x)) for x in row] for row in grid])
    np.testing.assert_allclose(wengert.vmap(wengert.vmap(branching))(grid), expected)

    def norm(v):
        return np.sum(np.sin(v) * v * v[0])

    hessians = wengert.vmap(wengert.hessian(norm))(grid)
    for v, matrix in zip(grid, hessians, strict=True):
        np.testing.assert_allclose(matrix, wengert.hessian(norm)(v), rtol=1e-12)


def test_a_jacobian_is_a_mapped_pullback() -> None:
    def jacobian(x):
        _, pullback = wengert.vjp(lambda x: np.sin(x) * x[0], x)
        return wengert.vmap(lambda ct: pullback(ct)[0])(np.eye(4))

    x = POINTS
    np.testing.assert_allclose(wengert.compile(jacobian)(x), wengert.jacrev(lambda x: np.sin(x) * x[0])(x), rtol=1e-12)


# ---------------------------------------------------------------- examples that do nothing do no harm


def guarded_root(w, x):
    if x > 0.0:
        y = np.sqrt(w * x) / x
    else:
        y = 0.0
    return y


def test_branches_not_taken_do_not_poison_gradients() -> None:
    """sqrt and division behind a guard; also with respect to what all examples share."""
    x, w = np.array([4.0, -1.0, 0.0, 1.0]), 1.0
    mapped = wengert.vmap(guarded_root, (None, 0))
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(mapped(w, x)))(x), [-1 / 16, 0.0, 0.0, -0.5])
    np.testing.assert_allclose(wengert.grad(lambda w: np.sum(mapped(w, x)))(w), 0.75)
    np.testing.assert_allclose(wengert.jvp(lambda x: mapped(w, x), (x,), (np.ones(4),))[1], [-1 / 16, 0.0, 0.0, -0.5])
    np.testing.assert_array_equal(mapped(w, np.array([-1.0, -2.0])), [0.0, 0.0])  # nobody takes the branch


def test_loops_and_products_of_branches_not_taken_do_not_poison_gradients() -> None:
    def guarded(w, x):
        s = 0.0
        if x > 0.0:
            h = np.sqrt(x) * w
            for _ in range(2):
                h = np.sqrt(w @ h) * w
            s = np.sum(h)
        return s

    x, w = np.array([4.0, -1.0, 0.0, 1.0]), np.array([0.5, 2.0])
    expected = sum(wengert.grad(guarded)(w, t) for t in (4.0, 1.0))
    gradient = wengert.grad(lambda w: np.sum(wengert.vmap(guarded, (None, 0))(w, x)))(w)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)


def test_checks_hold_for_the_examples_that_run_them() -> None:
    def element(a, k):
        return a[k] if k < 6 else 0.0

    def quotient(k):
        return 10 // k if k != 0 else -1

    def counted(a, k):
        s = 0.0
        while k > 0:
            k -= 1
            s += a[k]
        return s

    a = np.arange(24.0).reshape(4, 6)
    np.testing.assert_array_equal(wengert.vmap(element)(a, np.array([0, 5, 7, 99])), [0.0, 11.0, 0.0, 0.0])
    np.testing.assert_array_equal(wengert.vmap(quotient)(np.array([0, 1, 3, 0])), [-1, 10, 3, -1])
    np.testing.assert_array_equal(wengert.vmap(counted)(a, np.array([0, 6, 3, -4])), [0.0, 51.0, 39.0, 0.0])
    with pytest.raises(IndexError, match="index 7 is out of bounds for axis 0 with size 6"):
        wengert.vmap(lambda a, k: a[k])(a, np.array([0, 5, 7, 9]))


def test_stores_under_a_branch_copy_no_arrays() -> None:
    """What one example writes costs what it costs alone: no arrays are selected element by element."""

    def scatter(x, k):
        a = np.zeros(50)
        for i in range(50):
            if x[i] > 0.0:
                a[(i * k) % 50] += x[i]
        return a

    x, k = np.random.default_rng(0).standard_normal((3, 50)), np.array([1, 7, 3])
    mapped = wengert.vmap(scatter)
    np.testing.assert_allclose(mapped(x, k), [scatter(a, int(b)) for a, b in zip(x, k, strict=True)])
    assert mapped.stats().copies_in_loops == 0
    loops = mapped.lower(x, k).as_text("transposed").split("scf.for", 1)[1]
    assert "tensor<3x50xf64> to tensor<3x50xi1>" not in loops and "tensor<3x50xi1>" not in loops


def test_shapes_that_differ_run_example_by_example() -> None:
    def first(a, k):
        return np.sum(a[:k] ** 2)

    a, k = np.random.default_rng(0).standard_normal((4, 6)), np.array([0, 3, 6, 2])
    np.testing.assert_allclose(wengert.vmap(first)(a, k), [np.sum(row[:n] ** 2) for row, n in zip(a, k, strict=True)])
    np.testing.assert_allclose(wengert.vmap(wengert.grad(first))(a, k), np.where(np.arange(6) < k[:, None], 2 * a, 0))


# ---------------------------------------------------------------- rules, linear algebra, dtypes, sizes


def test_rules_of_a_function_hold_for_all_examples() -> None:
    @wengert.custom_vjp
    def f(x, w):
        return np.sin(x) * w

    f.defvjp(lambda x, w: (np.sin(x) * w, (x, w)), lambda res, ct: (100.0 * ct * res[1], 7.0 * ct))
    mapped = wengert.vmap(f, (0, None))
    np.testing.assert_array_equal(wengert.vmap(wengert.grad(f), (0, None))(POINTS, 2.0), np.full(4, 200.0))
    np.testing.assert_array_equal(wengert.grad(lambda x: np.sum(mapped(x, 2.0)))(POINTS), np.full(4, 200.0))
    np.testing.assert_array_equal(wengert.grad(lambda w: np.sum(mapped(POINTS, w)))(2.0), 28.0)


def test_checkpointed_functions() -> None:
    layer = wengert.checkpoint(lambda x: np.tanh(x) * x)
    gradient = wengert.grad(lambda x: np.sum(wengert.vmap(lambda t: layer(layer(t)))(x)))
    expected = [wengert.grad(lambda t: layer(layer(t)))(float(x)) for x in POINTS]
    np.testing.assert_allclose(gradient(POINTS), expected, rtol=1e-12)


def test_solves_share_a_factorisation() -> None:
    """One matrix for all right hand sides is factored once; one matrix each, as a stack."""
    rng = np.random.default_rng(0)
    m, b = rng.standard_normal((5, 3, 3)) + 3 * np.eye(3), rng.standard_normal((5, 3))
    np.testing.assert_allclose(wengert.vmap(np.linalg.solve)(m, b), [np.linalg.solve(*e) for e in zip(m, b)])
    shared = wengert.vmap(np.linalg.solve, (None, 0))
    np.testing.assert_allclose(shared(m[0], b), [np.linalg.solve(m[0], e) for e in b])
    assert "tensor<5x3x3xf64>" not in shared.lower(m[0], b).as_text("transposed")


def test_gradients_of_examples_are_one_batched_program() -> None:
    """Per-example gradients of a layer are products of all examples by BLAS: no loop over examples around small ops."""

    def loss(w, x, t):
        return np.sum((np.tanh(x @ w) - t) ** 2)

    rng = np.random.default_rng(0)
    w, x, t = rng.standard_normal((24, 16)), rng.standard_normal((32, 24)), rng.standard_normal((32, 16))
    gradients = wengert.vmap(wengert.grad(loss), (None, 0, 0))
    for b, found in enumerate(gradients(w, x, t)):
        np.testing.assert_allclose(found, wengert.grad(loss)(w, x[b], t[b]), rtol=1e-11, atol=1e-12)
    stages = gradients.lower(w, x, t)
    assert "scf.for" not in stages.as_text("transposed")
    assert stages.as_text("memref").count("call @wengert.gemm") == 1
    shared = wengert.vmap(lambda m, w: m @ w, (0, None)).lower(np.ones((3, 20, 24)), w).as_text("memref")
    assert shared.count("call @wengert.gemm") == 1


@pytest.mark.parametrize("count", [0, 1])
def test_few_examples(count: int) -> None:
    x = POINTS[:count]
    np.testing.assert_allclose(wengert.vmap(branching)(x), [branching(float(t)) for t in x])
    np.testing.assert_allclose(wengert.vmap(wengert.grad(halved))(x), [wengert.grad(halved)(float(t)) for t in x])


def test_axes_trees_and_keywords() -> None:
    def line(p, z, *, k):
        return {"y": p["w"] * z + p["b"], "k": (k, p["w"])}

    p, z, k = {"w": 2.0, "b": np.array([1.0, 2.0])}, np.arange(6.0).reshape(3, 2), np.array([5, 6])
    found = wengert.vmap(line, ({"w": None, "b": 0}, 1), {"y": -1, "k": (0, None)})(p, z, k=k)
    np.testing.assert_array_equal(found["y"], 2.0 * z + p["b"])
    np.testing.assert_array_equal(found["k"][0], k)
    assert found["k"][1] == 2.0 and found["k"][0].dtype == np.int64
    assert wengert.vmap(smooth)(POINTS.astype(np.float32)).dtype == np.float32
    np.testing.assert_array_equal(wengert.vmap(lambda x: 1)(POINTS), np.ones(4, np.int64))


def test_arguments_are_not_changed() -> None:
    def overwrite(a):
        a[0] = 5.0
        return a

    a = np.ones((2, 3))
    np.testing.assert_array_equal(wengert.vmap(overwrite)(a)[:, 0], 5.0)
    np.testing.assert_array_equal(a, 1.0)


def test_interpreted_is_compiled() -> None:
    """Without the JIT the interpreter runs the same batched program."""
    mapped = wengert.vmap(wengert.grad(stores))
    np.testing.assert_allclose(interpret(mapped.py_func, (POINTS,), {}), mapped(POINTS), rtol=1e-12)


# ---------------------------------------------------------------- refusals

OUTER = np.zeros(3)


def writes_outside(x):
    OUTER[0] = x
    return x


THREE, FOUR = np.ones(3), np.ones(4)
REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "sizes": (lambda: wengert.vmap(lambda a, b: a * b["w"])(THREE, {"w": FOUR}),
              r"argument 1.* has 4 examples, argument 0 has 3", "in_axes="),
    "a number": (lambda: wengert.vmap(lambda a, b: a * b)(THREE, 2.0), "argument 1 is a number", "None"),
    "not an array": (lambda: wengert.vmap(lambda a, s: a)(THREE, "s"), "argument 1 is a str", "None"),
    "axis": (lambda: wengert.vmap(lambda a: a, 1)(THREE), "argument 0 has no axis 1", "counts the axes"),
    "result axis": (lambda: wengert.vmap(lambda a: a, 0, 1)(THREE), "along axis 1 of a result of shape", ""),
    "nothing mapped": (lambda: wengert.vmap(lambda a: a, None)(THREE), "no argument to map over", "in_axes="),
    "entries": (lambda: wengert.vmap(lambda a: a, (0, 0))(THREE), "2 entries, and the call has 1", "one entry"),
    "structure": (lambda: wengert.vmap(lambda a: a, ({"w": 0},))(THREE), "of another structure", "begins like it"),
    "entry": (lambda: wengert.vmap(lambda a: a, ("x",))(THREE), "has 'x' for argument 0", "an axis is an int"),
    "one result for all": (lambda: wengert.vmap(lambda a: a, 0, None)(THREE), "result 0 of the mapped function is",
                           "out_axes="),
    "object result": (lambda: wengert.vmap(lambda a: (a, "s"))(THREE), "a result of the mapped function is", "arrays"),
    "ragged result": (lambda: wengert.vmap(lambda a, k: a[:k])(np.ones((2, 3)), np.array([1, 2])),
                      "has another shape for each example", "one shape"),
    "write": (lambda: wengert.vmap(writes_outside)(THREE), "array of the enclosing function is written", "return"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    call, what, help_ = REFUSED[name]
    with pytest.raises(wengert.WengertError, match=what) as refused:
        call()
    assert refused.value.position is not None and refused.value.position.file == __file__
    assert help_ in refused.value.help
