"""The lowering pipeline: what it computes, what its loops copy and allocate, and what it refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.isolated import PASSED, outcomes
from tests.lowering import Compiled, assert_close, check_lowering, interpreted, leaked_bytes
from tests.passes.lowering_programs import PROGRAMS, function, normal
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.errors import UnsupportedError, WengertError
from wengert.passes.pipeline import LoweringOptions, compile_to_llvmir
from wengert.passes.statistics import Buffers, buffers_of
from wengert.runtime.entry import build_entry
from wengert.runtime.signature import KernelSignature, Slot

HERE = "tests.passes.test_lowering"


def check_program(name: str) -> None:
    """It computes what the interpreter does, copies and allocates as announced, and leaks nothing."""
    program = PROGRAMS[name]
    with make_context(), ir.Location.unknown():
        kernel = check_lowering(program.text, program.arguments, into=program.into)
    buffers = kernel.lowered.buffers
    assert (buffers.copies_in_loops, buffers.allocations_in_loops) == (
        program.copies_in_loops, program.allocations_in_loops), buffers
    assert program.copies in (None, buffers.copies), buffers
    assert program.allocations in (None, buffers.allocations), buffers
    arguments = [np.array(a) if isinstance(a, np.ndarray) else a for a in program.arguments]
    assert leaked_bytes(lambda: kernel(*arguments)) < 50 * 16


@pytest.fixture(scope="module")
def program_outcomes() -> dict[str, str]:
    return outcomes(f"{HERE}:check_program", list(PROGRAMS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, program_outcomes: dict[str, str]) -> None:
    assert program_outcomes[name] == PASSED, program_outcomes[name]


def test_a_wrong_expectation_fails() -> None:
    """The comparison of this file can fail: with another number of copies, and with another result."""
    lu = PROGRAMS["lu"]
    with make_context(), ir.Location.unknown():
        kernel = Compiled(lu.text)
        assert kernel.lowered.buffers.copies != dataclasses.replace(lu, copies=7).copies
        with pytest.raises(AssertionError):
            assert_close(kernel(*lu.arguments), [lu.arguments[0]])


# ---------------------------------------------------------------- the calling convention


def test_a_mutated_argument_is_written_in_place() -> None:
    program = PROGRAMS["lu in its argument"]
    a = np.array(program.arguments[0])
    with make_context(), ir.Location.unknown():
        kernel = Compiled(program.text, into=program.into)
        assert kernel(a)[0] is a
        assert_close([a], interpreted(program.text, program.arguments))


def test_arguments_that_overlap() -> None:
    """Without `noalias`, what is read and what is written may share memory: b is the argument a, shifted by one."""
    text = """func.func @f(%a: tensor<6xf64>, %b: tensor<6xf64>) -> (tensor<6xf64> {nd.into = 1 : i64}) {
      %s = math.sin %a : tensor<6xf64>
      %y = arith.addf %s, %b : tensor<6xf64>
      return %y : tensor<6xf64> }"""
    memory = normal(7)
    a, b = memory[:-1], memory[1:]
    expected = np.sin(a) + b
    with make_context(), ir.Location.unknown():
        kernel = Compiled(text, into={0: 1}, options=LoweringOptions(noalias=False))
        kernel(a, b)
        assert "noalias" not in kernel.lowered.llvm_ir.split("define void @f(")[1].split(",")[0]
    assert_close([b], [expected], 1e-12)


def test_results_of_unknown_extents_are_allocated_for_the_caller() -> None:
    text = """func.func @f(%a: tensor<?x4xf64>, %n: index) -> (tensor<?xf64>, tensor<?x4xf64>, index) {
      %k1 = arith.constant 1 : index
      %two = arith.constant 2.0 : f64
      %y = tensor.extract_slice %a[0, 1] [%n, 1] [1, 1] : tensor<?x4xf64> to tensor<?xf64>
      %m = arith.addi %n, %k1 : index
      %b = "nd.full"(%two, %m) : (f64, index) -> tensor<?x4xf64>
      return %y, %b, %m : tensor<?xf64>, tensor<?x4xf64>, index }"""
    with make_context(), ir.Location.unknown():
        lowered = compile_to_llvmir(ir.Module.parse(text))
    rows = KernelSignature("f", (Slot("f64", (None, 4)), Slot("i64")),
                           (Slot("f64", (None,)), Slot("f64", (None, 4)), Slot("i64")))
    entry = build_entry(lowered.llvm_ir, rows, lambda *_: None, lambda *_: RuntimeError())
    for count in (0, 1, 5):
        a = np.random.default_rng(0).normal(size=(count + 1, 4))
        y, b, m = entry(a, count)
        np.testing.assert_array_equal(y, a[:count, 1])
        np.testing.assert_array_equal(b, np.full((count + 1, 4), 2.0))
        assert m == count + 1
    assert lowered.buffers.copies == 1  # of the slice: what is computed is computed in the caller's memory


def test_an_array_that_changes_its_size_in_a_loop_is_refused() -> None:
    text = function("(%a: tensor<9xf64>, %n: i64) -> f64", """
  %b = tensor.extract_slice %a[0] [%k3] [1] : tensor<9xf64> to tensor<?xf64>
  %r = scf.for %i = %l0 to %n step %l1 iter_args(%u = %b) -> (tensor<?xf64>) : i64 {
    %m = arith.index_cast %i : i64 to index
    %v = tensor.extract_slice %a[0] [%m] [1] : tensor<9xf64> to tensor<?xf64>
    scf.yield %v : tensor<?xf64>
  }
  %y = tensor.extract %r[%k0] : tensor<?xf64>
  return %y : f64
