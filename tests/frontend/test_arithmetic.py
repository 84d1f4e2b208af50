"""Operators: every pair of kinds of numbers against NumPy and Python, exactly; divisions, powers, writes in place."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import same, traced_run
from wengert.dialects.errors import WengertError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call
from wengert.frontend.conversions import DTYPES

ARRAYS = {
    "f64": np.array([-1.5, 0.0, 2.5, 3.0]),
    "f32": np.array([0.5, -2.0, 1.25, 4.0], np.float32),
    "i64": np.array([-3, 5, 2, 7]),
    "i1": np.array([True, False, True, True]),
    "i8": np.array([-128, 127, 3, -1], np.int8),
    "u8": np.array([255, 0, 3, 7], np.uint8),
    "i32": np.array([-(2**31), 0, 2**31 - 1, 5], np.int32),
    "u64": np.array([0, 2**63, 2**64 - 1, 5], np.uint64),
}
OPERANDS: dict[str, Any] = {
    "bool": True,
    "int": 3,
    "negative": -2,
    "float": 2.5,
    "np.bool": np.bool_(True),
    "np.int64": np.int64(5),
    "np.uint8": np.uint8(2),
    "np.float32": np.float32(1.5),
    "np.float64": np.float64(-2.25),
    **ARRAYS,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COVERED = tuple(dtype.name for dtype in DTYPES.values())


def expected_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """What NumPy gives, or None where it refuses or gives a type that is not compiled."""
    with np.errstate(all="ignore"):
        try:
            result = function(*arguments)
        except (TypeError, ZeroDivisionError, ValueError, OverflowError):
            return None
    return result if np.asarray(result).dtype.name in COVERED else None


def check_pair(function: Callable[[Any, Any], Any], a: Any, b: Any) -> str | None:
    """A complaint when the traced result differs from NumPy's."""
    expected = expected_of(function, a, b)
    try:
        actual = traced_run(function, a, b)
    except (WengertError, ZeroDivisionError) as error:
        return None if expected is None else f"refused: {error.args}"
    return None if expected is not None and same(actual, expected) else f"{actual!r} instead of {expected!r}"


@pytest.mark.parametrize("symbol", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_every_pair_of_kinds_is_computed_in_the_type_of_numpy(symbol: str) -> None:
    complaints = []
    for (i, a), (j, b) in itertools.product(OPERANDS.items(), OPERANDS.items()):
        if symbol in ("<<", ">>") and np.any(np.asarray(b) < 0):
            continue
        complaint = check_pair(BINARY[symbol], a, b)
        if complaint:
            complaints.append(f"{i} {symbol} {j}: {complaint}")
    assert complaints == []


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "<", "=="])
@pytest.mark.parametrize("literal", [2, -3, 2.5, True, np.float32(1.5), np.int64(4)], ids=repr)
@pytest.mark.filterwarnings("ignore")
def test_literals_take_part_as_python_has_them(symbol: str, literal: Any) -> None:
    complaints = []
    for name, x in OPERANDS.items():
        for function in (lambda a: BINARY[symbol](a, literal), lambda a: BINARY[symbol](literal, a)):
            expected = expected_of(function, x)
            try:
                actual = traced_run(function, x)
            except WengertError:
                actual = None
            if not same(actual, expected):
                complaints.append(f"{name} {symbol} {literal!r}: {actual!r} instead of {expected!r}")
    assert complaints == []


