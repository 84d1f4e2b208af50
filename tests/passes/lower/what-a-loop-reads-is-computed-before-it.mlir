// An array of which a loop reads elements is in memory before the loop, also a transposition, which could be a view.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: tensor<8x4xf64>
func.func @f(%a: tensor<8x4xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[T:.*]] = linalg.generic {{.*}} ins(%[[A]] : tensor<8x4xf64>)
  // CHECK: scf.for
  // CHECK-NOT: linalg.generic
  // CHECK: tensor.extract %[[T]]
  %t = "nd.transpose"(%a) {permutation = array<i64: 1, 0>} : (tensor<8x4xf64>) -> tensor<4x8xf64>
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> (f64) {
    %x = tensor.extract %t[%c1, %i] : tensor<4x8xf64>
    %next = arith.addf %s, %x : f64
    scf.yield %next : f64
  }
  return %sum : f64
}
