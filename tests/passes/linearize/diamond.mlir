// Two values meet again in one: where they are made of one value, that one is stored for both.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: tensor<4xf64>, %s: tensor<4x3xf64>) -> tensor<4xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%u = %x) -> (tensor<4xf64>) {
    %t = "nd.reduce"(%u) {kind = "sum", axes = array<i64: 0>} : (tensor<4xf64>) -> f64
    %left = "nd.full"(%t) : (f64) -> tensor<4xf64>
    %p = arith.mulf %u, %left : tensor<4xf64>
    %right = arith.negf %left : tensor<4xf64>
    %q = arith.mulf %p, %right : tensor<4xf64>
    scf.yield %q : tensor<4xf64>
  }
  return %r : tensor<4xf64>
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: %[[T:.*]] = "nd.reduce"
// CHECK-DAG: "diff.save"(%[[T]], %{{.*}}) {id = [[$ID:[0-9]+]] : i64} : (f64, index) -> ()
// CHECK-LABEL: func.func private @f.lin
// CHECK: %[[T:.*]] = "diff.saved"(%{{.*}}) {id = [[$ID]] : i64} : (index) -> f64
// CHECK-NEXT: %[[LEFT:.*]] = "nd.full"(%[[T]])
// CHECK: arith.negf %[[LEFT]]
