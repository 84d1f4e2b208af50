// A loop runs until no example goes on; the others keep what they have.  Which ones go on is carried.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-batch{function=f size=8 batched=0},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.batched
// CHECK-SAME: (%[[X:.*]]: tensor<8xf64>)
func.func @f(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %half = arith.constant 0.5 : f64
  // CHECK: %[[BEGIN:.*]] = arith.cmpf ogt, %[[X]]
  // CHECK: scf.while (%[[Y0:.*]] = %[[X]], %[[GOING0:.*]] = %[[BEGIN]])
  // CHECK: %[[ANY:.*]] = "nd.reduce"(%[[GOING0]]) {{.*}}kind = "any"
  // CHECK: scf.condition(%[[ANY]]) %[[Y0]], %[[GOING0]]
  // CHECK: ^bb0(%[[Y:.*]]: tensor<8xf64>, %[[GOING:.*]]: tensor<8xi1>):
  // CHECK: %[[Z:.*]] = arith.mulf
  // CHECK: %[[KEPT:.*]] = arith.select %[[GOING]], %[[Z]], %[[Y]]
  // CHECK: %[[ON:.*]] = arith.cmpf ogt, %[[KEPT]]
  // CHECK: scf.yield %[[KEPT]], %[[ON]]
  %r = scf.while (%y = %x) : (f64) -> f64 {
    %c = arith.cmpf ogt, %y, %one : f64
    scf.condition(%c) %y : f64
  } do {
  ^bb0(%y: f64):
    %z = arith.mulf %y, %half : f64
    scf.yield %z : f64
  }
  return %r : f64
}
