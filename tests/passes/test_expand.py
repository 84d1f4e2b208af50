"""diff-expand: derivatives of derivatives, against formulas and differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.storage_programs import PROGRAMS
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.expand import DiffExpand
from wengert.passes.inline import Inline
from wengert.passes.simplify import Simplify

TRIPS = (0, 1, 2, 3, 5)
POWER = """
func.func @f(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %one) -> f64 {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}
"""


def forward_of(name: str) -> str:
    """@name(x, n) -> its derivative @d.name in x, forward mode."""
    return f"""
    func.func private @{name}.jvp(f64, index, f64) -> (f64, f64)
      attributes {{diff.jvp = @{name}, diff.wrt = array<i64: 0>}}
    func.func @d.{name}(%x: f64, %n: index) -> f64 {{
      %one = arith.constant 1.0 : f64
      %y:2 = call @{name}.jvp(%x, %n, %one) : (f64, index, f64) -> (f64, f64)
      return %y#1 : f64
    }}"""


def reverse_of(name: str) -> str:
    """@name(x, n) -> its derivative @d.name in x, reverse mode."""
    return f"""
    func.func private @{name}.fwd(f64, index) -> (f64, !diff.residuals)
      attributes {{diff.fwd = @{name}, diff.wrt = array<i64: 0>}}
    func.func private @{name}.rev(!diff.residuals, f64) -> f64 attributes {{diff.rev = @{name}.fwd}}
    func.func @d.{name}(%x: f64, %n: index) -> f64 {{
      %one = arith.constant 1.0 : f64
      %y, %r = call @{name}.fwd(%x, %n) : (f64, index) -> (f64, !diff.residuals)
      %g = call @{name}.rev(%r, %one) : (!diff.residuals, f64) -> f64
      return %g : f64
    }}"""


def linear_of(name: str) -> str:
    """@name(x, n) -> its derivative @d.name in x, by linearization."""
    return reverse_of(name).replace("rev", "lin")


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context() as context, ir.Location.unknown():
        yield context


def expanded(text: str) -> Any:
    module = ir.Module.parse(text)
    run_pipeline(module, [DiffExpand()])
    for left in ("!diff.residuals", "diff.jvp =", "diff.fwd =", "diff.lin =", "diff.rev =", "diff.save"):
        assert left not in str(module)
    return module


@pytest.mark.parametrize("modes", ["r", "f", "l", "rr", "fr", "rf", "lr", "rl", "ff",
                                   "frf", "rfr", "frr", "rrr", "fff"])
def test_derivatives_of_a_power(modes: str) -> None:
    """(x^n)^(k) = n (n-1) .. (n-k+1) x^(n-k), for modes applied from left to right."""
    text, name = POWER, "f"
    for mode in modes:
        text += {"r": reverse_of, "f": forward_of, "l": linear_of}[mode](name)
        name = f"d.{name}"
    module = expanded(text)
    x, order = 1.3, len(modes)
    for n in TRIPS:
        factor = np.prod([n - i for i in range(order)])
        expected = factor * x ** (n - order) if factor else 0.0
        assert run(module, name, [x, n])[0] == pytest.approx(expected, rel=1e-12)
        for i, lower in enumerate(["f", "d.f", "d.d.f"][:order]):  # what was differentiated still works
            factor = np.prod([n - k for k in range(i)])
            assert run(module, lower, [x, n])[0] == pytest.approx(factor * x ** float(n - i))


def test_a_function_that_calls_its_helpers() -> None:
    """Calls between plain functions are inlined before differentiation; the helpers stay as they were."""
    text = """
    func.func @square(%x: f64) -> f64 {
      %y = arith.mulf %x, %x : f64
      return %y : f64
    }
    func.func @f(%x: f64, %n: index) -> f64 {
      %a = call @square(%x) : (f64) -> f64
      %b = call @square(%a) : (f64) -> f64
      return %b : f64
    }""" + reverse_of("f")
    module = expanded(text)
    assert run(module, "d.f", [1.5, 0])[0] == pytest.approx(4 * 1.5**3)
    assert run(module, "f", [1.5, 0])[0] == 1.5**4


PAIR = """
func.func @h(%x: f64, %y: f64, %n: index) -> (f64, f64) {
  %a = call @f(%x, %n) : (f64, index) -> f64
  %b = arith.mulf %a, %y : f64
  return %a, %b : f64, f64
}
func.func private @h.fwd(f64, f64, index) -> (f64, f64, !diff.residuals)
  attributes {diff.fwd = @h, diff.wrt = array<i64: 0, 1>}
