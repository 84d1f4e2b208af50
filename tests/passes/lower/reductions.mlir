// Rows are combined in a scalar, columns in memory; what is reduced is computed on the way and never stored.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-LABEL: func.func @all
// CHECK-SAME: (%[[A:.*]]: tensor<4x5xf64>)
func.func @all(%a: tensor<4x5xf64>) -> f64 {
  // CHECK-NOT: alloc_tensor
  // CHECK: %[[R:.*]] = scf.for {{.*}} iter_args(%[[P:.*]] = %{{.*}}) -> (f64)
  // CHECK: scf.for {{.*}} iter_args(%[[Q:.*]] = %[[P]]) -> (f64)
  // CHECK: %[[E:.*]] = tensor.extract %[[A]]
  // CHECK: %[[S:.*]] = arith.mulf %[[E]], %[[E]]
  // CHECK: %[[T:.*]] = arith.addf %[[Q]], %[[S]] fastmath<reassoc>
  // CHECK: scf.yield %[[T]]
  // CHECK: return %[[R]]
  %s = arith.mulf %a, %a : tensor<4x5xf64>
  %y = "nd.reduce"(%s) {kind = "sum", axes = array<i64: 0, 1>} : (tensor<4x5xf64>) -> f64
  return %y : f64
}

// CHECK-LABEL: func.func @rows
func.func @rows(%a: tensor<4x5xf64>) -> tensor<4xf64> {
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} outs(%{{.*}} : tensor<4xf64>)
  // CHECK: linalg.index 0
  // CHECK: scf.for
  // CHECK: arith.maximumf
  // CHECK-NOT: fastmath
  %y = "nd.reduce"(%a) {kind = "max", axes = array<i64: 1>} : (tensor<4x5xf64>) -> tensor<4xf64>
  return %y : tensor<4xf64>
}

// CHECK-LABEL: func.func @columns
func.func @columns(%a: tensor<4x5xf64>) -> tensor<5xf64> {
  // CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]}
  // CHECK: arith.addf %{{.*}}, %{{.*}} fastmath<reassoc>
  %y = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 0>} : (tensor<4x5xf64>) -> tensor<5xf64>
  return %y : tensor<5xf64>
}
