// A pending computation is stored before the memory it reads is overwritten: otherwise that memory would be copied.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: tensor<8xf64>, %[[X:.*]]: f64, %[[I:.*]]: index)
func.func @f(%a: tensor<8xf64>, %x: f64, %i: index) -> tensor<8xf64> {
  // CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[A]] : tensor<8xf64>)
  // CHECK: math.sin
  // CHECK: %[[B:.*]] = tensor.insert %[[X]] into %[[A]][%[[I]]]
  // CHECK: linalg.generic {{.*}} ins(%[[S]], %[[B]] : tensor<8xf64>, tensor<8xf64>)
  %s = math.sin %a : tensor<8xf64>
  %b = tensor.insert %x into %a[%i] : tensor<8xf64>
  %y = arith.addf %s, %b : tensor<8xf64>
  return %y : tensor<8xf64>
}
