"""Calls of functions with rules: against the derivative of the functions' own bodies, in every mode and order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.passes.test_expand import POWER, expanded, forward_of, linear_of, reverse_of
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.control import find_function, function_types
from wengert.dialects.errors import DifferentiationError, UnsupportedError, WengertValueError
from wengert.dialects.interpret import run

JVP = "diff.custom_jvp = @power_jvp"
PAIR = "diff.custom_fwd = @power_fwd, diff.custom_rev = @power_rev"
# x^n with its derivative by formula: n x^(n-1), by a call of itself.
RULES = """
func.func private @slope(%x: f64, %n: index) -> f64 {
  %k1 = arith.constant 1 : index
  %m = arith.subi %n, %k1 : index
  %p = call @power(%x, %m) : (f64, index) -> f64
  %i = arith.index_cast %n : index to i64
  %a = arith.sitofp %i : i64 to f64
  %s = arith.mulf %a, %p : f64
  return %s : f64
}
func.func private @power_jvp(%x: f64, %n: index, %dx: f64) -> (f64, f64) {
  %y = call @power(%x, %n) : (f64, index) -> f64
  %s = call @slope(%x, %n) : (f64, index) -> f64
  %dy = arith.mulf %s, %dx : f64
  return %y, %dy : f64, f64
}
func.func private @power_fwd(%x: f64, %n: index) -> (f64, f64, index) {
  %y = call @power(%x, %n) : (f64, index) -> f64
  return %y, %x, %n : f64, f64, index
}
func.func private @power_rev(%x: f64, %n: index, %ct: f64) -> f64 {
  %s = call @slope(%x, %n) : (f64, index) -> f64
  %g = arith.mulf %s, %ct : f64
  return %g : f64
}
"""
CALL = """
func.func @f(%x: f64, %n: index) -> f64 {
  %y = call @power(%x, %n) : (f64, index) -> f64
  return %y : f64
}"""
# s = x; for k < n: s = 0.3 s^k + x if k is odd, else sin s: calls in a branch in a loop.
LOOP = """
func.func @f(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k2 = arith.constant 2 : index
  %c = arith.constant 0.3 : f64
  %r = scf.for %k = %k0 to %n step %k1 iter_args(%s = %x) -> f64 {
    %m = arith.remsi %k, %k2 : index
    %odd = arith.cmpi eq, %m, %k1 : index
    %t = scf.if %odd -> f64 {
      %p = func.call @power(%s, %k) : (f64, index) -> f64
      %q = arith.mulf %c, %p : f64
      %u = arith.addf %q, %x : f64
      scf.yield %u : f64
    } else {
      %u = math.sin %s : f64
      scf.yield %u : f64
    }
    scf.yield %t : f64
  }
  return %r : f64
}"""


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context() as context, ir.Location.unknown():
        yield context


def power(rules: str) -> str:
    """@power with some of its rules."""
    text = POWER.replace("@f(", "private @power(")
    return text.replace("-> f64 {\n  %k0", f"-> f64 attributes {{{rules}}} {{\n  %k0")


def derived(text: str, modes: str) -> tuple[Any, str]:
    name = "f"
    for mode in modes:
        text += {"r": reverse_of, "f": forward_of, "l": linear_of}[mode](name)
        name = f"d.{name}"
    return expanded(text), name


@pytest.mark.parametrize("program", [CALL, LOOP], ids=["call", "loop"])
@pytest.mark.parametrize("modes", ["r", "f", "l", "rr", "fr", "rf", "lr", "ff", "rfr"])
@pytest.mark.parametrize("rules", [JVP, PAIR], ids=["jvp", "pair"])
def test_right_rules_change_no_derivative(rules: str, modes: str, program: str) -> None:
    module, name = derived(power(rules) + RULES + program, modes)
    plain, _ = derived(power("") + program, modes)
    for n in (0, 1, 2, 5):
        assert run(module, name, [0.8, n])[0] == pytest.approx(run(plain, name, [0.8, n])[0], rel=1e-11, abs=1e-13)


TELLING = """
func.func private @f(%x: f64) -> f64 attributes {diff.custom_jvp = @j, diff.custom_fwd = @w, diff.custom_rev = @v} {
  return %x : f64
}
func.func private @j(%x: f64, %dx: f64) -> (f64, f64) {
  %c = arith.constant 2.0 : f64
  %d = arith.mulf %c, %dx : f64
  return %x, %d : f64, f64
}
func.func private @w(%x: f64) -> f64 {
  return %x : f64
}
func.func private @v(%ct: f64) -> f64 {
  %c = arith.constant 3.0 : f64
  %d = arith.mulf %c, %ct : f64
  return %d : f64
}
func.func @g(%x: f64, %n: index) -> f64 {
  %y = call @f(%x) : (f64) -> f64
  %z = arith.mulf %y, %y : f64
  return %z : f64
}"""


@pytest.mark.parametrize(("mode", "factor"), [(forward_of, 2), (reverse_of, 3), (linear_of, 2)])
def test_each_mode_takes_the_rule_it_prefers(mode: Any, factor: int) -> None:
    assert run(expanded(TELLING + mode("g")), "d.g", [5.0, 0]) == [10.0 * factor]


def test_without_a_choice_it_takes_the_other() -> None:
    only_jvp = TELLING.replace(", diff.custom_fwd = @w, diff.custom_rev = @v", "")
    only_pair = TELLING.replace("diff.custom_jvp = @j, ", "")
    assert run(expanded(only_jvp + reverse_of("g")), "d.g", [5.0, 0]) == [20.0]
    assert run(expanded(only_pair + forward_of("g")), "d.g", [5.0, 0]) == [30.0]


def test_a_function_with_rules_is_itself_differentiated_by_them() -> None:
    text = TELLING + """
    func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
    func.func @d(%x: f64) -> f64 {
      %one = arith.constant 1.0 : f64
      %y:2 = call @f.jvp(%x, %one) : (f64, f64) -> (f64, f64)
      return %y#1 : f64
    }"""
    assert run(expanded(text), "d", [5.0]) == [2.0]


# (x, A, n) -> (A sum(x), 7n, x . A): one argument of three moves, results of three kinds.
ARRAYS = """
func.func private @f(%x: f64, %A: tensor<3xf64>, %n: i64) -> (tensor<3xf64>, i64, f64)
    attributes {diff.custom_fwd = @w, diff.custom_rev = @v} {
  %s = "nd.broadcast"(%x) {dimensions = array<i64>} : (f64) -> tensor<3xf64>
  %a = arith.mulf %A, %s : tensor<3xf64>
  %t = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 0>} : (tensor<3xf64>) -> f64
  return %a, %n, %t : tensor<3xf64>, i64, f64
}
func.func private @w(%x: f64, %A: tensor<3xf64>, %n: i64) -> (tensor<3xf64>, i64, f64, f64, tensor<3xf64>) {
  %y:3 = call @f(%x, %A, %n) : (f64, tensor<3xf64>, i64) -> (tensor<3xf64>, i64, f64)
  return %y#0, %y#1, %y#2, %x, %A : tensor<3xf64>, i64, f64, f64, tensor<3xf64>
}
func.func private @v(%x: f64, %A: tensor<3xf64>, %c: tensor<3xf64>, %d: f64) -> (f64, tensor<3xf64>) {
  %D = "nd.broadcast"(%d) {dimensions = array<i64>} : (f64) -> tensor<3xf64>
  %e = arith.addf %c, %D : tensor<3xf64>
  %X = "nd.broadcast"(%x) {dimensions = array<i64>} : (f64) -> tensor<3xf64>
  %ctA = arith.mulf %X, %e : tensor<3xf64>
  %p = arith.mulf %A, %e : tensor<3xf64>
  %ctx = "nd.reduce"(%p) {kind = "sum", axes = array<i64: 0>} : (tensor<3xf64>) -> f64
  return %ctx, %ctA : f64, tensor<3xf64>
}
func.func @g(%x: f64, %A: tensor<3xf64>, %n: i64) -> (tensor<3xf64>, i64, f64) {
  %y:3 = call @f(%x, %A, %n) : (f64, tensor<3xf64>, i64) -> (tensor<3xf64>, i64, f64)
  return %y#0, %y#1, %y#2 : tensor<3xf64>, i64, f64
}
"""
USES = """
func.func private @g.jvp(f64, tensor<3xf64>, i64, WRT) -> (tensor<3xf64>, i64, f64, tensor<3xf64>, f64)
  attributes {diff.jvp = @g, diff.wrt = array<i64: AT>}
