"""Control flow of the batching pass, in the interpreter: numbers of examples and extents known at run time.

What tests/test_vmap.py does with Python programs, here for IR that no program of the front end makes.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.errors import DifferentiationError, WengertValueError
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.batch_function import DiffBatch
from wengert.passes.expand import DiffExpand

PROGRAMS = {
    "branches that write": """(%x: f64, %a: tensor<?xf64>, %i: index) -> (f64, tensor<?xf64>) {
  %zero = arith.constant 0.0 : f64
  %c = arith.cmpf ogt, %x, %zero : f64
  %r:2 = scf.if %c -> (f64, tensor<?xf64>) {
    %y = math.sqrt %x : f64
    %b = tensor.insert %y into %a[%i] : tensor<?xf64>
    scf.yield %y, %b : f64, tensor<?xf64>
  } else {
    %k = arith.constant 0 : index
    %e = tensor.extract %a[%i] : tensor<?xf64>
    %b = tensor.insert %e into %a[%k] : tensor<?xf64>
    scf.yield %zero, %b : f64, tensor<?xf64>
  }
  return %r#0, %r#1 : f64, tensor<?xf64> }""",
    "a branch without else": """(%x: f64, %i: i64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c = arith.cmpf ogt, %x, %zero : f64
  scf.if %c {
    %ok = arith.cmpi slt, %i, %i : i64
    %never = arith.cmpf olt, %x, %zero : f64
    %fine = arith.xori %ok, %never : i1
    %true = arith.constant true
    %passes = arith.xori %fine, %true : i1
    "nd.check"(%passes, %i, %i) {kind = "IndexError", message = "{0} {1}"} : (i1, i64, i64) -> ()
  }
  return %x : f64 }""",
    "halved until small": """(%x: f64, %a: tensor<?xf64>) -> (f64, tensor<?xf64>, i64) {
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  %k1 = arith.constant 1 : index
  %r:3 = scf.while (%y = %x, %b = %a, %n = %l0) : (f64, tensor<?xf64>, i64) -> (f64, tensor<?xf64>, i64) {
    %c = arith.cmpf ogt, %y, %one : f64
    scf.condition(%c) %y, %b, %n : f64, tensor<?xf64>, i64
  } do {
  ^bb0(%y: f64, %b: tensor<?xf64>, %n: i64):
    %z = arith.mulf %y, %half : f64
    %d = tensor.insert %z into %b[%k1] : tensor<?xf64>
    %m = arith.addi %n, %l1 : i64
    scf.yield %z, %d, %m : f64, tensor<?xf64>, i64
  }
  return %r#0, %r#1, %r#2 : f64, tensor<?xf64>, i64 }""",
    "bounds of its own": """(%x: f64, %i: index) -> f64 {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %r = scf.for %k = %k0 to %i step %k1 iter_args(%s = %zero) -> (f64) {
    %inner = scf.for %j = %k to %i step %k1 iter_args(%t = %s) -> (f64) {
      %e = math.exp %x : f64
      %p = arith.divf %e, %t : f64
      %q = arith.addf %p, %x : f64
      scf.yield %q : f64
    }
    scf.yield %inner : f64
  }
  return %r : f64 }""",
}


def arguments(types: list[str], count: int) -> list[Any]:
    """Of each type for `count` examples."""
    rng = np.random.default_rng(1)
    values = {"f64": 4.0 * rng.standard_normal(count), "index": np.arange(count) % 4, "i64": np.arange(count),
              "tensor<?xf64>": rng.standard_normal((count, 4))}
    return [values[type_] for type_ in types]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("count", [5, 1])
def test_batched_is_a_loop(name: str, count: int) -> None:
    text = PROGRAMS[name]
    types = re.findall(r"%\w+: (tensor<[^>]*>|\w+)", text[:text.index("->")])
    results = re.findall(r"tensor<[^>]*>|\w+", text[text.index("->") + 2:text.index("{")])
    xs = arguments(types, count)
    everything = ", ".join(map(str, range(len(types))))
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(f"""func.func @f{text}
            func.func private @all({", ".join(map(of_all, types))}) -> ({", ".join(map(of_all, results))})
                attributes {{diff.batched = @f, diff.wrt = array<i64: {everything}>}}""")
        run_pipeline(module, [DiffBatch("f", count, tuple(range(len(types)))), DiffExpand()])
        examples = [run(module, "f", [x[b] for x in xs]) for b in range(count)]
        for function in ("f.batched", "all"):
            for k, found in enumerate(run(module, function, xs)):
                np.testing.assert_allclose(found, [example[k] for example in examples], rtol=1e-12)


def of_all(type_: str) -> str:
    return f"tensor<?x{type_.removeprefix('tensor<').removesuffix('>')}>"


def test_an_op_without_a_record_is_refused() -> None:
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse("""func.func @f(%x: f64, %y: f64) -> complex<f64> {
            %z = complex.create %x, %y : complex<f64>
            return %z : complex<f64> }""")
        with pytest.raises(DifferentiationError, match=r"complex\.create has no batching rule"):
            DiffBatch("f", 3, (0,)).run(module)


def test_a_function_that_is_only_declared_is_refused() -> None:
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse("func.func private @f(f64) -> f64")
        with pytest.raises(WengertValueError, match="@f is declared, not defined"):
            DiffBatch("f", 3).run(module)
