// A reduction joins the loop that stores what it is computed from, or that reads what it reads, unless that waits for it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// The sum is a number computed further, and all that waits for the loop.
// CHECK-LABEL: func.func @with_what_is_stored
// CHECK-SAME: (%[[A:.*]]: tensor<4xf64>)
func.func @with_what_is_stored(%a: tensor<4xf64>) -> (f64, tensor<4xf64>) {
  // CHECK: %[[R:.*]]:2 = linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[A]] : tensor<4xf64>)
  // CHECK: %[[E:.*]] = math.exp
  // CHECK: %[[T:.*]] = arith.mulf %[[E]], %[[E]]
  // CHECK: %[[S:.*]] = arith.addf %{{.*}}, %[[E]] fastmath<reassoc>
  // CHECK: linalg.yield %[[S]], %[[T]]
  // CHECK-NOT: linalg.generic
  // CHECK: %[[X:.*]] = tensor.extract %[[R]]#0[]
  // CHECK: %[[Y:.*]] = math.log %[[X]]
  // CHECK: return %[[Y]], %[[R]]#1
  %e = math.exp %a : tensor<4xf64>
  %s = "nd.reduce"(%e) {kind = "sum", axes = array<i64: 0>} : (tensor<4xf64>) -> f64
  %l = math.log %s : f64
  %t = arith.mulf %e, %e : tensor<4xf64>
  return %l, %t : f64, tensor<4xf64>
}

// CHECK-LABEL: func.func @of_the_same_array
func.func @of_the_same_array(%a: tensor<4xf64>, %b: tensor<4xf64>) -> (f64, f64) {
  // CHECK: scf.for {{.*}} -> (f64, f64)
  // CHECK-NOT: scf.for
  %x = arith.mulf %a, %b : tensor<4xf64>
  %y = arith.mulf %a, %a : tensor<4xf64>
  %s = "nd.reduce"(%x) {kind = "sum", axes = array<i64: 0>} : (tensor<4xf64>) -> f64
  %t = "nd.reduce"(%y) {kind = "sum", axes = array<i64: 0>} : (tensor<4xf64>) -> f64
  return %s, %t : f64, f64
}

// What is computed from the sums of rows is computed behind them, although it has the shape of what is summed.
// CHECK-LABEL: func.func @waits
func.func @waits(%a: tensor<4x1x5xf64>) -> tensor<4x1x5xf64> {
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]}
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]}
  %s = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 1>} : (tensor<4x1x5xf64>) -> tensor<4x5xf64>
  %r = "nd.reshape"(%s) : (tensor<4x5xf64>) -> tensor<4x1x5xf64>
  %y = arith.addf %r, %a : tensor<4x1x5xf64>
  return %y : tensor<4x1x5xf64>
}

// The array is overwritten: what waits for reading it is computed before.
// CHECK-LABEL: func.func @before_a_write
func.func @before_a_write(%a: tensor<4xf64>, %x: f64) -> (tensor<4xf64>, f64) {
  // CHECK: %[[S:.*]] = scf.for
  // CHECK: tensor.insert
  // CHECK: return %{{.*}}, %[[S]]
  %k = arith.constant 0 : index
  %s = "nd.reduce"(%a) {kind = "sum", axes = array<i64: 0>} : (tensor<4xf64>) -> f64
  %y = tensor.insert %x into %a[%k] : tensor<4xf64>
  return %y, %s : tensor<4xf64>, f64
}
