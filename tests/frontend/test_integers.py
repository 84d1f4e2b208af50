"""Integers of all widths, with and without a sign: arithmetic, conversions, what wraps around and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import wengert
from tests.frontend.random_integers import cases, evaluate, unspecified
from tests.frontend.traced import same, traced_run
from wengert.dialects.errors import WengertError
from wengert.frontend.calls import call
from wengert.frontend.conversions import DTYPES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


# ---------------------------------------------------------------- random expressions


def agrees(case: Any, run: Any) -> None:
    """An expression gives bit for bit what it gives in NumPy, or both refuse it."""
    expression, leaves = case
    assume(any(isinstance(x, (np.ndarray, np.generic)) for x in leaves))
    with np.errstate(all="ignore"):
        try:
            assume(not unspecified(expression, leaves))
            expected = evaluate(expression, leaves)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError, IndexError) as error:
            assume("too large to convert to C long" not in str(error))  # bools compared with 2**63, which NumPy forgot
            expected = None
    try:
        actual = run(lambda *values: evaluate(expression, values), *leaves)
    except (WengertError, ZeroDivisionError, AttributeError) as error:
        assert expected is None or known_to_be_refused(expected, error), error
        return
    assert expected is not None and same(actual, expected), (actual, expected)


def known_to_be_refused(expected: Any, error: Exception) -> bool:
    return "float16" in str(error)


@given(cases())
@settings(max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_expressions(case: Any) -> None:
    agrees(case, lambda f, *leaves: traced_run(f, *leaves, call=call))


@pytest.mark.slow
@given(cases())
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
def test_many_random_expressions(case: Any) -> None:
    agrees(case, lambda f, *leaves: traced_run(f, *leaves, call=call))


@pytest.mark.slow
@given(cases())
@settings(max_examples=4000, suppress_health_check=list(HealthCheck))
def test_random_expressions_compiled(case: Any) -> None:
    agrees(case, lambda f, *leaves: wengert.compile(f)(*leaves))


@given(cases())
@settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
def test_a_few_random_expressions_compiled(case: Any) -> None:
    agrees(case, lambda f, *leaves: wengert.compile(f)(*leaves))


# ---------------------------------------------------------------- programs, compiled

ARRAYS = [
    np.array([1, 200, 255, 0, 7], np.uint8),
    np.array([-128, 127, 3, -7, 0], np.int8),
    np.array([1, 65535, 7, 0, 9], np.uint16),
    np.array([-3, 32767, 5, -32768, 9], np.int16),
    np.array([4, 2**32 - 1, 2, 0, 3], np.uint32),
    np.array([4, -(2**31), 2, 0, 2**31 - 1], np.int32),
    np.array([0, 2**64 - 1, 2**63, 5, 1], np.uint64),
    np.array([2**62, -5, 3, 0, -(2**63)]),
]


def everything(a: Any) -> Any:
    """Reductions, in-place writes, a loop that carries a number of the array's type, an index, conversions."""
    total, counted, running = a.dtype.type(0), 0, 0
    for k in range(a.shape[0]):
        total = total + a[k] * a.dtype.type(3)
        running += a[k]
        if a[k] > 6:
            counted += 1
    b = a.copy()
    b[1:] += 1
    b[0] //= 3
    b[a > 5] = 2
    table = np.arange(5.0)
    places = a % 5
    sums = a.sum(), a.prod(), a.max(), a.min(), a.mean(), a.cumsum(), np.ptp(a), a.sum(dtype=a.dtype), a.argmax()
    same_type = np.clip(a, 2, 100), abs(a), np.sign(a), -a, ~a, a << 1, a >> 1, a**2, np.sort(a), np.round(a // 2, -1)
    others = a / 3, a.astype(float), a.astype(np.uint8), a.astype(np.int16), a != 0, divmod(a, 3), np.float32(a[0])
    return total, counted, running, b, table[places], table[a[2] % 5], sums, same_type, others, int(a[2] % 100)


@pytest.mark.parametrize("a", ARRAYS, ids=lambda a: a.dtype.name)
def test_everything_an_array_of_int64_can_do(a: Any) -> None:
    theirs, ours = a.copy(), a.copy()
    expected, actual = everything(theirs), wengert.compile(everything)(ours)
    assert same(as_numpy(actual), as_numpy(expected)), (actual, expected)
    assert same(ours, theirs)


def as_numpy(x: Any) -> Any:
    """Numbers of Python as the numbers of NumPy that compiled functions return."""
    if isinstance(x, (tuple, list)):
        return tuple(map(as_numpy, x))
    return np.array(x)[()] if isinstance(x, (bool, int, float)) else x


def test_arguments_are_written_in_place_and_captured_arrays_are_read_anew() -> None:
    table = np.array([1, 2, 3], np.uint16)

    @wengert.compile
    def f(a: Any) -> Any:
        a *= 3
        a[0] = 250
        return a[1] + table[a[2] % 3]

    a = np.array([1, 100, 3], np.uint8)
    assert f(a) == 44 + 1 and a.tolist() == [250, 44, 9]
    table[0] = 500
    assert f(a) == 132 + 500


@pytest.mark.parametrize("k", [np.uint8(2), np.int8(-1), np.uint64(3), np.int32(-4)], ids=repr)
def test_any_integer_is_an_index_and_a_bound(k: Any) -> None:
    def f(x: Any, k: Any) -> Any:
        total = 0.0
        for i in range(abs(k)):
            total += x[i]
        return total, x[k], x[:k], x[k:]

    x = np.arange(6.0)
    expected, actual = f(x, k), wengert.compile(f)(x, k)
    assert all(np.array_equal(p, q) for p, q in zip(actual, expected))


def test_a_huge_unsigned_index_is_out_of_bounds() -> None:
    for k in (2**63, 2**64 - 1):
        with pytest.raises(IndexError, match="out of bounds for axis 0 with size 3"):
            wengert.compile(lambda x, k: x[k])(np.ones(3), np.uint64(k))


def test_a_generator_of_random_bits_wraps_around() -> None:
    def f(state: Any) -> Any:
        out = np.empty(5, dtype=np.uint64)
        for k in range(5):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            out[k] = state * np.uint64(2685821657736338717)
        return out, (out >> np.uint64(11)) * 2.0**-53

    expected, actual = f(np.uint64(88172645463325252)), wengert.compile(f)(np.uint64(88172645463325252))
    assert same(actual, expected)


def test_a_mapped_function_keeps_the_types() -> None:
    def f(a: Any, b: Any) -> Any:
        return a * b + 1, a.sum(), a >> 1, a // b

    a, b = np.arange(12, dtype=np.uint8).reshape(3, 4) * 30, np.array([3, 0, 7], np.uint8)
    rows = [f(x, y) for x, y in zip(a, b)]
    assert same(wengert.vmap(f)(a, b), tuple(np.stack(part) for part in zip(*rows)))


# ---------------------------------------------------------------- Python's numbers beside NumPy's


@pytest.mark.parametrize("n", [0, 255, 256, -1, 300])
def test_a_python_int_has_to_fit(n: int) -> None:
    a = np.array([1, 250], np.uint8)

    def store(a: Any, n: Any) -> Any:
        a[1] = n
        return a

    for f in (lambda a, n: a + n, lambda a, n: np.uint8(n), lambda a, n: np.full(2, n, np.uint8), store):
        compiled, literal = wengert.compile(f), wengert.compile(lambda a, f=f: f(a, n))
        if 0 <= n < 256:
            assert same(compiled(a.copy(), n), f(a.copy(), n)) and same(literal(a.copy()), f(a.copy(), n))
            continue
        for run, arguments in ((f, (a.copy(), n)), (compiled, (a.copy(), n)), (literal, (a.copy(),))):
            with pytest.raises(OverflowError, match=f"Python integer {n} out of bounds for uint8"):
                run(*arguments)
    assert same(wengert.compile(lambda a, n: (a < n, n == a))(a, n), (a < n, n == a))


def test_whether_a_number_is_pythons_decides_the_type_and_what_a_division_by_zero_is() -> None:
    f = wengert.compile(lambda a, n: a + n)
    a = np.array([1, 2], np.int16)
    for n in (3, np.int64(3), 3, np.float32(1.5), 2.5, np.int8(3), True):
        assert same(f(a, n), a + n), n
    divide = wengert.compile(lambda a, b: a // b)
    assert divide(7, 2) == 3 and divide(np.int64(7), np.int64(0)) == 0
    with pytest.raises(ZeroDivisionError):
        divide(7, 0)
    for op in (lambda x: x + x, lambda x: ~x, abs, lambda x: x**x):
        f = wengert.compile(lambda x, op=op: op(x))
        for x in (True, np.True_, True, 3, np.int64(3)):
            assert same(as_numpy(f(x)), as_numpy(op(x))), x
    negative = wengert.compile(lambda x: -x)
    assert negative(True) == -1
    with pytest.raises(TypeError, match="numpy boolean negative"):
        negative(np.True_)


def test_a_name_that_is_a_python_int_that_does_not_fit_the_other_type_is_refused() -> None:
    def largest(a: Any) -> Any:
        best = -1
        for k in range(a.shape[0]):
            if a[k] > best:
                best = a[k]
        return best

    with pytest.raises(OverflowError, match="the Python int -1 on one way, and a uint8 on another"):
        wengert.compile(largest)(np.array([1, 2], np.uint8))
    assert wengert.compile(lambda a: (max(-1, a[0]), min(300, a[0])))(np.array([7], np.uint8)) == (7, 7)


# ---------------------------------------------------------------- conversions


def test_floats_become_integers_as_on_x86() -> None:
    """Arrays of three elements: NumPy converts longer ones to uint32 in another way."""
    values = [np.nan, np.inf, -np.inf, -1.5, 300.7, -129.0, 70000.0, -70000.0, 3e9, -3e9, 1e10, 1.5e19, -1.5e19, 9.3e18]
    for dtype in (np.float64, np.float32):
        x = np.array(values, dtype)
        for target in (a.dtype for a in ARRAYS):
            expected = np.concatenate([x[k : k + 1].astype(target) for k in range(len(x))])
            convert = wengert.compile(lambda x, target=target: (x.astype(target), x[4].astype(target)))
            actual, number = convert(x)
            assert same(actual, expected), (target, actual, expected)
            assert same(number, expected[4])


def test_types_are_constants_of_the_compilation() -> None:
    def f(a: Any, b: Any, n: Any) -> Any:
        top = np.iinfo(a.dtype).max
        kind = np.result_type(a, b)
        small = np.result_type(a, n) == a.dtype and not np.can_cast(b, np.uint8)
        return top, np.zeros(2, kind), np.finfo(np.float32).eps, small, np.iinfo(np.int16).min

    arguments = np.array([1], np.uint8), np.array([1], np.int8), 5
    assert same(as_numpy(wengert.compile(f)(*arguments)), as_numpy(f(*arguments)))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("array", "help_"),
    [
        (np.ones(2, np.float16), "compute in float32"),
        (np.ones(2, np.longdouble), "astype"),
        (np.ones(2, ">i4"), "newbyteorder"),
        (np.array(["a"]), "array of numbers"),
        (np.array([None]), "array of numbers"),
        (np.array([1], "M8[s]"), "array of numbers"),
    ],
    ids=lambda x: str(getattr(x, "dtype", "")),
)
def test_other_dtypes_are_refused_with_what_to_do(array: Any, help_: str) -> None:
    as_argument = [lambda: wengert.compile(lambda x: x)(array)] if array.dtype.isnative else []  # else a copy is read
    for run in (*as_argument, lambda: wengert.compile(lambda x: x + array)(np.ones(2))):
        with pytest.raises(WengertError) as refused:
            run()
        assert str(array.dtype) in str(refused.value) and help_ in str(refused.value)


def test_functions_that_numpy_computes_in_half_precision_are_refused() -> None:
    with pytest.raises(WengertError, match=r"the result of numpy\.sin of dtype float16"):
        wengert.compile(np.sin)(np.array([1], np.int8))
    assert wengert.compile(lambda x: np.sqrt(x))(np.array([4], np.int16)).dtype == np.float32


def test_integers_have_no_derivative() -> None:
    for x in ARRAYS[0], np.int32(3):
        with pytest.raises(WengertError, match=r"(uint8 array|an int32)\n"):
            wengert.grad(lambda x: np.sum(x * 1.0))(x)


def test_the_bytes_of_an_array_are_not_read_as_another_type() -> None:
    with pytest.raises(WengertError, match=r"ndarray.view is not covered"):
        wengert.compile(lambda x: x.view(np.int8))(ARRAYS[0])


# ---------------------------------------------------------------- derivatives of programs with integers in them


def test_the_gradient_of_a_program_with_images_labels_and_random_bits() -> None:
    image = np.array([[10, 200, 30], [255, 0, 60], [70, 80, 90]], np.uint8)
    labels = np.array([2, 0, 1], np.int8)

    def f(p: Any, x: Any) -> Any:
        state, total = np.uint64(12345), 0.0
        for i in range(3):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            noise = (state >> np.uint64(11)) * 2.0**-53
            for j in range(3):
                pixel = image[i, j]
                if pixel > 50:
                    total += np.sin(p * pixel / 255.0) * noise
            total += x[labels[i]] ** 2 * (pixel // np.uint8(16))
        return total

    p, x = 0.7, np.array([0.3, -0.2, 0.9])
    assert np.isclose(wengert.compile(f)(p, x), f(p, x), rtol=1e-14)
    wengert.check_grads(f, (p, x), order=2)


@pytest.mark.parametrize("weight", [*ARRAYS, np.uint8(200), np.int16(-3)], ids=lambda a: a.dtype.name)
def test_a_pullback_remembers_integers(weight: Any) -> None:
    x = np.linspace(-1, 1, 5)
    _, pullback = wengert.compile(lambda x, w: wengert.vjp(lambda x: np.sin(x) * w, x))(x, weight)
    assert np.allclose(pullback(np.ones(5))[0], np.cos(x) * weight, rtol=1e-14)


# ---------------------------------------------------------------- functions of NumPy

OF_ONE = [
    np.sum, np.prod, np.cumsum, np.cumprod, np.max, np.argmax, np.mean, np.median, np.sort, np.argsort, np.unique,
    np.diff, np.flip, np.diagonal, np.trace, np.transpose, np.conj, np.real, np.sinc, np.frexp, np.std, np.ptp,
    np.count_nonzero, np.any, np.square, np.sign, np.abs, np.positive, np.gradient, np.tril, np.zeros_like,
]  # fmt: skip
OF_TWO = [
    np.dot, np.outer, np.inner, np.kron, np.vdot, np.maximum, np.searchsorted, np.isin, np.add, np.gcd, np.convolve,
    np.append, np.vecdot, np.gradient, np.nextafter, np.array_equal, lambda x, y: np.concatenate((x, y)),
    lambda x, y: np.take(x, y % 6), lambda x, y: np.interp(y, x, y), lambda x, y: np.bincount(x, y),
]  # fmt: skip


@pytest.mark.parametrize("element", [e for e, dtype in DTYPES.items() if dtype.kind in "iub"])
def test_functions_give_numpys_values_and_types(element: str) -> None:
    sorted_ = np.array([1, 2, 3, 5, 8, 9], DTYPES[element])
    matrix, other = sorted_.reshape(2, 3), np.array([4, 0, 2, 7, 1, 3], DTYPES[element])
    for function, arguments in [*[(f, (matrix,)) for f in OF_ONE], *[(f, (sorted_, other)) for f in OF_TWO]]:
        if function is np.gradient and len(arguments) == 2:
            arguments = other, sorted_
        try:
            expected = as_numpy(function(*arguments))
        except TypeError:
            continue
        types = {np.asarray(part).dtype.name for part in (expected if isinstance(expected, tuple) else (expected,))}
        if "float16" not in types:
            actual = as_numpy(traced_run(function, *arguments, call=call))
            assert same(actual, expected, 1e-6 if "float32" in types else 1e-13), (function.__name__, actual, expected)


def test_foreign_functions_get_and_give_integers_of_any_type() -> None:
    seen: list[Any] = []

    def double(a: Any, k: Any) -> Any:
        seen.append((a.dtype, type(k)))
        return a * np.uint8(2), np.int16(k)

    foreign = wengert.extern(double, (np.zeros(3, np.uint8), np.int16(0)))
    a = np.array([1, 200, 3], np.uint8)
    for run in (wengert.compile(foreign), lambda *args: traced_run(lambda a, k: foreign(a, k), *args, call=call)):
        assert same(run(a, np.int16(-5)), (a * np.uint8(2), np.int16(-5)))
    assert set(seen) == {(np.dtype(np.uint8), np.int16)}
    absolute = wengert.extern((None, "abs"), np.int32, arguments=[np.int32])
    assert same(wengert.compile(lambda x: absolute(x))(np.int32(-5)), np.int32(5))
    with pytest.raises(WengertError, match="a number i8, and a number i32 is declared"):
        wengert.compile(lambda x: absolute(x))(np.int8(-5))
