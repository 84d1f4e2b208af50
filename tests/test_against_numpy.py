"""Every covered function of NumPy on random arguments: value, dtype, shape and refusals are NumPy's."""

from __future__ import annotations

import operator
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wengert
from tests.calls import (  # noqa: F401  (they fill the registry)
    creation,
    decompositions,
    fourier,
    methods,
    polynomials,
    products,
    reductions,
    selecting,
    shapes,
    subscripts,
    ufuncs,
    writing,
)
from tests.calls.registry import CALLS, Call, View, function_of
from wengert.dialects.errors import UnsupportedError, WengertTypeError
from wengert.frontend.numpy_table import TABLE
from wengert.frontend.specialize import interpret

#: Of float results: float32 sums in another order, elementary functions within some ulp.
TOLERANCES = {"float32": 2e-5, "complex64": 2e-5}
QUICK = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
COMPILED = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

#: Memory nobody has written.
UNDEFINED = {"empty", "empty_like"}
#: Vectors that are determined up to a factor of absolute value one; complex eigenvalues that NumPy makes real.
UP_TO_SIGN = {"linalg.eig", "linalg.eigvals", "linalg.eigh", "linalg.svd", "linalg.qr"}

COVERED = sorted(CALLS)


@dataclass(frozen=True)
class Slot:
    """Where an array known at run time only stands among the arguments."""

    number: int


def program_of(name: str, call: Call) -> tuple[Any, tuple[np.ndarray, ...]]:
    """A function of the run-time arrays of a call, and these arrays."""
    function = function_of(name)
    views: list[View] = []

    def place(x: Any) -> Any:
        if isinstance(x, View):
            views.append(x)
            return Slot(len(views) - 1)
        return type(x)(place(y) for y in x) if isinstance(x, (list, tuple)) else x

    slots = [place(x) for x in call.positional]
    options = call.options

    def of(slot: Any, arrays: Any) -> Any:
        """The argument: a view of an array, a constant, or such in a list or tuple."""
        if isinstance(slot, Slot):
            return views[slot.number].of(arrays[slot.number])
        if isinstance(slot, list):
            return [of(x, arrays) for x in slot]
        if isinstance(slot, tuple):
            return tuple([of(x, arrays) for x in slot])
        return slot

    def program(*arrays: Any) -> Any:
        return function(*[of(slot, arrays) for slot in slots], **options)

    return program, tuple(view.whole for view in views)


