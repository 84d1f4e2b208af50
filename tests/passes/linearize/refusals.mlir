// Functions that no jvp has written, and tangents in operations that are not linear in them.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(diff-linearize{function=f})'

// expected-error@+1 {{@f.jvp has no attribute diff.primals}}
func.func @f.jvp(%x: f64) -> f64 {
  return %x : f64
}

// -----

func.func @f.jvp(%x: f64, %dx: f64) -> (f64, f64) attributes {diff.primals = 1, diff.results = 1, diff.wrt = array<i64: 0>} {
  // expected-error@+1 {{math.sin is not linear in a tangent it gets}}
  %s = math.sin %dx : f64
  return %x, %s : f64, f64
}

// -----

func.func @f.jvp(%x: f64, %dx: f64) -> (f64, f64) attributes {diff.primals = 1, diff.results = 1, diff.wrt = array<i64: 0>} {
  // expected-error@+1 {{arith.mulf is not linear in a tangent it gets}}
  %s = arith.mulf %dx, %dx : f64
  return %x, %s : f64, f64
}

// -----

func.func @f.jvp(%x: f64, %dx: f64) -> (f64, f64) attributes {diff.primals = 1, diff.results = 1, diff.wrt = array<i64: 0>} {
  // expected-error@+1 {{arith.cmpf is not linear in a tangent it gets}}
  %c = arith.cmpf ogt, %dx, %x : f64
  %s = arith.select %c, %dx, %x : f64
  return %x, %s : f64, f64
}

// -----

func.func @f.jvp(%x: f64, %dx: f64) -> (f64, f64) attributes {diff.primals = 1, diff.results = 1, diff.wrt = array<i64: 0>} {
  // expected-error@+1 {{arith.divf is not linear in a tangent it gets}}
  %s = arith.divf %x, %dx : f64
  return %x, %s : f64, f64
}
