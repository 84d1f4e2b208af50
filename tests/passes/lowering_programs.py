"""Programs at level nd, as another front end might write them, each with what lowering is expected to make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

_RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return _RNG.normal(size=shape)


@dataclass(frozen=True)
class Program:
    """A function @f, its arguments, and the copies and allocations its loops may contain after bufferization."""

    text: str
    arguments: tuple[Any, ...]
    into: dict[int, int] = field(default_factory=dict)
    copies_in_loops: int = 0
    allocations_in_loops: int = 0
    copies: int | None = None
    allocations: int | None = None


CONSTANTS = """
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  %l2 = arith.constant 2 : i64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k3 = arith.constant 3 : index
  %half = arith.constant 0.5 : f64
  %one = arith.constant 1.0 : f64
"""


def function(signature: str, body: str) -> str:
    return f"func.func @f{signature} {{{CONSTANTS}{body}}}"


_LU = """
  %l6 = arith.constant 6 : i64
  %r = scf.for %k = %l0 to %l6 step %l1 iter_args(%u = %a) -> (tensor<6x6xf64>) : i64 {
    %next = arith.addi %k, %l1 : i64
    %p = arith.index_cast %k : i64 to index
    %rows = scf.for %i = %next to %l6 step %l1 iter_args(%v = %u) -> (tensor<6x6xf64>) : i64 {
      %q = arith.index_cast %i : i64 to index
      %x = tensor.extract %v[%q, %p] : tensor<6x6xf64>
      %pivot = tensor.extract %v[%p, %p] : tensor<6x6xf64>
      %factor = arith.divf %x, %pivot : f64
      %v1 = tensor.insert %factor into %v[%q, %p] : tensor<6x6xf64>
      %columns = scf.for %j = %next to %l6 step %l1 iter_args(%w = %v1) -> (tensor<6x6xf64>) : i64 {
        %c = arith.index_cast %j : i64 to index
        %y = tensor.extract %w[%q, %c] : tensor<6x6xf64>
        %z = tensor.extract %w[%p, %c] : tensor<6x6xf64>
        %m = arith.mulf %factor, %z : f64
        %s = arith.subf %y, %m : f64
        %w1 = tensor.insert %s into %w[%q, %c] : tensor<6x6xf64>
        scf.yield %w1 : tensor<6x6xf64>
      }
      scf.yield %columns : tensor<6x6xf64>
    }
    scf.yield %rows : tensor<6x6xf64>
  }
  return %r : tensor<6x6xf64>
"""


def _loop_of_two(first: str, second: str) -> str:
    """A loop that carries two arrays and hands on `first` and `second`."""
    return function("(%a: tensor<8xf64>, %b: tensor<8xf64>, %n: i64) -> (tensor<8xf64>, tensor<8xf64>)", f"""
  %r:2 = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a, %v = %b) -> (tensor<8xf64>, tensor<8xf64>) : i64 {{
    %w = arith.addf %u, %v : tensor<8xf64>
    scf.yield {first}, {second} : tensor<8xf64>, tensor<8xf64>
  }}
  return %r#0, %r#1 : tensor<8xf64>, tensor<8xf64>
""")


PROGRAMS: dict[str, Program] = {
    "lu": Program(function("(%a: tensor<6x6xf64>) -> tensor<6x6xf64>", _LU), (normal(6, 6) + 6 * np.eye(6),),
                  copies=1, allocations=0),
    "lu in its argument": Program(
        function("(%a: tensor<6x6xf64>) -> (tensor<6x6xf64> {nd.into = 0 : i64})", _LU),
        (normal(6, 6) + 6 * np.eye(6),), into={0: 0}, copies=0, allocations=0),
    "a loop that yields a new array": Program(function(
        "(%a: tensor<8xf64>, %t: tensor<8xf64>, %n: i64) -> tensor<8xf64>", """
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<8xf64>) : i64 {
    %s = math.sin %u : tensor<8xf64>
    %v = arith.addf %s, %t : tensor<8xf64>
    scf.yield %v : tensor<8xf64>
  }
  return %r : tensor<8xf64>
