"""Numbers behind the FileCheck tests: small programs in the IR through jvp, linearize and transpose, by interpreter.

Each program is checked at several points (zero trips among them): forward = differences, lin = jvp, adjoint identity.
Then second and third order: the passes run again on what they wrote, before storage (forward over forward, reverse over
forward) and after it (forward over reverse, reverse over reverse).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import factorial
from typing import Any

import numpy as np
import pytest

from tests.differentiation import check_derivatives, differentiated, is_float
from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.control import find_function
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.store import DiffStore
from wengert.passes.transpose import DiffTranspose

rng = np.random.default_rng(3)
CONSTANTS = """
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
"""

POWER = """(%x: f64, %n: index) -> f64 {
  CONSTANTS
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %one) -> (f64) {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64 }"""

SEIDEL = """(%a: tensor<?x?xf64>, %sweeps: i64) -> tensor<?x?xf64> {
  CONSTANTS
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  %n = tensor.dim %a, %c0 : tensor<?x?xf64>
  %m = tensor.dim %a, %c1 : tensor<?x?xf64>
  %n1 = arith.subi %n, %c1 : index
  %m1 = arith.subi %m, %c1 : index
  %r = scf.for %t = %l0 to %sweeps step %l1 iter_args(%u = %a) -> (tensor<?x?xf64>) : i64 {
    %v = scf.for %i = %c1 to %n1 step %c1 iter_args(%w = %u) -> (tensor<?x?xf64>) {
      %z = scf.for %j = %c1 to %m1 step %c1 iter_args(%s = %w) -> (tensor<?x?xf64>) {
        %up = arith.subi %i, %c1 : index
        %right = arith.addi %j, %c1 : index
        %x = tensor.extract %s[%up, %j] : tensor<?x?xf64>
        %y = tensor.extract %s[%i, %right] : tensor<?x?xf64>
        %xy = NONLINEAR
        %h = arith.mulf %xy, %half : f64
        %q = tensor.insert %h into %s[%i, %j] : tensor<?x?xf64>
        scf.yield %q : tensor<?x?xf64>
      }
      scf.yield %z : tensor<?x?xf64>
    }
    scf.yield %v : tensor<?x?xf64>
  }
  return %r : tensor<?x?xf64> }"""

LU = """(%a: tensor<5x5xf64>) -> tensor<5x5xf64> {
  CONSTANTS
  %n = arith.constant 5 : index
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%b = %a) -> (tensor<5x5xf64>) {
    %k1 = arith.addi %k, %c1 : index
    %pivot = tensor.extract %b[%k, %k] : tensor<5x5xf64>
    %d = scf.for %i = %k1 to %n step %c1 iter_args(%c = %b) -> (tensor<5x5xf64>) {
      %e = tensor.extract %c[%i, %k] : tensor<5x5xf64>
      %l = arith.divf %e, %pivot : f64
      %f = tensor.insert %l into %c[%i, %k] : tensor<5x5xf64>
      %g = scf.for %j = %k1 to %n step %c1 iter_args(%h = %f) -> (tensor<5x5xf64>) {
        %x = tensor.extract %h[%i, %j] : tensor<5x5xf64>
        %y = tensor.extract %h[%k, %j] : tensor<5x5xf64>
        %p = arith.mulf %l, %y : f64
        %s = arith.subf %x, %p : f64
        %z = tensor.insert %s into %h[%i, %j] : tensor<5x5xf64>
        scf.yield %z : tensor<5x5xf64>
      }
      scf.yield %g : tensor<5x5xf64>
    }
    scf.yield %d : tensor<5x5xf64>
  }
  return %r : tensor<5x5xf64> }"""

MIDPOINT = """(%x: f64, %v: f64, %w: f64, %steps: index) -> (f64, f64) {
  CONSTANTS
  %dt = arith.constant 0.1 : f64
  %r:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%p = %x, %q = %v) -> (f64, f64) {
    %hq = arith.mulf %q, %half : f64
    %hdt = arith.mulf %hq, %dt : f64
    %pm = arith.addf %p, %hdt : f64
    %s = math.sin %pm : f64
    %ws = arith.mulf %w, %s : f64
    %a = arith.mulf %ws, %dt : f64
    %qn = arith.subf %q, %a : f64
    %d = arith.mulf %qn, %dt : f64
    %pn = arith.addf %p, %d : f64
    scf.yield %pn, %qn : f64, f64
  }
  return %r#0, %r#1 : f64, f64 }"""