def outcome(run: Any, *arguments: Any) -> tuple[Any, BaseException | None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run(*arguments), None
        except UnsupportedError as error:
            return None, error
        except (TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError, np.exceptions.AxisError) as error:
            return None, error


def parts(value: Any) -> list[Any]:
    """The arrays and numbers of a result."""
    return [part for x in value for part in parts(x)] if isinstance(value, (tuple, list)) else [value]


def sizes(value: Any) -> Any:
    return tuple(sizes(x) for x in value) if isinstance(value, (tuple, list)) else np.abs(value)


def agree(got: Any, expected: Any) -> None:
    if isinstance(expected, (tuple, list)):
        assert isinstance(got, (tuple, list)) and len(got) == len(expected), (got, expected)
        for g, e in zip(got, expected):
            agree(g, e)
        return
    g, e = np.asarray(got), np.asarray(expected)
    assert g.shape == e.shape, f"shape {g.shape}, not {e.shape}"
    assert g.dtype == e.dtype, f"dtype {g.dtype}, not {e.dtype}"
    if e.dtype.kind in "fc":
        tolerance = TOLERANCES.get(str(e.dtype), 1e-11)
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(g, e)


def complex_numbers(call: Call) -> bool:
    """Whether complex numbers are among the arguments, or asked for by an option."""
    given = [x.whole if isinstance(x, View) else x for x in parts([*call.positional, *call.options.values()])]
    return any(np.iscomplexobj(x) or "complex" in str(x) for x in given)


def compare(name: str, call: Call, compiled: bool = False) -> None:
    """wengert's outcome is NumPy's: the same value, or both refuse."""
    program, arrays = program_of(name, call)
    written = [a.copy() for a in arrays]
    expected, theirs = outcome(program, *written)
    copies = [a.copy() for a in arrays]
    if compiled:
        got, ours = outcome(wengert.compile(program), *copies)
    else:
        got, ours = outcome(lambda *x: interpret(program, x, {}), *copies)
    if isinstance(ours, UnsupportedError) or (isinstance(ours, WengertTypeError) and complex_numbers(call)):
        return  # refused by name and line: docs/coverage.md has it
    if theirs is not None:
        assert ours is not None, f"NumPy refuses with {theirs!r}; the result here is {got!r}"
        return
    if any(np.asarray(part).dtype == np.float16 for part in parts(expected)):
        assert ours is not None, f"{got!r}, where NumPy's result is float16, which is not covered"
        return
    assert ours is None, f"{ours!r} where NumPy gives {expected!r}"
    if name not in UNDEFINED:
        agree(*(sizes(x) for x in (got, expected)) if name in UP_TO_SIGN else (got, expected))
    agree(copies, written)


#: The test that covers what takes an iterator, or is refused by name.
ELSEWHERE = {
    "fromiter": "frontend/test_numpy_shapes.py",
    "frombuffer": "test_against_numpy.py",
    "frompyfunc": "test_against_numpy.py",
}


@pytest.mark.parametrize("program", [
    lambda x: np.frombuffer(x),
    lambda x: np.frompyfunc(abs, 1, 1)(x),
])
def test_what_is_always_refused(program: Any) -> None:
    with pytest.raises((UnsupportedError, WengertTypeError)):
        wengert.compile(program)(np.ones(3))


def test_every_covered_function_is_called() -> None:
    called = {operator.attrgetter(name)(np) for name in CALLS if hasattr(np, name.split(".")[0])}
    for module in (np, np.fft, np.linalg):
        for name in dir(module):
            function = getattr(module, name)
            if name.startswith("_") or isinstance(function, type) or not callable(function) or function not in TABLE:
                continue
            assert (function in called) != (name in ELSEWHERE), f"{module.__name__}.{name}"
    for name, file in ELSEWHERE.items():
        assert f"np.{name}" in (Path(__file__).parent / file).read_text(), f"{name} is not in {file}"


def found(z: Any, m: Any, v: Any, narrow: Any, x: Any) -> Any:
    """What random calls found: each was wrong or refused once."""
    z[m] += v
    return (
        z, np.vander(z, 3), np.power(np.zeros_like(z), z * z.conj() + 1j), np.power(narrow, 3),
        np.power(2, narrow), v / narrow,
        *np.broadcast_arrays(x, z), np.sort_complex(narrow.real), np.float_power(narrow, v), (x > 0).conj(),
        np.asfortranarray(v), np.flip(v), np.angle(x[0] > 0), np.nanquantile(narrow.real, 0.5),
        np.unravel_index(x[:0].astype(int), (2, 3)), np.pad(m, 1, mode="mean"), np.pad(m[:2], (0, 1), mode="median"),
    )  # fmt: skip


def test_what_was_found() -> None:
    z, m = np.array([1 + 2j, 3j, 0.5]), np.array([True, False, True])
    rest = (np.array(2.25), np.array([2 + 1j, 1j], np.complex64), np.array([1.0, -2.0, 0.5]))
    ours = wengert.compile(found)(z.copy(), m, *rest)
    agree(ours, found(z.copy(), m, *rest))


@st.composite
def any_call(draw: Any) -> tuple[str, Call]:
    name = draw(st.sampled_from(COVERED))
    return name, draw(CALLS[name])


@QUICK
@given(any_call())
def test_interpreted(chosen: tuple[str, Call]) -> None:
    compare(*chosen)


@COMPILED
@given(any_call())
def test_compiled(chosen: tuple[str, Call]) -> None:
    compare(*chosen, compiled=True)


@pytest.mark.slow
@LONG
@given(any_call())
def test_many(chosen: tuple[str, Call]) -> None:
    compare(*chosen)
