// What does not depend on a batched argument is computed once; what it is combined with is repeated.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-batch{function=f size=8 batched=0},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.batched
// CHECK-SAME: (%[[X:.*]]: tensor<8xf64>, %[[W:.*]]: tensor<3xf64>, %[[I:.*]]: index) -> (tensor<8x3xf64>, f64)
func.func @f(%x: f64, %w: tensor<3xf64>, %i: index) -> (tensor<3xf64>, f64) {
  // CHECK: %[[S:.*]] = math.sin %[[X]] : tensor<8xf64>
  // CHECK: %[[B:.*]] = "nd.broadcast"(%[[S]]) {dimensions = array<i64: 0>} : (tensor<8xf64>) -> tensor<8x3xf64>
  // CHECK: %[[ALL_W:.*]] = "nd.broadcast"(%[[W]]) {dimensions = array<i64: 1>} : (tensor<3xf64>) -> tensor<8x3xf64>
  // CHECK: %[[Y:.*]] = arith.mulf %[[B]], %[[ALL_W]]
  // CHECK: %[[E:.*]] = tensor.extract %[[W]][%[[I]]]
  // CHECK: %[[Z:.*]] = math.exp %[[E]] : f64
  // CHECK: return %[[Y]], %[[Z]]
  %s = math.sin %x : f64
  %b = "nd.full"(%s) : (f64) -> tensor<3xf64>
  %y = arith.mulf %b, %w : tensor<3xf64>
  %e = tensor.extract %w[%i] : tensor<3xf64>
  %z = math.exp %e : f64
  return %y, %z : tensor<3xf64>, f64
}