JACOBI = """(%a: tensor<7xf64>, %steps: index) -> tensor<7xf64> {
  CONSTANTS
  %r = scf.for %t = %c0 to %steps step %c1 iter_args(%u = %a) -> (tensor<7xf64>) {
    %l = tensor.extract_slice %u[0] [5] [1] : tensor<7xf64> to tensor<5xf64>
    %c = tensor.extract_slice %u[1] [5] [1] : tensor<7xf64> to tensor<5xf64>
    %r = tensor.extract_slice %u[2] [5] [1] : tensor<7xf64> to tensor<5xf64>
    %s = arith.addf %l, %r : tensor<5xf64>
    %p = arith.mulf %s, %c : tensor<5xf64>
    %q = math.tanh %p : tensor<5xf64>
    %v = tensor.insert_slice %q into %u[1] [5] [1] : tensor<5xf64> into tensor<7xf64>
    scf.yield %v : tensor<7xf64>
  }
  return %r : tensor<7xf64> }"""

WRITES_UNDER_IF = """(%a: tensor<6xf64>, %x: f64, %n: index) -> (tensor<6xf64>, f64) {
  CONSTANTS
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %s = %x) -> (tensor<6xf64>, f64) {
    %e = tensor.extract %u[%i] : tensor<6xf64>
    %c = arith.cmpf ogt, %e, %s : f64
    %q:2 = scf.if %c -> (tensor<6xf64>, f64) {
      %y = math.sin %e : f64
      %w = tensor.insert %y into %u[%i] : tensor<6xf64>
      %t = arith.mulf %s, %y : f64
      scf.yield %w, %t : tensor<6xf64>, f64
    } else {
      %t = arith.addf %s, %e : f64
      %h = arith.mulf %t, %half : f64
      scf.yield %u, %h : tensor<6xf64>, f64
    }
    scf.yield %q#0, %q#1 : tensor<6xf64>, f64
  }
  return %r#0, %r#1 : tensor<6xf64>, f64 }"""

# u[k mod 4] *= sin(s) while s > 1/2, in a loop that starts s anew
WHILES_IN_A_LOOP = """(%a: tensor<4xf64>, %x: f64, %n: index) -> (tensor<4xf64>, f64) {
  CONSTANTS
  %c4 = arith.constant 4 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %z = %x) -> (tensor<4xf64>, f64) {
    %w:3 = scf.while (%v = %u, %s = %z, %k = %i) : (tensor<4xf64>, f64, index) -> (tensor<4xf64>, f64, index) {
      %go = arith.cmpf ogt, %s, %half : f64
      scf.condition(%go) %v, %s, %k : tensor<4xf64>, f64, index
    } do {
    ^bb0(%v: tensor<4xf64>, %s: f64, %k: index):
      %m = arith.remui %k, %c4 : index
      %e = tensor.extract %v[%m] : tensor<4xf64>
      %f = math.sin %s : f64
      %g = arith.mulf %e, %f : f64
      %y = tensor.insert %g into %v[%m] : tensor<4xf64>
      %inner = scf.while (%q = %s) : (f64) -> f64 {
        %more = arith.cmpf ogt, %q, %one : f64
        scf.condition(%more) %q : f64
      } do {
      ^bb0(%q: f64):
        %qq = math.sqrt %q : f64
        %qh = arith.mulf %qq, %half : f64
        scf.yield %qh : f64
      }
      %t = arith.mulf %inner, %half : f64
      %l = arith.addi %k, %c1 : index
      scf.yield %y, %t, %l : tensor<4xf64>, f64, index
    }
    %d = arith.addf %w#1, %x : f64
    scf.yield %w#0, %d : tensor<4xf64>, f64
  }
  return %r#0, %r#1 : tensor<4xf64>, f64 }"""

# The linear part of this loop starts without a tangent; the old version of the array is read after the write.
FORKS = """(%x: f64, %n: index) -> (tensor<3xf64>, f64) {
  CONSTANTS
  %a = "nd.full"(%half) : (f64) -> tensor<3xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a) -> (tensor<3xf64>) {
    %e = tensor.extract %u[%c1] : tensor<3xf64>
    %p = arith.mulf %e, %x : f64
    %v = tensor.insert %p into %u[%c0] : tensor<3xf64>
    %w = tensor.insert %x into %v[%c1] : tensor<3xf64>
    %s = arith.mulf %w, %u : tensor<3xf64>
    scf.yield %s : tensor<3xf64>
  }
  %old = tensor.extract %a[%c0] : tensor<3xf64>
  %new = tensor.extract %r[%c0] : tensor<3xf64>
  %y = arith.mulf %old, %new : f64
  return %r, %y : tensor<3xf64>, f64 }"""