"""), (normal(8), normal(8), 5), copies=1, allocations=0),
    # After two iterations every array is back in its place: nothing is copied in the loop.
    **{f"carried arrays move on, {n} times": Program(_loop_of_two("%v", "%w"), (normal(8), normal(8), n))
       for n in (-1, 0, 1, 2, 5)},
    **{f"carried arrays trade places, {n} times": Program(_loop_of_two("%v", "%u"), (normal(8), normal(8), n))
       for n in (0, 1, 2, 5)},
    **{f"three arrays rotate, {n} times": Program(function(
        "(%a: tensor<8xf64>, %b: tensor<8xf64>, %c: tensor<8xf64>, %n: i64)"
        " -> (tensor<8xf64>, tensor<8xf64>, tensor<8xf64>, i64)", """
  %end = arith.muli %n, %l2 : i64
  %r:4 = scf.for %k = %l0 to %end step %l2 iter_args(%u = %a, %v = %b, %w = %c, %s = %l1)
      -> (tensor<8xf64>, tensor<8xf64>, tensor<8xf64>, i64) : i64 {
    %x = arith.addf %u, %v : tensor<8xf64>
    %y = arith.mulf %x, %w : tensor<8xf64>
    %t = arith.addi %s, %k : i64
    scf.yield %v, %w, %y, %t : tensor<8xf64>, tensor<8xf64>, tensor<8xf64>, i64
  }
  return %r#0, %r#1, %r#2, %r#3 : tensor<8xf64>, tensor<8xf64>, tensor<8xf64>, i64
"""), (normal(8), normal(8), normal(8), n)) for n in (0, 1, 2, 3, 7)},
    "arguments trade places": Program(
        "func.func @f(%a: tensor<8xf64>, %b: tensor<8xf64>) -> (tensor<8xf64> {nd.into = 0 : i64},"
        " tensor<8xf64> {nd.into = 1 : i64}, tensor<8xf64>) { return %b, %a, %a : tensor<8xf64>, tensor<8xf64>,"
        " tensor<8xf64> }", (normal(8), normal(8)), into={0: 0, 1: 1}),
    "while": Program(function("(%a: tensor<4xf64>, %x: f64) -> (tensor<4xf64>, f64, i64)", """
  %r:3 = scf.while (%u = %a, %y = %x, %k = %l0) : (tensor<4xf64>, f64, i64) -> (tensor<4xf64>, f64, i64) {
    %c = arith.cmpf ogt, %y, %one : f64
    scf.condition(%c) %u, %y, %k : tensor<4xf64>, f64, i64
  } do {
  ^bb0(%u: tensor<4xf64>, %y: f64, %k: i64):
    %y1 = arith.mulf %y, %half : f64
    %next = arith.addi %k, %l1 : i64
    %ys = "nd.full"(%y1) : (f64) -> tensor<4xf64>
    %v = arith.mulf %u, %ys : tensor<4xf64>
    %w = tensor.insert %y1 into %v[%k0] : tensor<4xf64>
    scf.yield %w, %y1, %next : tensor<4xf64>, f64, i64
  }
  return %r#0, %r#1, %r#2 : tensor<4xf64>, f64, i64
"""), (normal(4), 100.0), copies=1, allocations=0),
    "branches": Program(function("(%a: tensor<4xf64>, %b: tensor<4xf64>, %c: i1) -> (tensor<4xf64>, i1)", """
  %r = scf.if %c -> (tensor<4xf64>) {
    %x = arith.addf %a, %b : tensor<4xf64>
    scf.yield %x : tensor<4xf64>
  } else {
    scf.yield %a : tensor<4xf64>
  }
  %true = arith.constant true
  %d = arith.xori %c, %true : i1
  return %r, %d : tensor<4xf64>, i1
"""), (normal(4), normal(4), True)),
    "a branch in a loop": Program(function("(%a: tensor<4xf64>, %n: i64) -> tensor<4xf64>", """
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<4xf64>) : i64 {
    %m = arith.remsi %k, %l2 : i64
    %c = arith.cmpi eq, %m, %l0 : i64
    %v = scf.if %c -> (tensor<4xf64>) {
      %x = arith.mulf %u, %u : tensor<4xf64>
      scf.yield %x : tensor<4xf64>
    } else {
      %e = tensor.extract %u[%k0] : tensor<4xf64>
      %f = arith.addf %e, %e : f64
      %w = tensor.insert %f into %u[%k0] : tensor<4xf64>
      scf.yield %w : tensor<4xf64>
    }
    scf.yield %v : tensor<4xf64>
  }
  return %r : tensor<4xf64>
