// A broadcast saves what it repeats, a choice between constants saves the choice, a bool is saved as a byte.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: tensor<8xf64>, %s: f64) -> tensor<8xf64> {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<8xf64>
  %e = math.exp %s : f64
  %full = "nd.full"(%e) : (f64) -> tensor<8xf64>
  %y = arith.mulf %x, %full : tensor<8xf64>
  %c = arith.cmpf ogt, %y, %zeros : tensor<8xf64>
  %z = arith.select %c, %y, %zeros : tensor<8xi1>, tensor<8xf64>
  return %z : tensor<8xf64>
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: %[[E:.*]] = math.exp
// CHECK-NEXT: "diff.save"(%[[E]]) {id = [[$E_ID:[0-9]+]] : i64} : (f64) -> ()
// CHECK: %[[C:.*]] = arith.cmpf
// CHECK-NEXT: %[[BYTES:.*]] = arith.extui %[[C]] : tensor<8xi1> to tensor<8xi8>
// CHECK-NEXT: "diff.save"(%[[BYTES]]) {id = [[$C_ID:[0-9]+]] : i64} : (tensor<8xi8>) -> ()
// CHECK-NOT: diff.save
// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: %[[DX:[^ ]*]]: tensor<8xf64>) -> tensor<8xf64>
// CHECK: %[[E:.*]] = "diff.saved"() {id = [[$E_ID]] : i64} : () -> f64
// CHECK-NEXT: %[[FULL:.*]] = "nd.full"(%[[E]])
// CHECK-NEXT: %[[DY:.*]] = arith.mulf %[[DX]], %[[FULL]]
// CHECK-NEXT: %[[BYTES:.*]] = "diff.saved"() {id = [[$C_ID]] : i64} : () -> tensor<8xi8>
// CHECK-NEXT: %[[C:.*]] = arith.trunci %[[BYTES]] : tensor<8xi8> to tensor<8xi1>
// CHECK: arith.select %[[C]], %[[DY]]
