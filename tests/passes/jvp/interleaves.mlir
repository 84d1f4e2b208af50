// Primal and tangent are computed side by side; a loop carries both, and the tangent starts from a zero.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=power wrt=0})' | FileCheck %s

// CHECK-LABEL: func.func private @power.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index, %[[DX:.*]]: f64) -> (f64, f64)
// CHECK-SAME: attributes {diff.primals = 2 : i64, diff.results = 1 : i64, diff.wrt = array<i64: 0>}
func.func @power(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[ONE:.*]] = arith.constant 1.0
  %one = arith.constant 1.0 : f64
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK: %[[Y:.*]]:2 = scf.for {{.*}} to %[[N]] {{.*}} iter_args(%[[P:.*]] = %[[ONE]], %[[DP:.*]] = %[[ZERO]]) -> (f64, f64)
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %one) -> (f64) {
    // CHECK-NEXT: %[[Q:.*]] = arith.mulf %[[P]], %[[X]]
    // CHECK-NEXT: %[[LEFT:.*]] = arith.mulf %[[DP]], %[[X]]
    // CHECK-NEXT: %[[RIGHT:.*]] = arith.mulf %[[DX]], %[[P]]
    // CHECK-NEXT: %[[DQ:.*]] = arith.addf %[[LEFT]], %[[RIGHT]]
    // CHECK-NEXT: scf.yield %[[Q]], %[[DQ]] : f64, f64
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  // CHECK: return %[[Y]]#0, %[[Y]]#1
  return %r : f64
}