@pytest.mark.parametrize("op", [operator.neg, operator.pos, operator.invert, abs], ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_unary_operators(op: Callable[[Any], Any]) -> None:
    for name, x in OPERANDS.items():
        expected = expected_of(op, x)
        if expected is None:
            with pytest.raises(WengertTypeError):
                traced_run(op, x)
        else:
            assert same(traced_run(op, x), expected), name


SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 6.0, -6.0, 1e300, 5e-324, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!="])
def test_special_floats_are_as_in_numpy(symbol: str) -> None:
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    with np.errstate(all="ignore"):
        expected = BINARY[symbol](a, b)
    assert same(traced_run(BINARY[symbol], a, b), expected)


def test_floats_divided_by_zero_give_infinities_as_in_numpy() -> None:
    assert traced_run(lambda x, y: (x / y, -x / y), 1.0, 0.0) == (np.inf, -np.inf)


@pytest.mark.parametrize("symbol", ["//", "%"])
def test_integer_division_floors(symbol: str) -> None:
    a, b = np.meshgrid(np.array([-7, -6, -1, 0, 1, 6, 7]), np.array([-3, -1, 1, 2, 5]))
    assert same(traced_run(BINARY[symbol], a, b), BINARY[symbol](a, b))
    for x, y in itertools.product([-7, 0, 7], [-3, 3]):
        assert same(traced_run(BINARY[symbol], x, y), BINARY[symbol](x, y))
        assert same(traced_run(lambda v, y=y: BINARY[symbol](v, y), x), BINARY[symbol](x, y))


@pytest.mark.parametrize("divide", [lambda a, b: a // b, lambda a, b: a % b], ids=["//", "%"])
def test_a_division_of_python_ints_by_zero_fails_at_its_line_when_it_runs(divide: Callable[..., Any]) -> None:
    with pytest.raises(ZeroDivisionError, match=r"test_arithmetic.py:\d+:\d+: integer division or modulo by zero"):
        traced_run(divide, 5, 0)


@pytest.mark.parametrize("divide", [operator.floordiv, operator.mod, np.fmod], ids=["//", "%", "fmod"])
@pytest.mark.filterwarnings("ignore")
def test_a_division_of_numpys_integers_by_zero_gives_zero(divide: Callable[..., Any]) -> None:
    for dtype in (np.int8, np.uint16, np.int64, np.uint64):
        a, b = np.array([7, 0, 3], dtype), np.array([0, 0, 2], dtype)
        assert same(traced_run(lambda x, y: call(divide, x, y), a, b), divide(a, b))
        assert same(traced_run(lambda x, y: call(divide, x, y), dtype(5), dtype(0)), dtype(0))


def test_the_smallest_integer_has_no_opposite_and_dividing_it_by_minus_one_does_not_trap() -> None:
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        a = np.full(3, np.iinfo(dtype).min)
        for divide in (operator.floordiv, operator.mod):
            with np.errstate(all="ignore"):
                expected = divide(a, dtype(-1))
            assert same(traced_run(divide, a, dtype(-1)), expected)
            assert same(wengert.compile(divide)(a, np.full(3, -1, dtype)), expected)


# ---------------------------------------------------------------- powers


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 7, 16, -1, -2, 0.0, 2.0, 0.5, -0.5, 2.5, 17, 1000])
def test_powers_with_a_literal_exponent(exponent: float) -> None:
    with np.errstate(all="ignore"):
        for x in (np.array([0.5, 1.0, 1.25, 2.0]), 1.5, np.float32(1.5)):
            actual, expected = traced_run(lambda v: v**exponent, x), x**exponent
            assert same(actual, expected, 1e-6 if isinstance(x, np.float32) else 1e-13), (x, actual, expected)


def test_powers_of_negative_numbers_with_integer_exponents() -> None:
    x = np.array([-2.0, -0.5, 3.0])
    assert same(traced_run(lambda v, n: v**n, x, 3), x**3, 1e-15)
    assert same(traced_run(lambda v: v**3, x), x**3, 1e-15)


def test_integer_powers() -> None:
    assert same(traced_run(lambda a, b: a**b, np.array([-2, 3, 5]), np.array([3, 0, 2])), np.array([-8, 1, 25]))
    assert same(traced_run(lambda a, b: a**b, -3, 5), -243)
    assert same(traced_run(lambda a: a**-2, 4), 4**-2)
    assert same(traced_run(lambda a: 2**a, 10), 1024)


def test_a_negative_power_of_an_integer_array_is_refused_as_in_numpy() -> None:
    with pytest.raises(WengertValueError, match="negative integer powers"):
        traced_run(lambda a: a**-1, np.array([1, 2]))
    with pytest.raises(WengertValueError, match="negative integer powers"):
        traced_run(lambda a, b: a**b, np.array([1, 2]), -1)


def test_shifts_beyond_the_width_are_as_in_numpy() -> None:
    a, n = np.array([5, -5]), np.array([[1], [63], [64], [100]])
    assert same(traced_run(lambda x, y: x << y, a, n), a << n)
    assert same(traced_run(lambda x, y: x >> y, a, n), a >> n)
    with pytest.raises(WengertValueError, match="negative shift count"):
        traced_run(lambda x, y: x << y, 1, -1)


# ---------------------------------------------------------------- broadcasting


@pytest.mark.parametrize(
    ("s", "t"), [((3, 1), (4,)), ((1, 4), (3, 4)), ((2, 1, 4), (3, 1)), ((1,), (0,)), ((3, 0), (1, 1)), ((5,), (5,))]
)
def test_shapes_broadcast(s: tuple[int, ...], t: tuple[int, ...]) -> None:
    a, b = np.arange(np.prod(s), dtype=float).reshape(s), np.arange(np.prod(t), dtype=float).reshape(t) + 1
    assert same(traced_run(operator.add, a, b), a + b)
    assert same(traced_run(operator.lt, a, b), a < b)


def test_shapes_that_do_not_broadcast_are_refused_with_both_shapes() -> None:
    with pytest.raises(WengertValueError, match=r"could not be broadcast together with shapes \(3,\) \(2, 5\)"):
        traced_run(operator.add, np.zeros(3), np.zeros((2, 5)))


def test_extents_known_at_run_time_are_compared_when_the_code_runs() -> None:
    def tails(x: Any, i: int, j: int) -> Any:
        return x[i:] + x[j:]

    x = np.arange(5.0)
    assert same(traced_run(tails, x, 2, 2), x[2:] + x[2:])
    with pytest.raises(WengertValueError, match="extents 3 and 2"):
        traced_run(tails, x, 2, 3)
    with pytest.raises(WengertValueError, match="extents 5 and 4"):
        traced_run(lambda a, i: a + a[i:], x, 1)


# ---------------------------------------------------------------- in place


def test_writes_in_place_keep_the_array_and_its_type() -> None:
    def update(a: Any, f: Any) -> Any:
        b = a
        a += 1.5
        a *= f
        b[0] -= 1.0
        return b is a

    a0, a1, f = np.arange(3.0), np.arange(3.0), np.array([1.0, 2.0, 3.0])
    assert update(a0, f) == traced_run(update, a1, f)
    assert same(a0, a1)


@pytest.mark.parametrize(
    "symbol", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor"]
)
@pytest.mark.filterwarnings("ignore")
def test_every_pair_in_place_is_stored_or_refused_as_in_numpy(symbol: str) -> None:
    op = getattr(operator, symbol)
    complaints = []
    for (i, a), (j, b) in itertools.product(ARRAYS.items(), OPERANDS.items()):
        if symbol in ("ifloordiv", "imod", "ipow") and (not np.all(b) or np.any(np.asarray(b) < 0)):
            continue
        a0, a1 = a.copy(), a.copy()
        expected = expected_of(op, a0, b)
        try:
            actual = traced_run(op, a1, b)
        except WengertError:
            actual = None
        if not same(actual, expected, 1e-6 if symbol == "ipow" else 0.0):
            complaints.append(f"{i} {symbol} {j}: {actual!r} instead of {expected!r}")
        if actual is not None and not same(a0, a1, 1e-6 if symbol == "ipow" else 0.0):
            complaints.append(f"{i} {symbol} {j}: the array")
    assert complaints == []


def test_an_operation_in_place_that_changes_the_type_names_both_types() -> None:
    def grow(n: Any, x: Any) -> None:
        n += x

    with pytest.raises(WengertTypeError) as refused:
        traced_run(grow, np.arange(3), 0.5)
    text = str(refused.value)
    assert "float64" in text and "int64" in text and "a + b" in text
    line = grow.__code__.co_firstlineno + 1
    assert refused.value.position is not None and refused.value.position.line == line
    assert text.splitlines()[2].index("^") == text.splitlines()[1].index("n +=")


def test_an_operation_in_place_that_changes_the_shape_is_refused() -> None:
    with pytest.raises(WengertValueError, match="non-broadcastable output operand"):
        traced_run(operator.iadd, np.zeros(3), np.zeros((2, 3)))


def test_numbers_are_rebound() -> None:
    def count(n: int, x: float) -> Any:
        m = n
        n += 1
        x /= 2
        return m, n, x

    assert same(traced_run(count, 3, 5.0), count(3, 5.0))


# ---------------------------------------------------------------- refusals


def test_floats_have_no_bits() -> None:
    with pytest.raises(WengertTypeError, match=r"unsupported operand type\(s\) for &: float and int"):
        traced_run(operator.and_, 1.5, 3)


def test_a_number_that_does_not_fit_in_64_bits_is_refused() -> None:
    with pytest.raises(OverflowError, match="Python integer 1180591620717411303424 out of bounds for int64"):
        traced_run(lambda n: n + 2**70, 1)


def test_other_types_of_numbers_are_refused_by_name() -> None:
    with pytest.raises(WengertTypeError, match=r"(longdouble|float128) is not covered"):
        traced_run(lambda x: x + np.ones(2, np.longdouble), np.ones(2))
    with pytest.raises(WengertTypeError, match="float16 is not covered"):
        traced_run(lambda x: x + np.float16(1), np.ones(2))


def test_the_truth_of_a_number_cannot_decide_code_that_is_not_rewritten() -> None:
    with pytest.raises(Exception, match="its truth decides"):
        traced_run(lambda x: 1.0 if x > 0 else 2.0, 1.0)
    with pytest.raises(WengertTypeError, match="truth of an array"):
        traced_run(lambda x: bool(x), np.ones(2))


class Complex2:
    """A class with operators of its own."""

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Complex2):
            return NotImplemented
        return Complex2(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __rmul__(self, factor: Any) -> Any:
        return Complex2(factor * self.re, factor * self.im)


def test_operators_of_user_classes_are_traced() -> None:
    from wengert.frontend.calls import call

    def square(x: Any, y: Any) -> Any:
        z = Complex2(x, y)
        w = 2.0 * (z * z)
        v = x * w
        return w.re, w.im, v.im

    assert same(traced_run(square, 1.5, 0.5, call=call), square(1.5, 0.5))


def test_windows_of_run_time_size_are_changed_in_place() -> None:
    def update(a: Any, i: int, k: int) -> None:
        v = a[:k]
        v += a[i:]
        v *= 2.0
        a[k:] -= np.ones(3)

    x, y = np.arange(5.0), np.arange(5.0)
    update(x, 3, 2)
    traced_run(update, y, 3, 2)
    assert same(x, y)
    with pytest.raises(WengertValueError, match=r"3 elements into 2|extents 2 and 3"):
        traced_run(update, y, 2, 2)
