"""Runs a function through the trace and the NumPy interpreter of the IR, without compiling it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.control import return_
from wengert.dialects.interpret import run
from wengert.frontend.calls import call
from wengert.frontend.conversions import element_of
from wengert.frontend.operands import is_number, kind_of, operand
from wengert.frontend.trace import Trace
from wengert.frontend.values import Array, Box, Scalar

_context: list[Any] = []


@contextmanager
def traced_module(
    function: Callable[..., Any], *arguments: Any, call: Callable[..., Any] | None = None
) -> Iterator[Any]:
    """The module of one function `f`, and what is needed to run it."""
    if not _context:
        _context.append(make_context())
    with _context[0], ir.Location.unknown():
        module = ir.Module.create()
        trace = Trace(module)
        inputs = [x for x in arguments if _is_input(x)]
        with trace, trace.function("f", [_type(trace, x) for x in inputs], private=False) as region:
            values = iter(region.arguments)
            traced = [_value(x, next(values), k) if _is_input(x) else x for k, x in enumerate(arguments)]
            for x, value in zip(arguments, traced, strict=True):
                if isinstance(value, Box):
                    trace.boxes[id(x)] = (x, value)
            boxes = [(x, box, box.value) for x, box in zip(arguments, traced, strict=True) if isinstance(box, Box)]
            result = function(*traced) if call is None else call(function, *traced)
            leaves: list[Any] = []
            rebuild = _flatten(result, leaves)
            written = [(x, box.value) for x, box, before in boxes if box.value is not before]
            written += [(c.array, c.value.value) for c in trace.captured if c.written]
            return_([*leaves, *[v for _, v in written]], region.block)
        module.operation.verify()
        yield module, (inputs, trace, written, leaves, rebuild)


def traced_run(function: Callable[..., Any], *arguments: Any, call: Callable[..., Any] | None = None) -> Any:
    """What `function` gives when it is traced and its IR is interpreted; changed array arguments are written back.

    Arrays and numbers become traced values, all else is passed on.  `call(function, *values)` runs the function (by
    default directly, so that only operators and methods are traced).
    """
    with traced_module(function, *arguments, call=call) as (module, (inputs, trace, written, leaves, rebuild)):
        hidden = [c.array for c in trace.captured]
        results = run(module, "f", [x.copy() if isinstance(x, np.ndarray) else x for x in (*inputs, *hidden)])
        for (target, _), new in zip(written, results[len(leaves) :], strict=True):
            target[...] = new
        return rebuild(iter(results))


def _is_input(x: Any) -> bool:
    return isinstance(x, np.ndarray) or is_number(x)


def _type(trace: Trace, x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return trace.tensor_type(x.shape, kind_of_array(x))
    return trace.types[kind_of(x).element]


def kind_of_array(x: np.ndarray) -> str:
    return element_of(x.dtype)


def _value(x: Any, value: Any, k: int) -> Any:
    if isinstance(x, np.ndarray):
        return Box(value, x.shape, kind_of_array(x))
    kind = kind_of(x)
    return Scalar(value, kind.element, kind.weak, origins=frozenset([("arg", str(k))]))


def _flatten(x: Any, leaves: list[Any]) -> Callable[[Any], Any]:
    """Collects IR values of a result; the function that puts interpreted values in their places."""
    if isinstance(x, Array):
        leaves.append(x.read())
        return lambda values: next(values).astype(x.dtype, copy=False)
    if isinstance(x, Scalar):
        leaves.append(x.value)
        return (lambda values: next(values).item()) if x.weak else (lambda values: next(values).astype(x.dtype))
    if isinstance(x, (tuple, list)):
        parts = [_flatten(y, leaves) for y in x]
        return lambda values: type(x)(part(values) for part in parts)
    if isinstance(x, np.ndarray):
        return _flatten(operand(x), leaves)
    return lambda values: x


def same(a: Any, b: Any, tolerance: float = 0.0) -> bool:
    """Equal in type, dtype, shape and value (nan equals nan, zeros compare with their sign)."""
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b))
    if isinstance(b, np.ndarray) and not b.ndim:
        b = b[()]  # a 0-d result is a NumPy scalar in compiled code
    x, y = np.asarray(a), np.asarray(b)
    if type(a) is not type(b) or x.dtype != y.dtype or x.shape != y.shape:
        return False
    if x.dtype.kind != "f":
        return bool(np.array_equal(x, y))
    close = (
        np.isclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True)
        if tolerance
        else (x == y) | (np.isnan(x) & np.isnan(y))
    )
    zeros = (np.signbit(x) == np.signbit(y)) | (x != 0) | np.isnan(x)
    return bool(np.all(close & (zeros if not tolerance else True)))


def check(function: Callable[..., Any], *arguments: Any, tolerance: float = 0.0) -> None:
    """The result, and what is done to the arguments, are as in NumPy, and so are types and shapes."""
    plain, traced = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*plain)
    actual = traced_run(function, *traced, call=call)
    assert same(actual, expected, tolerance), f"{actual!r} instead of {expected!r}"
    assert same(traced, plain, tolerance)


def lines_of(cases: list[Callable[..., Any]]) -> list[str]:
    """Names for test cases: the lines where they are written."""
    return [f"line {f.__code__.co_firstlineno}" for f in cases]
