// The condition of a while is computed from primals; tangents pass through it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[DX:.*]]: f64)
func.func @f(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  // CHECK: scf.while (%[[U:.*]] = %[[X]], %[[DU:.*]] = %[[DX]]) : (f64, f64) -> (f64, f64) {
  // CHECK-NEXT: %[[S:.*]] = math.sqrt %[[U]]
  // CHECK-NEXT: %[[GO:.*]] = arith.cmpf ogt, %[[S]]
  // CHECK-NEXT: scf.condition(%[[GO]]) %[[U]], %[[DU]]
  %r = scf.while (%u = %x) : (f64) -> f64 {
    %s = math.sqrt %u : f64
    %go = arith.cmpf ogt, %s, %one : f64
    scf.condition(%go) %u : f64
  } do {
  ^bb0(%u: f64):
    // CHECK: ^bb0(%[[V:.*]]: f64, %[[DV:.*]]: f64):
    // CHECK-NEXT: %[[W:.*]] = arith.mulf %[[V]], %[[HALF:.*]] :
    // CHECK-NEXT: %[[DW:.*]] = arith.mulf %[[DV]], %[[HALF]]
    // CHECK-NEXT: scf.yield %[[W]], %[[DW]]
    %w = arith.mulf %u, %half : f64
    scf.yield %w : f64
  }
  return %r : f64
}