"""), (normal(4), 5), copies=1, allocations=0),
    "two buffers, a stencil each": Program(function("(%a: tensor<9x9xf64>, %n: i64) -> tensor<9x9xf64>", """
  %quarter = arith.constant 0.25 : f64
  %q = "nd.full"(%quarter) : (f64) -> tensor<7x7xf64>
  %r:2 = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a, %v = %a) -> (tensor<9x9xf64>, tensor<9x9xf64>) : i64 {
    %w = tensor.extract_slice %u[1, 0] [7, 7] [1, 1] : tensor<9x9xf64> to tensor<7x7xf64>
    %e = tensor.extract_slice %u[1, 2] [7, 7] [1, 1] : tensor<9x9xf64> to tensor<7x7xf64>
    %s = arith.addf %w, %e : tensor<7x7xf64>
    %t = arith.mulf %s, %q : tensor<7x7xf64>
    %v1 = tensor.insert_slice %t into %v[1, 1] [7, 7] [1, 1] : tensor<7x7xf64> into tensor<9x9xf64>
    %m = tensor.extract_slice %v1[0, 1] [7, 7] [1, 1] : tensor<9x9xf64> to tensor<7x7xf64>
    %p = tensor.extract_slice %v1[2, 1] [7, 7] [1, 1] : tensor<9x9xf64> to tensor<7x7xf64>
    %x = arith.addf %m, %p : tensor<7x7xf64>
    %u1 = tensor.insert_slice %x into %u[1, 1] [7, 7] [1, 1] : tensor<7x7xf64> into tensor<9x9xf64>
    scf.yield %u1, %v1 : tensor<9x9xf64>, tensor<9x9xf64>
  }
  return %r#0 : tensor<9x9xf64>
"""), (normal(9, 9), 5), copies=2, allocations=0),
    "windows that overlap": Program(function("(%a: tensor<9xf64>, %n: i64) -> tensor<9xf64>", """
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<9xf64>) : i64 {
    %w = tensor.extract_slice %u[1] [4] [1] : tensor<9xf64> to tensor<4xf64>
    %m = arith.negf %w : tensor<4xf64>
    %v = tensor.insert_slice %m into %u[2] [4] [1] : tensor<4xf64> into tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  return %r : tensor<9xf64>
"""), (normal(9), 5)),
    # Bufferization refuses this one as it is; the loop then works on a copy of what it carries.
    "an old version is read after a write": Program(function("(%a: tensor<9xf64>, %n: i64) -> tensor<9xf64>", """
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<9xf64>) : i64 {
    %u1 = tensor.insert %half into %u[%k3] : tensor<9xf64>
    %w = tensor.extract_slice %u[3] [4] [1] : tensor<9xf64> to tensor<4xf64>
    %v = tensor.insert_slice %w into %u1[2] [4] [1] : tensor<4xf64> into tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  return %r : tensor<9xf64>
"""), (normal(9), 5), copies_in_loops=3),
    "accumulation": Program(function("(%c: tensor<9xf64>, %x: tensor<6xf64>, %n: i64) -> tensor<9xf64>", """
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %c) -> (tensor<9xf64>) : i64 {
    %w = tensor.extract_slice %u[2] [6] [1] : tensor<9xf64> to tensor<6xf64>
    %y = arith.mulf %x, %x : tensor<6xf64>
    %w1 = arith.addf %w, %y {nd.accumulate} : tensor<6xf64>
    %w2 = arith.addf %w1, %x {nd.accumulate} : tensor<6xf64>
    %v = tensor.insert_slice %w2 into %u[2] [6] [1] : tensor<6xf64> into tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  return %r : tensor<9xf64>
"""), (normal(9), normal(6), 4), copies=1, allocations=0),
    "bools": Program(function(
        "(%a: tensor<2x3xf64>, %b: tensor<2x3xi1>) -> (tensor<2x3xi1>, i1, i1, tensor<3xi1>, tensor<2x3xf64>, i1)", """
  %true = arith.constant true
  %zero = arith.constant 0.0 : f64
  %z = "nd.full"(%zero) : (f64) -> tensor<2x3xf64>
  %c = arith.cmpf ogt, %a, %z : tensor<2x3xf64>
  %d = arith.andi %c, %b : tensor<2x3xi1>
  %x = "nd.reduce"(%d) {kind = "any", axes = array<i64: 0, 1>} : (tensor<2x3xi1>) -> i1
  %y = "nd.reduce"(%d) {kind = "all", axes = array<i64: 0, 1>} : (tensor<2x3xi1>) -> i1
  %w = "nd.reduce"(%d) {kind = "any", axes = array<i64: 0>} : (tensor<2x3xi1>) -> tensor<3xi1>
  %s = arith.select %d, %a, %z : tensor<2x3xi1>, tensor<2x3xf64>
  %e = tensor.extract %b[%k0, %k1] : tensor<2x3xi1>
  %d1 = tensor.insert %true into %d[%k0, %k1] : tensor<2x3xi1>
  return %d1, %x, %y, %w, %s, %e : tensor<2x3xi1>, i1, i1, tensor<3xi1>, tensor<2x3xf64>, i1
"""), (normal(2, 3), np.array([[True, False, True], [True, True, False]]))),
    "bools carried by a loop": Program(function("(%a: tensor<4xi1>, %n: i64) -> tensor<4xi1>", """
  %c = arith.constant dense<[true, false, true, true]> : tensor<4xi1>
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<4xi1>) : i64 {
    %v = arith.xori %u, %c : tensor<4xi1>
    scf.yield %v : tensor<4xi1>
  }
  return %r : tensor<4xi1>