LAYER = """(%w: tensor<3x4xf64>, %x: tensor<4xf64>, %b: tensor<3xf64>, %n: index) -> (f64, tensor<3xf64>) {
  CONSTANTS
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %b) -> (tensor<3xf64>) {
    %p = "nd.dot_general"(%w, %x) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 0>}
        : (tensor<3x4xf64>, tensor<4xf64>) -> tensor<3xf64>
    %q = arith.addf %p, %u : tensor<3xf64>
    %t = math.tanh %q : tensor<3xf64>
    %m = "nd.reduce"(%t) {kind = "max", axes = array<i64: 0>} : (tensor<3xf64>) -> f64
    %f = "nd.full"(%m) : (f64) -> tensor<3xf64>
    %v = arith.divf %t, %f : tensor<3xf64>
    scf.yield %v : tensor<3xf64>
  }
  %s = arith.mulf %r, %r : tensor<3xf64>
  %loss = "nd.reduce"(%s) {kind = "sum", axes = array<i64: 0>} : (tensor<3xf64>) -> f64
  return %loss, %r : f64, tensor<3xf64> }"""

PROGRAMS: dict[str, tuple[str, list[list[Any]]]] = {
    "power": (POWER, [[1.3, 0], [1.3, 1], [-0.7, 7], [0.0, 3]]),
    "seidel": (SEIDEL.replace("NONLINEAR", "arith.addf %x, %y : f64"),
               [[rng.normal(size=(5, 6)), 3], [rng.normal(size=(2, 2)), 1], [rng.normal(size=(4, 4)), 0]]),
    "nonlinear seidel": (SEIDEL.replace("NONLINEAR", "arith.mulf %x, %y : f64"), [[rng.normal(size=(5, 6)), 3]]),
    "lu": (LU, [[rng.normal(size=(5, 5)) + 6 * np.eye(5)]]),
    "midpoint": (MIDPOINT, [[0.4, -0.3, 1.7, 6], [0.4, -0.3, 1.7, 0]]),
    "jacobi": (JACOBI, [[rng.normal(size=7), 3], [rng.normal(size=7), 1]]),
    "writes under if": (WRITES_UNDER_IF, [[rng.normal(size=6), 0.1, 6], [rng.normal(size=6), 0.1, 0]]),
    "whiles in a loop": (WHILES_IN_A_LOOP, [[rng.normal(size=4), 9.0, 3], [rng.normal(size=4), 0.3, 2]]),
    "forks": (FORKS, [[0.8, 3], [0.8, 1], [0.8, 0]]),
    "layer": (LAYER, [[rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=3), 2]]),
}
EACH = pytest.mark.parametrize("name", PROGRAMS)


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    with make_context(), ir.Location.unknown():
        yield


def text_of(name: str) -> str:
    return "func.func @f" + PROGRAMS[name][0].replace("CONSTANTS", CONSTANTS)


def floats(arguments: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i, x in enumerate(arguments) if is_float(x))


@EACH
def test_first_order(name: str) -> None:
    """All arguments together, and each one alone."""
    points = PROGRAMS[name][1]
    every = floats(points[0])
    for wrt in [every, *((i,) for i in every if len(every) > 1)]:
        module = differentiated(text_of(name), wrt=wrt)
        for point in points:
            check_derivatives(module, point, wrt)


@EACH
def test_second_order_before_storage(name: str) -> None:
    """Forward over forward, and reverse over forward."""
    points = PROGRAMS[name][1]
    wrt = floats(points[0])
    module = ir.Module.parse(text_of(name))
    run_pipeline(module, [DiffJvp("f", wrt)])
    tangents = [rng.normal(size=np.shape(points[0][i])) for i in wrt]
    both = (*wrt, *range(len(points[0]), len(points[0]) + len(wrt)))
    run_pipeline(module, [DiffJvp("f.jvp", both), DiffLinearize("f.jvp"), DiffTranspose("f.jvp")])
    check_derivatives(module, [*points[0], *tangents], both, "f.jvp", rounding=1e-10)


