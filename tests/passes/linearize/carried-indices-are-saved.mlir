// An index that a loop carries has no closed form: it is saved. One computed from it is computed from the saved one.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%a: tensor<8xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f64
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero, %k = %c0) -> (f64, index) {
    %e = tensor.extract %a[%k] : tensor<8xf64>
    %t = arith.addf %s, %e : f64
    %l = arith.addi %k, %c3 : index
    %m = arith.remui %l, %c8 : index
    scf.yield %t, %m : f64, index
  }
  return %r#0 : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%{{.*}} = %{{.*}}, %[[K:.*]] = %{{.*}}) -> (f64, index) {
// CHECK-NEXT: "diff.save"(%[[K]], %[[I]]) {id = [[$ID:[0-9]+]] : i64} : (index, index) -> ()
// CHECK-NOT: diff.save
// CHECK-LABEL: func.func private @f.lin
// CHECK: scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%{{.*}} = %{{.*}}) -> (f64) {
// CHECK-NEXT: %[[K:.*]] = "diff.saved"(%[[I]]) {id = [[$ID]] : i64} : (index) -> index
// CHECK-NEXT: tensor.extract %{{.*}}[%[[K]]]
