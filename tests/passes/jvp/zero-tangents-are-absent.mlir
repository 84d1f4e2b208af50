// What does not depend on the arguments in wrt, or does not reach a result, gets no tangent: no op, no carried zero.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=1})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[Y:.*]]: f64, %[[A:.*]]: tensor<4xf64>, %[[N:.*]]: index, %[[DY:.*]]: f64)
func.func @f(%x: f64, %y: f64, %a: tensor<4xf64>, %n: index) -> (f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK-COUNT-1: math.sin
  // CHECK-NOT: math.cos
  %s = math.sin %x : f64
  // CHECK: math.exp %[[Y]]
  // CHECK-NEXT: scf.for
  // CHECK-SAME: iter_args(%[[U:.*]] = %[[Y]], %[[V:.*]] = %{{.*}}, %[[B:.*]] = %[[A]], %[[DU:.*]] = %[[DY]])
  // CHECK-SAME: -> (f64, f64, tensor<4xf64>, f64)
  %dead = math.exp %y : f64
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %y, %v = %s, %b = %a) -> (f64, f64, tensor<4xf64>) {
    // CHECK-NEXT: %[[W:.*]] = arith.mulf %[[U]], %[[V]]
    // CHECK-NEXT: %[[DW:.*]] = arith.mulf %[[DU]], %[[V]]
    // CHECK-NEXT: tensor.extract
    // CHECK-NEXT: scf.yield %[[W]], %{{.*}}, %[[B]], %[[DW]]
    %w = arith.mulf %u, %v : f64
    %e = tensor.extract %b[%i] : tensor<4xf64>
    scf.yield %w, %e, %b : f64, f64, tensor<4xf64>
  }
  // The result that does not depend on y gets a zero, because the signature has a place for it.
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK-NEXT: return %{{.*}}#0, %{{.*}}#1, %{{.*}}#3, %[[ZERO]]
  return %r#0, %r#1 : f64, f64
}
