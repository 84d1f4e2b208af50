"""Programs in the IR whose residuals are hard to store: each with the arguments of several runs.

`PROGRAMS[name]` is (text of @f, argument lists, differentiated arguments).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_RNG = np.random.default_rng(7)
Program = tuple[str, list[list[Any]], tuple[int, ...]]
PROGRAMS: dict[str, Program] = {}

PRELUDE = """
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k2 = arith.constant 2 : index
  %k3 = arith.constant 3 : index
  %k5 = arith.constant 5 : index
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  %l2 = arith.constant 2 : i64
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %tenth = arith.constant 0.1 : f64
  %third = arith.constant 0.3 : f64
"""


def add(name: str, signature: str, body: str, runs: list[list[Any]], wrt: tuple[int, ...] = (0,)) -> None:
    PROGRAMS[name] = (f"func.func @f{signature} {{{PRELUDE}{body}}}\n", runs, wrt)


add("power", "(%x: f64, %n: i64) -> f64", """
  %r = scf.for %i = %l0 to %n step %l1 iter_args(%p = %one) -> f64 : i64 {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
""", [[1.3, n] for n in (0, 1, 2, 7, -4)])

add("steps", "(%x: f64, %lo: index, %hi: index, %st: index) -> f64", """
  %r = scf.for %i = %lo to %hi step %st iter_args(%p = %x) -> f64 {
    %q = scf.for %j = %lo to %hi step %k3 iter_args(%s = %p) -> f64 {
      %t = math.sin %s : f64
      %u = arith.mulf %t, %x : f64
      scf.yield %u : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
""", [[0.8, 2, 9, 2], [0.8, 2, 8, 5], [0.8, 3, 3, 1], [0.8, 4, 1, 1]])

add("triangular", "(%x: f64, %n: index) -> f64", """
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %x) -> f64 {
    %a = scf.for %j = %i to %n step %k2 iter_args(%q = %p) -> f64 {
      %b = scf.for %k = %j to %i step %k1 iter_args(%s = %q) -> f64 {
        %t = math.exp %s : f64
        scf.yield %t : f64
      }
      %c = scf.for %k = %i to %j step %k1 iter_args(%s = %b) -> f64 {
        %t = math.sin %s : f64
        %d = scf.for %l = %k0 to %k3 step %k1 iter_args(%v = %t) -> f64 {
          %w = arith.mulf %v, %v : f64
          scf.yield %w : f64
        }
        %u = arith.mulf %d, %x : f64
        scf.yield %u : f64
      }
      %e = arith.mulf %c, %c : f64
      scf.yield %e : f64
    }
    scf.yield %a : f64
  }
  return %r : f64
""", [[0.9, n] for n in (0, 1, 2, 5)])

add("branches", "(%x: f64, %a: tensor<6xf64>, %c: i1, %n: index) -> f64", """
  %r = scf.if %c -> f64 {
    %s = math.sin %x : f64
    %t = scf.for %i = %k0 to %n step %k1 iter_args(%p = %s) -> f64 {
      %e = tensor.extract %a[%i] : tensor<6xf64>
      %b = arith.cmpf ogt, %e, %p : f64
      %first = arith.cmpi eq, %i, %k1 : index
      %q = scf.if %b -> f64 {
        %u = arith.mulf %p, %e : f64
        %v = math.cos %u : f64
        scf.yield %v : f64
      } else {
        %u = scf.if %first -> f64 {
          %w = scf.for %j = %i to %n step %k1 iter_args(%z = %p) -> f64 {
            %y = arith.mulf %z, %e : f64
            scf.yield %y : f64
          }
          scf.yield %w : f64
        } else {
          scf.yield %e : f64
        }
        scf.yield %u : f64
      }
      scf.yield %q : f64
    }
    %m = arith.mulf %t, %s : f64
    scf.yield %m : f64
  } else {
    %s = math.exp %x : f64
    scf.yield %s : f64
  }
  return %r : f64
""", [[0.4, _RNG.normal(size=6), c, n] for c in (False, True) for n in (0, 1, 2, 6)], (0, 1))

add("while", "(%x: f64, %a: tensor<3xf64>) -> (f64, tensor<3xf64>)", """
  %r:3 = scf.while (%y = %x, %e = %one, %A = %a) : (f64, f64, tensor<3xf64>) -> (f64, f64, tensor<3xf64>) {
    %c = arith.cmpf ogt, %e, %x : f64
    scf.condition(%c) %y, %e, %A : f64, f64, tensor<3xf64>
  } do {
  ^bb0(%y: f64, %e: f64, %A: tensor<3xf64>):
    %s = math.sin %A : tensor<3xf64>
    %q = tensor.extract %s[%k1] : tensor<3xf64>
    %m = arith.mulf %y, %q : f64
    %n = arith.addf %m, %x : f64
    %B = tensor.insert %n into %s[%k2] : tensor<3xf64>
    %e2 = arith.mulf %e, %third : f64
    scf.yield %n, %e2, %B : f64, f64, tensor<3xf64>
  }
  return %r#0, %r#2 : f64, tensor<3xf64>
""", [[x, _RNG.normal(size=3)] for x in (2.0, 0.5, 0.01)], (0, 1))

add("while-in-for", "(%x: f64, %a: tensor<5xf64>) -> f64", """
  %r = scf.for %i = %k0 to %k5 step %k1 iter_args(%s = %x) -> f64 {
    %e = tensor.extract %a[%i] : tensor<5xf64>
    %w = scf.while (%y = %e) : (f64) -> f64 {
      %c = arith.cmpf ogt, %y, %x : f64
      scf.condition(%c) %y : f64
    } do {
    ^bb0(%y: f64):
      %q = math.sin %y : f64
      %v = arith.mulf %q, %third : f64
      scf.yield %v : f64
    }
    %t = arith.mulf %s, %w : f64
    %u = math.cos %t : f64
    scf.yield %u : f64
  }
  return %r : f64
""", [[0.05, np.array([0.2, 3.0, -9.0, 0.04, 1.5])], [9.0, np.ones(5)]], (0, 1))

add("for-in-while-in-while", "(%x: f64, %n: index) -> f64", """
  %r = scf.while (%y = %x) : (f64) -> f64 {
    %c = arith.cmpf ogt, %y, %tenth : f64
    scf.condition(%c) %y : f64
  } do {
  ^bb0(%y: f64):
    %w:3 = scf.while (%z = %y, %k = %k0, %p = %y) : (f64, index, f64) -> (f64, index, f64) {
      %c = arith.cmpf ogt, %z, %tenth : f64
      scf.condition(%c) %z, %k, %p : f64, index, f64
    } do {
    ^bb0(%z: f64, %k: index, %p: f64):
      %z1 = arith.mulf %z, %third : f64
      %l = arith.addi %k, %k1 : index
      %q = scf.for %j = %k to %n step %k1 iter_args(%s = %p) -> f64 {
        %s1 = math.sin %s : f64
        %s2 = arith.mulf %s1, %s : f64
        scf.yield %s2 : f64
      }
      scf.yield %z1, %l, %q : f64, index, f64
    }
    %v = math.cos %w#2 : f64
    %u = arith.mulf %y, %v : f64
    %t = arith.mulf %u, %third : f64
    scf.yield %t : f64
  }
  return %r : f64
""", [[x, n] for x in (1.8, 0.05) for n in (0, 1, 4)])

add("bounds-from-data", "(%x: f64, %sizes: tensor<4xi64>) -> f64", """
  %r:2 = scf.for %i = %k0 to %k3 step %k1 iter_args(%p = %x, %S = %sizes) -> (f64, tensor<4xi64>) {
    %n = tensor.extract %S[%i] : tensor<4xi64>
    %q = scf.for %j = %l0 to %n step %l1 iter_args(%s = %p) -> f64 : i64 {
      %t = math.sin %s : f64
      scf.yield %t : f64
    }
    %m = arith.addi %n, %l2 : i64
    %next = arith.addi %i, %k1 : index
    %T = tensor.insert %m into %S[%next] : tensor<4xi64>
    scf.yield %q, %T : f64, tensor<4xi64>
  }
  return %r#0 : f64
""", [[0.9, np.array([n, 5, 5, 5])] for n in (-7, 0, 1, 3)])

add("step-behind-a-branch", "(%x: f64, %n: index, %step: index) -> f64", """
  %r = scf.for %i = %k0 to %k2 step %k1 iter_args(%p = %x) -> f64 {
    %ok = arith.cmpi sgt, %step, %k0 : index
    %q = scf.if %ok -> f64 {
      %s = scf.for %j = %k0 to %n step %step iter_args(%t = %p) -> f64 {
        %u = math.sin %t : f64
        scf.yield %u : f64
      }
      scf.yield %s : f64
    } else {
      scf.yield %p : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
""", [[0.9, 5, 2], [0.9, 5, 0]])

add("checks", "(%x: f64, %a: tensor<5xf64>, %n: i64) -> f64", """
  %r = scf.for %i = %k0 to %k3 step %k1 iter_args(%p = %x) -> f64 {
    %wide = arith.index_cast %i : index to i64
    %early = arith.cmpi slt, %wide, %n : i64
    "nd.check"(%early, %wide, %n) {kind = "ValueError", message = "{0} of {1}"} : (i1, i64, i64) -> ()
    %w:2 = scf.while (%y = %p, %k = %l0) : (f64, i64) -> (f64, i64) {
      %c = arith.cmpf ogt, %y, %tenth : f64
      scf.condition(%c) %y, %k : f64, i64
    } do {
    ^bb0(%y: f64, %k: i64):
      %in = arith.cmpi slt, %k, %n : i64
      "nd.check"(%in, %k, %n) {kind = "IndexError", message = "index {0} of {1}"} : (i1, i64, i64) -> ()
      %last = arith.constant 4 : i64
      %clamped = arith.minsi %k, %last : i64
      %at = arith.index_cast %clamped : i64 to index
      %e = tensor.extract %a[%at] : tensor<5xf64>
      %q = math.sin %e : f64
      %v = arith.mulf %q, %y : f64
      %l = arith.addi %k, %l1 : i64
      scf.yield %v, %l : f64, i64
    }
    %t = arith.addf %w#0, %x : f64
    scf.yield %t : f64
  }
  return %r : f64
""", [[0.8, np.array([0.5, 0.4, 0.3, 0.2, 0.1]), 9]], (0, 1))

add("rows", "(%a: tensor<4xf64>, %n: i64, %m: i64) -> tensor<4xf64>", """
  %r = scf.for %i = %l0 to %n step %l1 iter_args(%s = %a) -> tensor<4xf64> : i64 {
    %z = arith.cmpi eq, %i, %l1 : i64
    %q = scf.if %z -> tensor<4xf64> {
      %w = scf.for %j = %l0 to %m step %l1 iter_args(%p = %s) -> tensor<4xf64> : i64 {
        %e = math.sin %p : tensor<4xf64>
        %f = arith.mulf %e, %p : tensor<4xf64>
        scf.yield %f : tensor<4xf64>
      }
      scf.yield %w : tensor<4xf64>
    } else {
      %w = arith.mulf %s, %s : tensor<4xf64>
      scf.yield %w : tensor<4xf64>
    }
    scf.yield %q : tensor<4xf64>
  }
  return %r : tensor<4xf64>
""", [[_RNG.normal(size=4), n, m] for n, m in ((0, 3), (1, 3), (2, 0), (4, 3))])

add("dynamic-rows", "(%a: tensor<?xf64>, %n: index) -> tensor<?xf64>", """
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%s = %a) -> tensor<?xf64> {
    %e = math.sin %s : tensor<?xf64>
    %f = arith.mulf %e, %s : tensor<?xf64>
    scf.yield %f : tensor<?xf64>
  }
  return %r : tensor<?xf64>
""", [[_RNG.normal(size=size), n] for size, n in ((3, 2), (0, 2), (3, 0))])

add("prefixes", "(%a: tensor<6xf64>, %b: tensor<6x4xf64>, %n: index, %t: f64) -> (tensor<6xf64>, tensor<6x4xf64>)", """
  %r:2 = scf.for %i = %k0 to %n step %k1 iter_args(%s = %a, %B = %b) -> (tensor<6xf64>, tensor<6x4xf64>) {
    %w = tensor.extract_slice %s[0][%i][1] : tensor<6xf64> to tensor<?xf64>
    %e = math.sin %w : tensor<?xf64>
    %f = arith.mulf %e, %w : tensor<?xf64>
    %s1 = tensor.insert_slice %f into %s[0][%i][1] : tensor<?xf64> into tensor<6xf64>
    %x = tensor.extract %s1[%i] : tensor<6xf64>
    %c = arith.cmpf ogt, %x, %t : f64
    %B2 = scf.if %c -> tensor<6x4xf64> {
      %W = tensor.extract_slice %B[0, 0][%i, 4][1, 1] : tensor<6x4xf64> to tensor<?x4xf64>
      %E = math.exp %W : tensor<?x4xf64>
      %F = arith.mulf %E, %W : tensor<?x4xf64>
      %B1 = tensor.insert_slice %F into %B[0, 0][%i, 4][1, 1] : tensor<?x4xf64> into tensor<6x4xf64>
      scf.yield %B1 : tensor<6x4xf64>
    } else {
      scf.yield %B : tensor<6x4xf64>
    }
    scf.yield %s1, %B2 : tensor<6xf64>, tensor<6x4xf64>
  }
  return %r#0, %r#1 : tensor<6xf64>, tensor<6x4xf64>
""", [[_RNG.normal(size=6), 0.2 * _RNG.normal(size=(6, 4)), n, 0.0] for n in (0, 1, 6)], (0, 1))

add("array-in-a-branch", "(%a: tensor<3xf64>, %d: tensor<?xf64>, %c: i1) -> (tensor<3xf64>, tensor<?xf64>)", """
  %r:2 = scf.if %c -> (tensor<3xf64>, tensor<?xf64>) {
    %s = math.sin %a : tensor<3xf64>
    %p = arith.mulf %s, %a : tensor<3xf64>
    %e = math.exp %d : tensor<?xf64>
    scf.yield %p, %e : tensor<3xf64>, tensor<?xf64>
  } else {
    scf.yield %a, %d : tensor<3xf64>, tensor<?xf64>
  }
  return %r#0, %r#1 : tensor<3xf64>, tensor<?xf64>
""", [[_RNG.normal(size=3), _RNG.normal(size=2), c] for c in (False, True)], (0, 1))
