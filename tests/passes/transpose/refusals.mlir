// What has no transpose is refused at the operation.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(diff-transpose{function=f})'

func.func @f.lin(%dx: f64) -> f64 attributes {diff.primals = 0, diff.wrt = array<i64>} {
  // expected-error@+1 {{math.exp is not linear in a tangent it gets}}
  %y = math.exp %dx : f64
  return %y : f64
}

// -----

func.func @f.lin(%dx: f64) -> f64 attributes {diff.primals = 0, diff.wrt = array<i64>} {
  // expected-error@+1 {{a 'while' carries tangents}}
  %y = scf.while (%u = %dx) : (f64) -> f64 {
    %go = arith.constant false
    scf.condition(%go) %u : f64
  } do {
  ^bb0(%u: f64):
    scf.yield %u : f64
  }
  return %y : f64
}

// -----

func.func @f.lin(%n: index, %dx: f64) -> f64 attributes {diff.primals = 1, diff.wrt = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  // expected-error@+1 {{a loop carries tangents together with known values}}
  %y:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %dx, %p = %one) -> (f64, f64) {
    %v = arith.mulf %u, %p : f64
    %q = arith.addf %p, %one : f64
    scf.yield %v, %q : f64, f64
  }
  return %y#0 : f64
}

// -----

// The extent of what the loop carries changes, so the shape of its cotangent is not known before the loop.
func.func @f.lin(%n: index, %dx: tensor<?xf64>) -> f64 attributes {diff.primals = 1, diff.wrt = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  // expected-error@+1 {{the extent of dimension 0 of a cotangent of type tensor<?xf64> is not known here}}
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%u = %dx) -> (tensor<?xf64>) {
    %k = arith.subi %n, %i : index
    %v = tensor.extract_slice %u[0] [%k] [1] : tensor<?xf64> to tensor<?xf64>
    scf.yield %v : tensor<?xf64>
  }
  %z = tensor.extract %y[%c0] : tensor<?xf64>
  return %z : f64
}
