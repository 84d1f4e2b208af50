"""Kernels give the numbers of the interpreter, when they are run by the emulator; what has no kernel is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.passes.gpu_emulator import Fault, call
from tests.passes.nvptx_programs import PROGRAMS, Program
from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.control import functions
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.interpret import run
from wengert.passes.launch_plan import read_plan
from wengert.passes.nvptx import to_kernels


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context(), ir.Location.unknown():
        yield


def kernels_of(text: str) -> Any:
    """The module with the kernels and the host function of @f."""
    module = ir.Module.parse(text)
    to_kernels(module)
    return module


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_numbers(program: Program) -> None:
    inputs = program.arguments(np.random.default_rng(0))
    expected = run(ir.Module.parse(program.text), "f", inputs)
    results = call(kernels_of(program.text), "f", inputs)
    for result, value in zip(results, expected, strict=True):
        tolerance = 3e-6 if np.asarray(value).dtype == np.float32 else 1e-13
        np.testing.assert_allclose(result.astype(np.asarray(value).dtype), np.ravel(value), tolerance, tolerance)


# ---------------------------------------------------------------- the emulator sees what is wrong


def test_a_missing_barrier_is_seen() -> None:
    module = kernels_of(program_called("fused_sum_1000").text)
    call(module, "f", [np.ones(1000)])
    for barrier in walk(module, "gpu.barrier"):
        barrier.erase()
    with pytest.raises(Fault, match="no barrier"):
        call(module, "f", [np.ones(1000)])


def test_a_missing_bound_is_seen() -> None:
    module = kernels_of(program_called("accumulation").text)
    (compare,) = walk(module, "arith.cmpi")
    true = ir.Operation.create("arith.constant", [compare.results[0].type], [],
                               {"value": ir.BoolAttr.get(True)}, ip=ir.InsertionPoint(compare))
    compare.results[0].replace_all_uses_with(true.results[0])
    with pytest.raises(Fault, match="outside of a buffer"):
        call(module, "f", [np.ones(40), np.ones(40)])


def test_two_writers_are_seen() -> None:
    module = kernels_of(program_called("accumulation").text)
    (store,) = walk(module, "memref.store")
    zero = ir.Operation.create("arith.constant", [ir.IndexType.get()], [],
                               {"value": ir.IntegerAttr.get(ir.IndexType.get(), 0)}, ip=ir.InsertionPoint(store))
    store.operands[2] = zero.results[0]
    with pytest.raises(Fault, match="two threads"):
        call(module, "f", [np.ones(40), np.ones(40)])


def program_called(name: str) -> Program:
    return next(program for program in PROGRAMS if program.name == name)


# ---------------------------------------------------------------- launch plans


def test_the_plan_lists_everything_a_call_needs() -> None:
    module = kernels_of(program_called("fused_sum_5000").text)
    (host,) = functions(module)
    assert str(read_plan(host)) == """\
launch plan of f(a0: f64[5000], a1: f64[1])
  temporary t0: f64[3]
  launch f_0<<<3, 256>>>(a0, t0)
  launch f_1<<<1, 256>>>(t0, a1)"""


def test_scalars_are_passed_by_value_and_bools_are_bytes() -> None:
    module = kernels_of(program_called("masks").text)
    (host,) = functions(module)
    arguments = [str(buffer) for buffer in read_plan(host).arguments]
    assert arguments == ["a0: f64[300]", "a1: i8[300]", "a2: i8", "a3: f64[300]", "a4: i8[300]", "a5: i8[1]"]


# ---------------------------------------------------------------- refusals

LOOP = """%c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (tensor<9xf64>) {
    %b = arith.addf %a, %a : tensor<9xf64>
    scf.yield %b : tensor<9xf64>
  }"""
WHILE = """%y = scf.while (%a = %x) : (tensor<9xf64>) -> tensor<9xf64> {
    scf.condition(%p) %a : tensor<9xf64>
  } do {
  ^bb0(%a: tensor<9xf64>):
    scf.yield %a : tensor<9xf64>
  }"""
IF = """%y = scf.if %p -> (tensor<9xf64>) {
    scf.yield %x : tensor<9xf64>
  } else {
    %b = arith.addf %x, %x : tensor<9xf64>
    scf.yield %b : tensor<9xf64>
  }"""
CHECK = """%k = arith.constant 3 : i64
  "nd.check"(%p, %k, %k) {kind = "IndexError", message = "no"} : (i1, i64, i64) -> ()
  %y = arith.addf %x, %x : tensor<9xf64>"""
CUT = """%z = tensor.extract_slice %x[%n] [3] [1] : tensor<9xf64> to tensor<3xf64>
  %y = tensor.insert_slice %z into %x[0] [3] [1] : tensor<3xf64> into tensor<9xf64>"""
PASTE = """%z = tensor.extract_slice %x[0] [3] [1] : tensor<9xf64> to tensor<3xf64>
  %y = tensor.insert_slice %z into %x[%n] [3] [1] : tensor<3xf64> into tensor<9xf64>"""
POWER = """%k = arith.index_cast %n : index to i64
  %l = math.ipowi %k, %k : i64
  %f = arith.sitofp %l : i64 to f64
  %z = "nd.full"(%f) : (f64) -> tensor<9xf64>
  %y = arith.addf %x, %z : tensor<9xf64>"""
REFUSED = [
    (LOOP, "a loop cannot", 4), (WHILE, "a while loop cannot", 2), (IF, "an if on a value known only", 2),
    (CHECK, "a check that fails at run time", 3), (CUT, "a slice whose bounds", 2),
    (PASTE, "a write to a slice whose bounds", 3), (POWER, "an integer power", 3),
]


@pytest.mark.parametrize(("body", "what", "line"), REFUSED, ids=[what for _, what, _ in REFUSED])
def test_what_has_no_kernel_is_refused_where_it_is(body: str, what: str, line: int) -> None:
    head = "func.func @f(%x: tensor<9xf64>, %n: index, %p: i1) -> tensor<9xf64> {"
    text = f"{head}\n  {body}\n  return %y : tensor<9xf64>\n}}"
    with pytest.raises(UnsupportedError, match=what) as refusal:
        kernels_of(text)
    assert refusal.value.position is not None
    assert refusal.value.position.line == line
    assert "target='cpu'" in refusal.value.help


def test_an_argument_that_changes_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="changes an argument") as refusal:
        kernels_of("""func.func @f(%x: tensor<9xf64>) -> (tensor<9xf64> {nd.into = 0 : i64}) {
  %y = arith.addf %x, %x : tensor<9xf64>
  return %y : tensor<9xf64>
}""")
    assert refusal.value.position is not None
    assert refusal.value.position.line == 2


def test_a_dynamic_shape_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="shape is known only at run time"):
        kernels_of("""func.func @f(%x: tensor<?xf64>) -> tensor<?xf64> {
  %y = arith.addf %x, %x : tensor<?xf64>
  return %y : tensor<?xf64>
}""")
