"""Rules that are refused: missing, wrong, never ending, with effects elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.rules import X, power, refused, source_line
from wengert.dialects.errors import (
    DifferentiationError,
    UnsupportedError,
    WengertTypeError,
    WengertValueError,
)


def test_without_a_rule() -> None:
    f = wengert.custom_vjp(lambda x: x)
    assert "is a custom_vjp function without a rule" in refused(lambda x: f(x), 1.0, WengertTypeError).what
    with pytest.raises(WengertTypeError, match="without a rule"):
        f(1.0)


def with_vjp(bwd: Callable[..., Any], fwd: Any = lambda x: (x * x, x)) -> Callable[..., Any]:
    @wengert.custom_vjp
    def f(x):
        return x * x

    f.defvjp(fwd, bwd)
    return lambda x: np.sum(f(x))


def with_jvp(rule: Callable[..., Any]) -> Callable[..., Any]:
    @wengert.custom_jvp
    def f(x):
        return x * x

    f.defjvp(rule)
    return lambda x: np.sum(f(x))


def rule_without_a_tuple(x, ct):
    return 2 * x * ct


def rule_of_a_wrong_shape(x, ct):
    return (np.sum(2 * x * ct),)


def rule_of_a_wrong_dtype(x, ct):
    return ((2 * x * ct).astype(np.float32),)


def rule_of_a_wrong_structure(x, ct):
    return ([2 * x, ct],)


def one_result(primals, tangents):
    return tangents[0]


def another_value(primals, tangents):
    return (primals[0], primals[0]), tangents[0]


def a_longer_tangent(primals, tangents):
    return primals[0] ** 2, np.zeros(7)


@pytest.mark.parametrize(("rule", "what"), [
    (rule_without_a_tuple, "rule_without_a_tuple returns an array f64(3,), and 1 cotangents are needed"),
    (rule_of_a_wrong_shape, "cotangent 0 of rule_of_a_wrong_shape is a number f64"),
    (rule_of_a_wrong_dtype, "cotangent 0 of rule_of_a_wrong_dtype is an array f32(3,)"),
    (rule_of_a_wrong_structure, "cotangent 0 of rule_of_a_wrong_structure is a list"),
])
def test_wrong_results_of_a_backward_rule(rule: Any, what: str) -> None:
    error = refused(with_vjp(rule), X, WengertValueError)
    assert error.what == what
    assert source_line(error) == f"def {rule.__name__}(x, ct):"


@pytest.mark.parametrize(("rule", "what"), [
    (one_result, "one_result returns an array f64(3,)"),
    (another_value, "out of another_value is a tuple"),
    (a_longer_tangent, "tangent of a_longer_tangent is an array f64(7,)"),
])
def test_wrong_results_of_a_forward_rule(rule: Any, what: str) -> None:
    error = refused(with_jvp(rule), X, WengertValueError)
    assert error.what == what
    assert source_line(error) == f"def {rule.__name__}(primals, tangents):"


def test_a_backward_rule_that_is_not_linear_has_no_pushforward() -> None:
    def bwd(x, ct):
        return (np.clip(ct, -1.0, 1.0),)  # here

    f = with_vjp(bwd)
    np.testing.assert_allclose(wengert.grad(f)(X), np.ones(3))
    error = refused(lambda x: wengert.jvp(f, (x,), (x,)), X, DifferentiationError, wrap=False)
    assert source_line(error).endswith("# here")


def test_what_writes_elsewhere_is_refused() -> None:
    log: list[Any] = []

    @wengert.custom_jvp
    def in_place(x):
        x[0] = 1.0
        return x

    @wengert.custom_jvp
    def logs(x):
        log.append(x)  # here
        return x

    for f in (in_place, logs):
        f.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
    assert "writes to its argument" in refused(lambda x: np.sum(in_place(x)), X, WengertTypeError).what
    error = refused(lambda x: np.sum(logs(x)), X, WengertTypeError)
    assert error.what == "logs changes a list" and source_line(error) == "log.append(x)  # here"
    assert log == []


def test_rules_that_never_end() -> None:
    @wengert.custom_jvp
    def f(x, text):
        return x

    f.defjvp(lambda primals, tangents: (f(primals[0], primals[1] + "'"), tangents[0]))
    error = refused(lambda x: f(x, "a"), 1.0, UnsupportedError)
    assert error.what == "the rules of f call it with ever new Python values"


def test_wrong_arguments_are_refused_where_it_is_called() -> None:
    error = refused(lambda x: power(x), 1.0, WengertTypeError)
    assert error.what == "power: missing a required argument: 'n'"
