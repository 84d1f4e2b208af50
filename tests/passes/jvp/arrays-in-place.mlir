// The tangent of an in-place write is the same write into the tangent array; a zero array is filled, not a constant.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[A:.*]]: tensor<?xf64>, %[[I:.*]]: index, %[[DX:.*]]: f64)
func.func @f(%x: f64, %a: tensor<?xf64>, %i: index) -> tensor<?xf64> {
  // CHECK-NEXT: %[[B:.*]] = tensor.insert %[[X]] into %[[A]][%[[I]]]
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK: %[[N:.*]] = tensor.dim %[[A]]
  // CHECK: %[[ZEROS:.*]] = "nd.full"(%[[ZERO]], %[[N]]) : (f64, index) -> tensor<?xf64>
  // CHECK-NEXT: %[[DB:.*]] = tensor.insert %[[DX]] into %[[ZEROS]][%[[I]]]
  // CHECK-NEXT: return %[[B]], %[[DB]]
  %b = tensor.insert %x into %a[%i] : tensor<?xf64>
  return %b : tensor<?xf64>
}