""")
    with make_context(), ir.Location.unknown(), pytest.raises(UnsupportedError) as error:
        compile_to_llvmir(ir.Module.parse(text))
    assert "an array that a loop carries changes its shape, or might" in str(error.value)


def test_an_op_without_a_lowering_is_refused_with_its_place() -> None:
    text = """func.func @f(%a: tensor<6xf64>) -> tensor<6xf64> {
      %y = "other.op"(%a) : (tensor<6xf64>) -> tensor<6xf64> loc("u.py":7:3)
      return %y : tensor<6xf64> }"""
    with make_context() as context, ir.Location.unknown():
        context.allow_unregistered_dialects = True
        with pytest.raises(WengertError) as error:
            compile_to_llvmir(ir.Module.parse(text))
    assert str(error.value).startswith("u.py:7:3: ")
    assert "other.op" in str(error.value)


# ---------------------------------------------------------------- run-time checks

INDEX = function("(%a: tensor<4xf64>, %i: i64) -> f64", """
  %l4 = arith.constant 4 : i64
  %l3 = arith.constant 3 : i64
  %low = arith.cmpi sge, %i, %l0 : i64
  %high = arith.cmpi slt, %i, %l4 : i64
  %ok = arith.andi %low, %high : i1
  "nd.check"(%ok, %i, %l4) {kind = "IndexError", message = "index {0}, size {1}"} : (i1, i64, i64) -> () loc("u.py":3:5)
  %at_least = arith.maxsi %i, %l0 : i64
  %safe = arith.minsi %at_least, %l3 : i64
  %k = arith.index_cast %safe : i64 to index
  %y = tensor.extract %a[%k] : tensor<4xf64>
  return %y : f64
""")


def test_a_failed_check_is_recorded() -> None:
    with make_context(), ir.Location.unknown():
        kernel = Compiled(INDEX)
        assert kernel(np.arange(4.0), 2)[0] == 2.0
        assert list(kernel.failure) == [0, 0, 0, 0]
        kernel(np.arange(4.0), 9)
        assert list(kernel.failure) == [1, 9, 4, 0]
        assert kernel.lowered.checks == (("IndexError", "index {0}, size {1}", "u.py", 3, 5),)


def test_the_first_failure_counts_and_stops_a_while() -> None:
    """%k would run for ever: it is the failed check that ends the loop."""
    text = function("(%n: i64) -> i64", """
  %true = arith.constant true
  %r = scf.while (%k = %l0) : (i64) -> i64 {
    scf.condition(%true) %k : i64
  } do {
  ^bb0(%k: i64):
    %ok = arith.cmpi slt, %k, %n : i64
    "nd.check"(%ok, %k, %n) {kind = "ValueError", message = "{0}"} : (i1, i64, i64) -> ()
    %next = arith.addi %k, %l1 : i64
    "nd.check"(%ok, %next, %n) {kind = "ValueError", message = "second"} : (i1, i64, i64) -> ()
    scf.yield %next : i64
  }
  return %r : i64
