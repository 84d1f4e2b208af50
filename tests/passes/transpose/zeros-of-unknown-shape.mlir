// A zero cotangent takes its extents from a known value of the same shape: here the primal argument.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f},diff-transpose{function=f})' | FileCheck %s

func.func @f(%a: tensor<?x3xf64>, %i: index) -> f64 {
  %n = arith.negf %a : tensor<?x3xf64>
  %y = tensor.extract %n[%i, %i] : tensor<?x3xf64>
  return %y : f64
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[A:.*]]: tensor<?x3xf64>, %[[I:.*]]: index, %[[CT:.*]]: f64)
// CHECK: %[[ZERO:.*]] = arith.constant 0.0
// CHECK: %[[M:.*]] = tensor.dim %[[A]]
// CHECK: %[[ZEROS:.*]] = "nd.full"(%[[ZERO]], %[[M]]) : (f64, index) -> tensor<?x3xf64>
// CHECK-NEXT: tensor.extract %[[ZEROS]][%[[I]], %[[I]]]
