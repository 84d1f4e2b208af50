// The pattern of a Jacobian: on which tangents a declared jvp depends.  What its derivative does not need is gone.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand)' | FileCheck %s

func.func @f(%x: tensor<4xf64>, %y: f64) -> (tensor<4xf64>, f64) {
  %a = arith.mulf %x, %x : tensor<4xf64>
  %b = "nd.reverse"(%a) {dimensions = array<i64: 0>} : (tensor<4xf64>) -> tensor<4xf64>
  %c = math.floor %y : f64
  return %b, %c : tensor<4xf64>, f64
}
func.func private @f.jvp(tensor<4xf64>, f64, tensor<4xf64>, f64) -> (tensor<4xf64>, f64, tensor<4xf64>, f64)
  attributes {diff.jvp = @f, diff.wrt = array<i64: 0, 1>}

// CHECK-LABEL: func.func private @f.dep
// CHECK-SAME: %[[DX:[a-z0-9]*]]: tensor<4xi64>, %{{[a-z0-9]*}}: i64) -> (tensor<4xi64>, i64, tensor<4xi64>, i64)
// CHECK-DAG: %[[NONE:.*]] = arith.constant 0 : i64
// CHECK-DAG: %[[NOTHING:.*]] = "nd.full"(%[[NONE]])
// CHECK-DAG: %[[B:.*]] = "nd.reverse"(%[[DX]])
// CHECK-NEXT: return %[[NOTHING]], %[[NONE]], %[[B]], %[[NONE]]
func.func private @f.dep(tensor<4xf64>, f64, tensor<4xf64>, f64, tensor<4xi64>, i64)
  -> (tensor<4xi64>, i64, tensor<4xi64>, i64) attributes {diff.dependencies = @f.jvp, diff.wrt = array<i64: 2, 3>}