"""), (np.array([True, True, False, False]), 3)),
    "integers": Program(function(
        "(%a: tensor<3x4xi64>) -> (i64, i64, tensor<3xi64>, tensor<4xi64>, tensor<3x4xf64>)", """
  %x = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<3x4xi64>) -> i64
  %y = "nd.reduce"(%a) {kind = "max", axes = array<i64: 0, 1>} : (tensor<3x4xi64>) -> i64
  %w = "nd.reduce"(%a) {kind = "prod", axes = array<i64: 1>} : (tensor<3x4xi64>) -> tensor<3xi64>
  %v = "nd.reduce"(%a) {kind = "min", axes = array<i64: 0>} : (tensor<3x4xi64>) -> tensor<4xi64>
  %g = arith.sitofp %a : tensor<3x4xi64> to tensor<3x4xf64>
  return %x, %y, %w, %v, %g : i64, i64, tensor<3xi64>, tensor<4xi64>, tensor<3x4xf64>
"""), (_RNG.integers(-9, 9, (3, 4)),)),
    "softmax": Program("""func.func @f(%a: tensor<7x9xf64>) -> tensor<7x9xf64> {
  %m = "nd.reduce"(%a) {kind = "max", axes = array<i64: 1>} : (tensor<7x9xf64>) -> tensor<7xf64>
  %ms = "nd.broadcast"(%m) {dimensions = array<i64: 0>} : (tensor<7xf64>) -> tensor<7x9xf64>
  %d = arith.subf %a, %ms : tensor<7x9xf64>
  %e = math.exp %d : tensor<7x9xf64>
  %s = "nd.reduce"(%e) {kind = "sum", axes = array<i64: 1>} : (tensor<7x9xf64>) -> tensor<7xf64>
  %ss = "nd.broadcast"(%s) {dimensions = array<i64: 0>} : (tensor<7xf64>) -> tensor<7x9xf64>
  %r = arith.divf %e, %ss : tensor<7x9xf64>
  return %r : tensor<7x9xf64> }""", (normal(7, 9),), copies=0),
    # Memory whose address BLAS has must live until the call.
    "products of temporaries": Program(function(
        "(%s: f64, %b: tensor<40x40xf64>) -> (tensor<40x40xf64>, tensor<40xf64>)", """
  %a = "nd.full"(%s) : (f64) -> tensor<40x40xf64>
  %t = "nd.transpose"(%a) {permutation = array<i64: 1, 0>} : (tensor<40x40xf64>) -> tensor<40x40xf64>
  %p = "nd.dot_general"(%a, %t) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 0>}
    : (tensor<40x40xf64>, tensor<40x40xf64>) -> tensor<40x40xf64>
  %e = math.exp %b : tensor<40x40xf64>
  %q = "nd.dot_general"(%p, %e) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 0>}
    : (tensor<40x40xf64>, tensor<40x40xf64>) -> tensor<40x40xf64>
  %x = "nd.reduce"(%e) {kind = "max", axes = array<i64: 0>} : (tensor<40x40xf64>) -> tensor<40xf64>
  %v = "nd.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<40xf64>) -> tensor<40xf64>
  return %q, %v : tensor<40x40xf64>, tensor<40xf64>