@EACH
def test_second_order_after_storage(name: str) -> None:
    """Forward and reverse over reverse: the residuals of f are tapes, arguments of f.rev like any other."""
    points = PROGRAMS[name][1]
    wrt = floats(points[0])
    module = differentiated(text_of(name), wrt=wrt)
    run_pipeline(module, [DiffStore("f")])
    outputs = run(module, "f.fwd", points[0])
    tapes = outputs[len(run(module, "f", points[0])):]
    cotangents = [rng.normal(size=np.shape(y)) for y in outputs[:len(outputs) - len(tapes)] if is_float(y)]
    arguments = [*points[0], *cotangents, *tapes]
    again = tuple(i for i in floats(arguments))
    run_pipeline(module, [DiffJvp("f.rev", again), DiffLinearize("f.rev"), DiffTranspose("f.rev")])
    check_derivatives(module, arguments, again, "f.rev", rounding=1e-10)


def test_third_order_of_a_power() -> None:
    """d^3/dx^3 x^n = n!/(n-3)! x^(n-3), forward over forward over forward."""
    module = ir.Module.parse(text_of("power"))
    run_pipeline(module, [DiffJvp("f", (0,)), DiffJvp("f.jvp", (0,)), DiffJvp("f.jvp.jvp", (0,))])
    for n in (0, 2, 3, 6):
        result = run(module, "f.jvp.jvp.jvp", [1.7, n, 1.0, 1.0, 1.0])[-1]
        expected = factorial(n) / factorial(n - 3) * 1.7 ** (n - 3) if n >= 3 else 0.0
        assert result == pytest.approx(expected, rel=1e-13)


def test_stop_gradient_is_a_constant() -> None:
    """d/dx stop(x) * x = stop(x)"""
    module = differentiated("""func.func @f(%x: f64) -> f64 {
        %s = "diff.stop_gradient"(%x) : (f64) -> f64
        %y = arith.mulf %s, %x : f64
        return %y : f64 }""")
    assert run(module, "f.jvp", [3.0, 1.0]) == [9.0, 3.0]


def test_checks_are_made_once() -> None:
    """Effects stay in the primal part: fwd has each check, lin and rev have none."""
    module = differentiated("""func.func @f(%x: f64, %n: i64, %c: i1) -> f64 {
        %l0 = arith.constant 0 : i64
        %l1 = arith.constant 1 : i64
        %r = scf.for %i = %l0 to %n step %l1 iter_args(%u = %x) -> (f64) : i64 {
          "nd.check"(%c, %i, %n) {kind = "IndexError", message = "{0} of {1}"} : (i1, i64, i64) -> ()
          %v = math.sin %u : f64
          scf.yield %v : f64
        }
        return %r : f64 }""")
    counts = {name: len(walk(find_function(module, name), "nd.check")) for name in ("f.jvp", "f.fwd", "f.lin", "f.rev")}
    assert counts == {"f.jvp": 1, "f.fwd": 1, "f.lin": 0, "f.rev": 0}
    with pytest.raises(IndexError, match="0 of 3"):
        run(module, "f.fwd", [1.0, 3, False], {})


@pytest.mark.parametrize("name, most", [("seidel", 0), ("power", 1), ("lu", 3), ("jacobi", 3)])
def test_residuals_are_few(name: str, most: int) -> None:
    """Saved values of one program: none when it is linear, and never an index or a bound."""
    module = differentiated(text_of(name))
    saves = walk(find_function(module, "f.fwd"), "diff.save")
    assert len(saves) <= most
    assert all(str(save.operands[0].type) not in ("index", "i64") for save in saves)


def test_a_long_chain_of_index_arithmetic_does_not_recurse() -> None:
    """An unrolled program computes its indices in a chain; the passes go along it without the Python stack."""
    chain = "\n".join(f"%i{k + 1} = arith.addi %i{k}, %i0 : index" for k in range(3000))
    module = differentiated(f"""func.func @f(%a: tensor<4xf64>, %i0: index) -> f64 {{
        {chain}
        %y = tensor.extract %a[%i3000] : tensor<4xf64>
        return %y : f64 }}""")
    check_derivatives(module, [rng.normal(size=4), 0], (0,))


def test_a_long_program_does_not_recurse() -> None:
    """Three thousand dependent operations in one block."""
    chain = "\n".join(f"%x{k + 1} = math.sin %x{k} : f64" for k in range(3000))
    module = differentiated(f"func.func @f(%x0: f64) -> f64 {{\n{chain}\nreturn %x3000 : f64 }}")
    check_derivatives(module, [0.5], (0,))