func.func private @g.fwd(f64, tensor<3xf64>, i64) -> (tensor<3xf64>, i64, f64, !diff.residuals)
  attributes {diff.fwd = @g, diff.wrt = array<i64: AT>}
func.func private @g.rev(!diff.residuals, tensor<3xf64>, f64) -> (WRT) attributes {diff.rev = @g.fwd}
func.func private @g.lin(!diff.residuals, WRT) -> (tensor<3xf64>, f64) attributes {diff.lin = @g.fwd}
func.func @forward(%x: f64, %A: tensor<3xf64>, %n: i64, %d: WRT) -> (tensor<3xf64>, i64, f64, tensor<3xf64>, f64) {
  %y:5 = call @g.jvp(%x, %A, %n, %d)
    : (f64, tensor<3xf64>, i64, WRT) -> (tensor<3xf64>, i64, f64, tensor<3xf64>, f64)
  return %y#0, %y#1, %y#2, %y#3, %y#4 : tensor<3xf64>, i64, f64, tensor<3xf64>, f64
}
func.func @both(%x: f64, %A: tensor<3xf64>, %n: i64, %d: WRT, %c: tensor<3xf64>, %e: f64)
    -> (WRT, tensor<3xf64>, f64) {
  %y:4 = call @g.fwd(%x, %A, %n) : (f64, tensor<3xf64>, i64) -> (tensor<3xf64>, i64, f64, !diff.residuals)
  %g = call @g.rev(%y#3, %c, %e) : (!diff.residuals, tensor<3xf64>, f64) -> (WRT)
  %t:2 = call @g.lin(%y#3, %d) : (!diff.residuals, WRT) -> (tensor<3xf64>, f64)
  return %g, %t#0, %t#1 : WRT, tensor<3xf64>, f64
}"""


@pytest.mark.parametrize("moving", ["f64", "tensor<3xf64>"])
def test_arguments_that_do_not_move_and_results_of_every_kind(moving: str) -> None:
    scalar = moving == "f64"
    module = expanded(ARRAYS + USES.replace("WRT", moving).replace("AT", "0" if scalar else "1"))
    rng = np.random.default_rng(0)
    x, A, n, c, e = 1.5, rng.standard_normal(3), 7, rng.standard_normal(3), 0.25
    d = 2.0 if scalar else rng.standard_normal(3)
    tangent = A * d if scalar else x * d
    y, m, t, dy, dt = run(module, "forward", [x, A, n, d])
    np.testing.assert_allclose(y, A * x)
    assert (m, t) == (7, pytest.approx(np.sum(A * x)))
    np.testing.assert_allclose(dy, tangent, rtol=1e-14)
    assert dt == pytest.approx(tangent.sum())
    g, dy, dt = run(module, "both", [x, A, n, d, c, e])
    np.testing.assert_allclose(dy, tangent, rtol=1e-14)
    np.testing.assert_allclose(np.sum(g * d), np.sum(c * dy) + e * dt, rtol=1e-13)


def test_a_loop_in_a_pullback_is_transposed() -> None:
    """ct -> 2^n ct by a `while` that doubles, and its transpose, which has to count."""
    text = """
    func.func private @f(%x: f64, %n: index) -> f64 attributes {diff.custom_fwd = @w, diff.custom_rev = @v} {
      return %x : f64
    }
    func.func private @w(%x: f64, %n: index) -> (f64, index) {
      return %x, %n : f64, index
    }
    func.func private @v(%n: index, %ct: f64) -> f64 {
      %k1 = arith.constant 1 : index
      %k0 = arith.constant 0 : index
      %r:2 = scf.while (%i = %k0, %a = %ct) : (index, f64) -> (index, f64) {
        %more = arith.cmpi slt, %i, %n : index
        scf.condition(%more) %i, %a : index, f64
      } do {
      ^bb0(%i: index, %a: f64):
        %b = arith.addf %a, %a : f64
        %j = arith.addi %i, %k1 : index
        scf.yield %j, %b : index, f64
      }
      return %r#1 : f64
    }
    func.func @g(%x: f64, %n: index) -> f64 {
      %y = call @f(%x, %n) : (f64, index) -> f64
      return %y : f64
    }"""
    for mode in (forward_of, reverse_of, linear_of):
        module = expanded(text + mode("g"))
        assert [run(module, "d.g", [1.0, n])[0] for n in (0, 1, 4)] == [1.0, 2.0, 16.0]


def test_what_an_inactive_argument_needs_is_not_saved() -> None:
    """The pullback of x * A with respect to x needs A; what ct_A would need is no residual."""
    text = ARRAYS + """
    func.func private @g.fwd(f64, tensor<3xf64>, i64) -> (tensor<3xf64>, i64, f64, !diff.residuals)
      attributes {diff.fwd = @g, diff.wrt = array<i64: 0>}
    func.func private @g.rev(!diff.residuals, tensor<3xf64>, f64) -> f64 attributes {diff.rev = @g.fwd}"""
    types = [str(t) for t in function_types(find_function(expanded(text), "g.rev"))[0]]
    assert types == ["tensor<3xf64>", "tensor<3xf64>", "f64"]  # A, ct, ct


# ---------------------------------------------------------------- refusals


def refused(text: str, mode: Any = forward_of) -> Any:
    with pytest.raises((DifferentiationError, WengertValueError, UnsupportedError)) as caught:
        expanded(text + mode("g"))
    return caught.value


def test_a_pullback_that_is_not_linear_has_no_transpose_but_is_a_pullback() -> None:
    clipping = TELLING.replace("diff.custom_jvp = @j, ", "").replace("arith.mulf %c, %ct", "arith.minimumf %c, %ct")
    assert run(expanded(clipping + reverse_of("g")), "d.g", [5.0, 0]) == [3.0]
    assert refused(clipping).what == "the rule v is not linear in the cotangents"


@pytest.mark.parametrize("wrong", ["arith.addf %c, %dx", "arith.mulf %dx, %dx", "arith.maximumf %c, %dx",
                                   "arith.addf %x, %c"])
@pytest.mark.parametrize("mode", [forward_of, reverse_of])
def test_a_tangent_that_is_not_linear_is_refused(wrong: str, mode: Any) -> None:
    only_jvp = TELLING.replace(", diff.custom_fwd = @w, diff.custom_rev = @v", "")
    assert refused(only_jvp.replace("arith.mulf %c, %dx", wrong), mode).what == \
        "the rule j is not linear in the tangents"


def test_a_rule_of_the_wrong_type_is_refused() -> None:
    wrong = TELLING.replace("(%x: f64, %dx: f64) -> (f64, f64) {", "(%x: f64, %dx: f64) -> f64 {").replace(
        "return %x, %d : f64, f64", "return %d : f64")
    error = refused(wrong)
    assert error.what == "@j has the type (f64, f64) -> f64"
    assert error.why == "as a rule of @f it has to have the type (f64, f64) -> (f64, f64)"


def test_half_of_a_pair_is_refused() -> None:
    assert refused(TELLING.replace(", diff.custom_rev = @v", "")).what == \
        "@f has one of 'diff.custom_fwd' and 'diff.custom_rev'"


def test_a_rule_that_does_not_exist_is_refused() -> None:
    assert "@nothing" in refused(TELLING.replace("diff.custom_jvp = @j", "diff.custom_jvp = @nothing")).what


def test_an_argument_the_rules_leave_out() -> None:
    """It may take part, as long as it does not depend on what is differentiated."""
    text = """
    func.func private @f(%x: f64, %w: f64) -> f64
        attributes {diff.custom_jvp = @j, diff.undifferentiated = array<i64: 1>} {
      %y = arith.mulf %x, %w : f64
      return %y : f64
    }
    func.func private @j(%x: f64, %w: f64, %dx: f64) -> (f64, f64) {
      %y = arith.mulf %x, %w : f64
      %dy = arith.mulf %dx, %w : f64
      return %y, %dy : f64, f64
    }
    func.func @g(%x: f64, %n: index) -> f64 {
      %two = arith.constant 2.0 : f64
      %y = call @f(%x, %two) : (f64, f64) -> f64
      return %y : f64
    }"""
    for mode in (forward_of, reverse_of):
        assert run(expanded(text + mode("g")), "d.g", [5.0, 0]) == [2.0]
        error = refused(text.replace("call @f(%x, %two)", "call @f(%two, %x)"), mode)
        assert error.what == "f is differentiated with respect to a value its rules say nothing about"


def test_a_rule_that_differentiates_its_own_function_is_refused() -> None:
    text = """
    func.func private @f(%x: f64) -> f64 attributes {diff.custom_jvp = @j} {
      return %x : f64
    }
    func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
    func.func private @j(%x: f64, %dx: f64) -> (f64, f64) {
      %y:2 = call @f.jvp(%x, %dx) : (f64, f64) -> (f64, f64)
      return %y#0, %y#1 : f64, f64
    }
    func.func @g(%x: f64, %n: index) -> f64 {
      %y = call @f(%x) : (f64) -> f64
      return %y : f64
    }"""
    assert "calls itself" in refused(text).what


# ---------------------------------------------------------------- linear functions with a body of their own

SUM = """
func.func private @total(%n: index, %v: f64) -> f64 attributes {diff.known = 1 : i64, diff.transposed = @spread} {
  %i = arith.index_cast %n : index to i64
  %a = arith.sitofp %i : i64 to f64
  %w = arith.mulf %a, %v : f64
  return %w : f64
}
func.func private @spread(%n: index, %ct: f64) -> f64 {
  %c = arith.constant 100.0 : f64
  %w = arith.mulf %c, %ct : f64
  return %w : f64
}
func.func private @f(%x: f64, %n: index) -> f64 attributes {diff.custom_jvp = @j} {
  return %x : f64
}
func.func private @j(%x: f64, %n: index, %dx: f64) -> (f64, f64) {
  %dy = call @total(%n, %dx) : (index, f64) -> f64
  return %x, %dy : f64, f64
}
func.func @g(%x: f64, %n: index) -> f64 {
  %y = call @f(%x, %n) : (f64, index) -> f64
  return %y : f64
}"""


def test_the_transpose_of_a_linear_call_is_the_function_it_names() -> None:
    assert run(expanded(SUM + forward_of("g")), "d.g", [1.0, 7])[0] == 7.0
    assert run(expanded(SUM + reverse_of("g")), "d.g", [1.0, 7])[0] == 100.0
    assert run(expanded(SUM + linear_of("g")), "d.g", [1.0, 7])[0] == 7.0


def test_a_linear_function_without_a_transpose() -> None:
    text = SUM.replace(", diff.transposed = @spread", "")
    assert run(expanded(text + forward_of("g")), "d.g", [1.0, 7])[0] == 7.0
    assert refused(text, reverse_of).what == "@total has no transpose"


# ---------------------------------------------------------------- linear functions with a rule

# b / p by a function whose own body has derivative zero: linear in b, and a rule for p, dx = s(p, db - dp x).
SOLVE = """
func.func private @s(%p: f64, %b: f64) -> f64
    attributes {diff.custom_jvp = @s_jvp, diff.known = 1 : i64, diff.transposed = @s_t} {
  %x = arith.divf %b, %p : f64
  %y = "diff.stop_gradient"(%x) : (f64) -> f64
  return %y : f64
}
func.func private @s_jvp(%p: f64, %b: f64, %dp: f64, %db: f64) -> (f64, f64) {
  %x = call @s(%p, %b) : (f64, f64) -> f64
  %a = arith.mulf %dp, %x : f64
  %r = arith.subf %db, %a : f64
  %dx = call @s(%p, %r) : (f64, f64) -> f64
  return %x, %dx : f64, f64
}
func.func private @s_t(%p: f64, %ct: f64) -> f64 {
  %w = call @s(%p, %ct) : (f64, f64) -> f64
  return %w : f64
}
func.func @f(%x: f64, %n: index) -> f64 {
  %three = arith.constant 3.0 : f64
  %x2 = arith.mulf %x, %x : f64
  %x4 = arith.mulf %x2, %x2 : f64
  %b = arith.addf %x4, %three : f64
  %y = call @s(%x, %b) : (f64, f64) -> f64
  return %y : f64
}"""


@pytest.mark.parametrize("modes", ["f", "l", "r", "ff", "fr", "rf", "rr", "lr", "rfr", "frr", "rrf"])
def test_a_linear_function_with_a_rule(modes: str) -> None:
    """(3 / x + x^3)^(k): split and transposed it is linear, differentiated it goes by its rule."""
    text, name = SOLVE, "f"
    for mode in modes:
        text += {"r": reverse_of, "f": forward_of, "l": linear_of}[mode](name)
        name = f"d.{name}"
    x = 1.3
    expected = [-3 / x**2 + 3 * x**2, 6 / x**3 + 6 * x, -18 / x**4 + 6][len(modes) - 1]
    assert run(expanded(text), name, [x, 0])[0] == pytest.approx(expected, rel=1e-12)