"""), (0.3, normal(40, 40))),
    "branches of different size": Program(function("(%a: tensor<9xf64>, %n: i64, %c: i1) -> f64", """
  %m = arith.index_cast %n : i64 to index
  %w = tensor.extract_slice %a[1] [%m] [1] : tensor<9xf64> to tensor<?xf64>
  %r = scf.if %c -> (tensor<?xf64>) {
    %e = math.exp %w : tensor<?xf64>
    scf.yield %e : tensor<?xf64>
  } else {
    %v = tensor.extract_slice %a[0] [%k3] [1] : tensor<9xf64> to tensor<?xf64>
    scf.yield %v : tensor<?xf64>
  }
  %s = "nd.reduce"(%r) {kind = "sum", axes = array<i64: 0>} : (tensor<?xf64>) -> f64
  return %s : f64
"""), (normal(9), 7, True)),
    # What the first iteration writes, the second must not find.
    "a window of an array from outside is written in a loop": Program(function(
        "(%a: tensor<9xf64>, %n: i64) -> tensor<9xf64>", """
  %x = math.sin %a : tensor<9xf64>
  %l4 = arith.constant 4 : i64
  %r = scf.for %k = %l0 to %n step %l1 iter_args(%u = %a) -> (tensor<9xf64>) : i64 {
    %left = arith.subi %l4, %k : i64
    %m = arith.index_cast %left : i64 to index
    %w = tensor.extract_slice %u[%m] [%m] [1] : tensor<9xf64> to tensor<?xf64>
    %v = math.tanh %w : tensor<?xf64>
    %y = tensor.insert_slice %v into %x[1] [%m] [1] : tensor<?xf64> into tensor<9xf64>
    scf.yield %y : tensor<9xf64>
  }
  return %r : tensor<9xf64>
"""), (normal(9), 4), copies_in_loops=2),
    "windows of dynamic extent": Program(function("(%a: tensor<9x9xf64>, %n: i64) -> f64", """
  %zero = arith.constant 0.0 : f64
  %m = arith.index_cast %n : i64 to index
  %r = scf.for %k = %k1 to %m step %k1 iter_args(%u = %zero) -> (f64) {
    %x = tensor.extract_slice %a[%k, 0] [1, %k] [1, 1] : tensor<9x9xf64> to tensor<?xf64>
    %y = tensor.extract_slice %a[0, %k] [%k, 1] [1, 1] : tensor<9x9xf64> to tensor<?xf64>
    %e = math.exp %x : tensor<?xf64>
    %p = arith.mulf %e, %y : tensor<?xf64>
    %s = "nd.reduce"(%p) {kind = "max", axes = array<i64: 0>} : (tensor<?xf64>) -> f64
    %v = arith.addf %u, %s : f64
    scf.yield %v : f64
  }
  return %r : f64
"""), (normal(9, 9), 7), allocations=0),
    # Both results begin as %b, and neither may be computed where the other one still is.
    "two results begin as one array": Program(function("(%a: tensor<3xf64>) -> (tensor<2x3xf64>, tensor<2x3xf64>)", """
  %b = "nd.broadcast"(%a) {dimensions = array<i64: 1>} : (tensor<3xf64>) -> tensor<2x3xf64>
  %x = scf.for %k = %k0 to %k3 step %k1 iter_args(%u = %b) -> (tensor<2x3xf64>) {
    %v = tensor.insert %half into %u[%k0, %k] : tensor<2x3xf64>
    scf.yield %v : tensor<2x3xf64>
  }
  %y = scf.for %k = %k0 to %k3 step %k1 iter_args(%u = %b) -> (tensor<2x3xf64>) {
    %v = tensor.insert %one into %u[%k1, %k] : tensor<2x3xf64>
    scf.yield %v : tensor<2x3xf64>
  }
  return %x, %y : tensor<2x3xf64>, tensor<2x3xf64>
"""), (normal(3),)),
    # Free dimensions before the last are loops around calls of BLAS.
    "products of stacks with one matrix": Program(function(
        "(%a: tensor<3x20x16xf64>, %b: tensor<16x18xf64>) -> (tensor<3x20x18xf64>, tensor<18x3x20xf64>)", """
  %x = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 2>, rhs_contracting = array<i64: 0>}
    : (tensor<3x20x16xf64>, tensor<16x18xf64>) -> tensor<3x20x18xf64>
  %y = "nd.dot_general"(%b, %a) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 2>}
    : (tensor<16x18xf64>, tensor<3x20x16xf64>) -> tensor<18x3x20xf64>
  return %x, %y : tensor<3x20x18xf64>, tensor<18x3x20xf64>
"""), (normal(3, 20, 16), normal(16, 18))),
}
