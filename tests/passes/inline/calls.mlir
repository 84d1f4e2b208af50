// Calls are replaced by bodies, callees first; functions without a body stay calls.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(inline-calls{function=f})' | FileCheck %s

func.func private @declared(f64) -> f64

// CHECK-LABEL: func.func private @reversed_sum
func.func private @reversed_sum(%a: tensor<3xf64>) -> (tensor<3xf64>, f64) {
  %i = arith.constant 0 : index
  %r = "nd.reverse"(%a) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  %x = tensor.extract %r[%i] : tensor<3xf64>
  %y = call @declared(%x) : (f64) -> f64
  return %r, %y : tensor<3xf64>, f64
}

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: tensor<3xf64>, %[[C:.*]]: i1)
func.func @f(%a: tensor<3xf64>, %c: i1) -> f64 {
  // CHECK: scf.if %[[C]]
  %r = scf.if %c -> f64 {
    // CHECK: %[[R:.*]] = "nd.reverse"(%[[A]])
    // CHECK: %[[X:.*]] = tensor.extract %[[R]]
    // CHECK: %[[Y:.*]] = {{.*}}call @declared(%[[X]])
    // CHECK-NEXT: scf.yield %[[Y]]
    %b:2 = func.call @reversed_sum(%a) : (tensor<3xf64>) -> (tensor<3xf64>, f64)
    scf.yield %b#1 : f64
  } else {
    %zero = arith.constant 0.0 : f64
    scf.yield %zero : f64
  }
  return %r : f64
}
