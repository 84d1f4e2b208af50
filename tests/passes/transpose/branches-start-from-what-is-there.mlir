// An if returns the cotangents of what its branches capture; each branch starts from the cotangent that exists before.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-transpose{function=f})' | FileCheck %s

func.func @f.lin(%c: i1, %a: tensor<4xf64>, %x: f64) -> (f64, tensor<4xf64>)
    attributes {diff.primals = 1, diff.wrt = array<i64>} {
  %c1 = arith.constant 1 : index
  %y = scf.if %c -> f64 {
    %e = tensor.extract %a[%c1] : tensor<4xf64>
    scf.yield %e : f64
  } else {
    scf.yield %x : f64
  }
  return %y, %a : f64, tensor<4xf64>
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[C:.*]]: i1, %[[CY:.*]]: f64, %[[CA:.*]]: tensor<4xf64>)
// CHECK: %[[R:.*]]:2 = scf.if %[[C]] -> (tensor<4xf64>, f64) {
// CHECK-NEXT: %[[OLD:.*]] = tensor.extract %[[CA]]
// CHECK-NEXT: %[[NEW:.*]] = arith.addf %[[OLD]], %[[CY]]
// CHECK-NEXT: %[[CHANGED:.*]] = tensor.insert %[[NEW]] into %[[CA]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: scf.yield %[[CHANGED]], %[[ZERO]]
// CHECK: else
// CHECK-NEXT: scf.yield %[[CA]], %[[CY]]
// CHECK: return %[[R]]#0, %[[R]]#1