func.func private @h.rev(!diff.residuals, f64, f64) -> (f64, f64) attributes {diff.rev = @h.fwd}
func.func private @h.lin(!diff.residuals, f64, f64) -> (f64, f64) attributes {diff.lin = @h.fwd}
func.func @begin(%x: f64, %y: f64, %n: index) -> (f64, !diff.residuals, f64) {
  %a, %b, %r = call @h.fwd(%x, %y, %n) : (f64, f64, index) -> (f64, f64, !diff.residuals)
  return %a, %r, %b : f64, !diff.residuals, f64
}
func.func @pull(%u: f64, %r: !diff.residuals, %v: f64) -> (f64, f64) {
  %g, %k = call @h.rev(%r, %u, %v) : (!diff.residuals, f64, f64) -> (f64, f64)
  return %g, %k : f64, f64
}
func.func @push(%r: !diff.residuals, %dx: f64, %dy: f64) -> (f64, f64) {
  %da, %db = call @h.lin(%r, %dx, %dy) : (!diff.residuals, f64, f64) -> (f64, f64)
  return %da, %db : f64, f64
}
"""


def test_residuals_cross_functions_and_are_used_twice() -> None:
    module = expanded(POWER + PAIR)
    x, y, n = 1.2, -0.7, 4
    a, *rest = run(module, "begin", [x, y, n])
    residuals, b = rest[:-1], rest[-1]
    assert (a, b) == (pytest.approx(x**n), pytest.approx(x**n * y))
    da = n * x ** (n - 1)
    assert run(module, "pull", [1.0, *residuals, 0.0]) == [pytest.approx(da), 0.0]
    assert run(module, "pull", [0.5, *residuals, 2.0]) == pytest.approx([0.5 * da + 2 * y * da, 2 * x**n])
    assert run(module, "push", [*residuals, 0.3, 0.1]) == pytest.approx([0.3 * da, 0.3 * da * y + 0.1 * x**n])


def test_a_pullback_is_differentiated_in_its_cotangent() -> None:
    """The residuals are arguments of the differentiated function: the others are counted with them."""
    text = POWER + PAIR + """
    func.func private @pull.jvp(f64, !diff.residuals, f64, f64) -> (f64, f64, f64, f64)
      attributes {diff.jvp = @pull, diff.wrt = array<i64: 2>}
    func.func @g(%x: f64, %y: f64, %n: index, %dv: f64) -> (f64, f64) {
      %a, %r, %b = call @begin(%x, %y, %n) : (f64, f64, index) -> (f64, !diff.residuals, f64)
      %d:4 = call @pull.jvp(%a, %r, %b, %dv) : (f64, !diff.residuals, f64, f64) -> (f64, f64, f64, f64)
      return %d#2, %d#3 : f64, f64
    }"""
    x, y, n = 1.2, -0.7, 4
    assert run(expanded(text), "g", [x, y, n, 2.0]) == pytest.approx([2 * y * n * x ** (n - 1), 2 * x**n])


def test_a_gradient_that_goes_through_a_pullback() -> None:
    """d/dx of x -> <pullback of h at x> contains the derivative of the residuals."""
    text = POWER + PAIR + """
    func.func @k(%x: f64, %n: index) -> f64 {
      %two = arith.constant 2.0 : f64
      %a, %r, %b = call @begin(%x, %two, %n) : (f64, f64, index) -> (f64, !diff.residuals, f64)
      %g:2 = call @pull(%a, %r, %two) : (f64, !diff.residuals, f64) -> (f64, f64)
      return %g#0 : f64
    }""" + reverse_of("k") + forward_of("d.k").replace("d.d.k", "second")
    module = expanded(text)
    x, n = 1.1, 3  # k = (x^n + 4) n x^(n-1)
    value = (x**n + 4) * n * x ** (n - 1)
    first = n**2 * x ** (2 * n - 2) + (x**n + 4) * n * (n - 1) * x ** (n - 2)
    assert run(module, "k", [x, n])[0] == pytest.approx(value)
    assert run(module, "d.k", [x, n])[0] == pytest.approx(first)
    step = 1e-5
    difference = (run(module, "d.k", [x + step, n])[0] - run(module, "d.k", [x - step, n])[0]) / (2 * step)
    assert run(module, "second", [x, n])[0] == pytest.approx(difference, rel=1e-7)


@pytest.mark.parametrize("name", ["while-in-for", "for-in-while-in-while", "triangular", "branches",
                                  "bounds-from-data"])
def test_second_order_through_tapes(name: str) -> None:
    """Forward over reverse of programs with flat tapes, against differences of the gradient."""
    text, runs, _ = PROGRAMS[name]
    signature = text[text.index("(") + 1:text.index(") ->")]
    names, types = zip(*(argument.split(": ") for argument in signature.split(", ")), strict=True)
    listed = ", ".join(types)
    text += f"""
    func.func private @f.fwd({listed}) -> (f64, !diff.residuals)
      attributes {{diff.fwd = @f, diff.wrt = array<i64: 0>}}
    func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {{diff.rev = @f.fwd}}
    func.func @gradient({signature}) -> f64 {{
      %one = arith.constant 1.0 : f64
      %y, %r = call @f.fwd({', '.join(names)}) : ({listed}) -> (f64, !diff.residuals)
      %g = call @f.rev(%r, %one) : (!diff.residuals, f64) -> f64
      return %g : f64
    }}
    func.func private @gradient.jvp({listed}, f64) -> (f64, f64)
      attributes {{diff.jvp = @gradient, diff.wrt = array<i64: 0>}}
    """
    module = expanded(text)
    run_pipeline(module, [Inline(), Simplify()])
    step = 1e-6
    for x, *rest in runs:
        gradient, second = run(module, "gradient.jvp", [x, *rest, 1.0])
        assert gradient == run(module, "gradient", [x, *rest])[0]
        ahead, behind = (run(module, "gradient", [x + h, *rest])[0] for h in (step, -step))
        assert second == pytest.approx((ahead - behind) / (2 * step), rel=1e-5, abs=1e-6)
