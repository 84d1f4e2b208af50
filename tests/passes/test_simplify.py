"""simplify, promote and inline-calls leave what a program computes alone, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.storage import check_unchanged
from tests.storage_programs import PROGRAMS
from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.control import find_function
from wengert.dialects.errors import WengertIndexError, WengertValueError
from wengert.dialects.interpret import run
from wengert.passes.base import Pass, run_pipeline
from wengert.passes.inline import Inline
from wengert.passes.jvp import DiffJvp
from wengert.passes.promote import Promote
from wengert.passes.simplify import Simplify

MATRIX = "tensor<5x5xf64>"
LU = f"""
func.func @f(%A0: {MATRIX}, %n: index) -> {MATRIX} {{
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k5 = arith.constant 5 : index
  %r = scf.for %i = %k0 to %k5 step %k1 iter_args(%A = %A0) -> ({MATRIX}) {{
    %L = scf.for %j = %k0 to %i step %k1 iter_args(%B = %A) -> ({MATRIX}) {{
      %sum = scf.for %k = %k0 to %j step %k1 iter_args(%C = %B) -> ({MATRIX}) {{
        %x = tensor.extract %C[%i, %k] : {MATRIX}
        %y = tensor.extract %C[%k, %j] : {MATRIX}
        %z = tensor.extract %C[%i, %j] : {MATRIX}
        %p = arith.mulf %x, %y : f64
        %q = arith.subf %z, %p : f64
        %D = tensor.insert %q into %C[%i, %j] : {MATRIX}
        scf.yield %D : {MATRIX}
      }}
      %d = tensor.extract %sum[%j, %j] : {MATRIX}
      %e = tensor.extract %sum[%i, %j] : {MATRIX}
      %f = arith.divf %e, %d : f64
      %E = tensor.insert %f into %sum[%i, %j] : {MATRIX}
      scf.yield %E : {MATRIX}
    }}
    %U = scf.for %j = %i to %k5 step %k1 iter_args(%B = %L) -> ({MATRIX}) {{
      %sum = scf.for %k = %k0 to %i step %k1 iter_args(%C = %B) -> ({MATRIX}) {{
        %x = tensor.extract %C[%i, %k] : {MATRIX}
        %y = tensor.extract %C[%k, %j] : {MATRIX}
        %z = tensor.extract %C[%i, %j] : {MATRIX}
        %p = arith.mulf %x, %y : f64
        %q = arith.subf %z, %p : f64
        %D = tensor.insert %q into %C[%i, %j] : {MATRIX}
        scf.yield %D : {MATRIX}
      }}
      scf.yield %sum : {MATRIX}
    }}
    scf.yield %U : {MATRIX}
  }}
  return %r : {MATRIX}
}}
"""


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context() as context, ir.Location.unknown():
        yield context


@pytest.mark.parametrize("passes", [[Simplify()], [Promote()], [Simplify(), Promote(), Simplify()], [Inline()]],
                         ids=lambda passes: ",".join(map(str, passes)))
@pytest.mark.parametrize("name", PROGRAMS)
def test_results_stay_the_same(name: str, passes: list[Pass]) -> None:
    text, runs, _ = PROGRAMS[name]
    check_unchanged(text, runs, passes)


def test_simplify_is_idempotent() -> None:
    for text, _, wrt in PROGRAMS.values():
        module = ir.Module.parse(text)
        run_pipeline(module, [DiffJvp("f", wrt), Simplify()])
        once = str(module)
        run_pipeline(module, [Simplify()])
        assert str(module) == once


def test_results_keep_the_sign_of_zero_and_nan() -> None:
    """x + 0 is +0 for x = -0, so it stays; x * 1, x - 0 and -(-x) are x."""
    text = """
    func.func @f(%x: f64) -> (f64, f64, f64, f64) {
      %negative = arith.constant -0.0 : f64
      %zero = arith.constant 0.0 : f64
      %one = arith.constant 1.0 : f64
      %a = arith.addf %x, %zero : f64
      %b = arith.subf %x, %zero : f64
      %c = arith.mulf %b, %one : f64
      %d = arith.mulf %x, %zero : f64
      %e = arith.subf %x, %negative : f64
      return %a, %c, %d, %e : f64, f64, f64, f64
    }"""
    module = ir.Module.parse(text)
    run_pipeline(module, [Simplify()])
    for x in (-0.0, 0.0, np.nan, np.inf, 1.5):
        a, c, d, e = run(module, "f", [x])
        assert np.signbit(e) == np.signbit(a)
        assert np.signbit(c) == np.signbit(x) and (a == x or np.isnan(x))
        assert not np.signbit(a) or x < 0 or np.isnan(x)
        assert np.isnan(d) == (not np.isfinite(x))


def test_integers_wrap_as_they_do_at_run_time() -> None:
    text = f"""
    func.func @f() -> (i64, i64, i1) {{
      %big = arith.constant {2**63 - 1} : i64
      %one = arith.constant 1 : i64
      %three = arith.constant 3 : i64
      %minus = arith.constant -7 : i64
      %a = arith.addi %big, %one : i64
      %b = arith.floordivsi %minus, %three : i64
      %c = arith.cmpi slt, %a, %b : i64
      return %a, %b, %c : i64, i64, i1
    }}"""
    assert run(ir.Module.parse(text), "f", []) == [-(2**63), -3, True]
    after = check_unchanged(text, [[]], [Simplify()])
    assert "floordivsi" not in after and "addi" not in after


def test_a_check_is_neither_removed_nor_moved_out_of_its_loop() -> None:
    text = """
    func.func @f(%n: index, %ok: i1) -> i64 {
      %k0 = arith.constant 0 : index
      %k1 = arith.constant 1 : index
      %a = arith.constant 5 : i64
      scf.for %i = %k0 to %n step %k1 {
        "nd.check"(%ok, %a, %a) {kind = "IndexError", message = "index {0}"} : (i1, i64, i64) -> ()
      }
      return %a : i64
    }"""
    module = ir.Module.parse(text)
    run_pipeline(module, [Simplify()])
    assert run(module, "f", [0, False]) == [5]
    with pytest.raises(WengertIndexError, match="index 5"):
        run(module, "f", [1, False])


def test_an_unknown_function_is_refused() -> None:
    module = ir.Module.parse("func.func @solve() { return }")
    with pytest.raises(WengertValueError, match=r"no function @solv"):
        run_pipeline(module, [Simplify("solv")])


def test_lu_updates_scalars_in_its_inner_loops() -> None:
    """The element that the innermost loops update is carried as a number; the results are the same."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(5, 5)) + 5 * np.eye(5)
    text = check_unchanged(LU, [[matrix, 0]], [Simplify(), Promote()])
    module = ir.Module.parse(text)
    func = find_function(module, "f")
    assert sum(op.name == "tensor.insert" for op in walk(func)) == 2
    inner = [op for op in walk(func, "scf.for") if not walk(op, "scf.for")[1:]]
    assert len(inner) == 2 and all(str(op.results[0].type) == "f64" for op in inner)


def test_size_grows_linearly_and_nothing_is_left_behind() -> None:
    """A long chain with every operation twice: half of it goes, the rest stays."""
    lines = ["%a0 = arith.addf %x, %x : f64"]
    for i in range(300):
        lines += [f"%s{i} = math.sin %a{i} : f64", f"%t{i} = math.sin %a{i} : f64",
                  f"%a{i + 1} = arith.mulf %s{i}, %t{i} : f64"]
    text = "func.func @f(%x: f64) -> f64 {\n" + "\n".join(lines) + "\nreturn %a300 : f64 }"
    after = check_unchanged(text, [[0.3]], [Simplify()])
    assert after.count("math.sin") == 300