""")
    with make_context(), ir.Location.unknown():
        kernel = Compiled(text)
        assert kernel(5) == [6]
    assert list(kernel.failure) == [1, 5, 5, 0]


def test_an_empty_array_can_be_indexed_behind_a_failed_check() -> None:
    text = function("(%a: tensor<0x3xf64>, %b: tensor<2x0xf64>) -> (f64, tensor<2x0xf64>)", """
  %false = arith.constant false
  "nd.check"(%false, %l0, %l0) {kind = "IndexError", message = "empty"} : (i1, i64, i64) -> ()
  %y = tensor.extract %a[%k0, %k1] : tensor<0x3xf64>
  %c = tensor.insert %y into %b[%k1, %k0] : tensor<2x0xf64>
  return %y, %c : f64, tensor<2x0xf64>
""")
    with make_context(), ir.Location.unknown():
        kernel = Compiled(text)
        kernel(np.zeros((0, 3)), np.zeros((2, 0)))
    assert kernel.failure[0] == 1


# ---------------------------------------------------------------- options and statistics


def test_precise_uses_no_vector_library() -> None:
    text = """func.func @f(%a: tensor<100xf64>) -> tensor<100xf64> {
      %y = math.exp %a : tensor<100xf64>
      return %y : tensor<100xf64> }"""
    with make_context(), ir.Location.unknown():
        fast = compile_to_llvmir(ir.Module.parse(text), options=LoweringOptions(vector_isas=("d", "b")))
        options = LoweringOptions(precise=True, vector_isas=("d", "b"))
        precise = compile_to_llvmir(ir.Module.parse(text), options=options)
    assert "_ZGVdN4v_exp" in fast.llvm_ir and "_ZGVeN8v_exp" not in fast.llvm_ir
    assert "_ZGV" not in precise.llvm_ir


def test_stages_are_recorded_on_request() -> None:
    with make_context(), ir.Location.unknown():
        lowered = compile_to_llvmir(ir.Module.parse(PROGRAMS["softmax"].text), record=True)
        assert list(lowered.stages) == ["nd", "transposed", "linalg", "memref", "llvm", "llvmir"]
        assert '"nd.reduce"' in lowered.stages["nd"]
        assert "linalg.generic" in lowered.stages["linalg"] and "nd.reduce" not in lowered.stages["linalg"]
        assert buffers_of(lowered.stages["memref"]) == lowered.buffers
        assert lowered.has_loops


def test_copies_and_allocations_are_counted_by_place() -> None:
    text = """func.func @f(%a: memref<4xf64>, %b: memref<4xf64>, %n: index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %x = memref.alloc() : memref<4xf64>
      scf.for %i = %c0 to %n step %c1 {
        %y = memref.alloc() : memref<4xf64>
        memref.copy %a, %b : memref<4xf64> to memref<4xf64>
      }
      return }"""
    with make_context():
        assert buffers_of(text) == Buffers(copies=0, allocations=1, copies_in_loops=1, allocations_in_loops=1)


def test_what_is_long_is_compiled_in_pieces() -> None:
    """A chain of 400 ops is several loops, none of them longer than the bound."""
    lines = "\n".join(f"%v{i + 1} = arith.addf %v{i}, %v{max(i - 5, 0)} : tensor<10xf64>" for i in range(400))
    text = f"func.func @f(%v0: tensor<10xf64>) -> tensor<10xf64> {{ {lines}\n return %v400 : tensor<10xf64> }}"
    with make_context(), ir.Location.unknown():
        check_lowering(text, [np.full(10, 1e-80)])
        lowered = compile_to_llvmir(ir.Module.parse(text), record=True)
    generics = lowered.stages["linalg"].split("linalg.generic")[1:]
    assert 2 <= len(generics) <= 8
    assert max(generic.count("arith.addf") for generic in generics) <= 130
