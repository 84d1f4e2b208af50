// What an inner loop computes anew in each iteration, but always alike, has one place for all of them: the element cannot
// leave the loop, because the loop may not run at all, and its array is overwritten.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: tensor<8xf64>, %n: index) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (tensor<8xf64>) {
    %first = tensor.extract %a[%c0] : tensor<8xf64>
    %s = scf.for %j = %c0 to %i step %c1 iter_args(%u = %first) -> (f64) {
      %e = tensor.extract %a[%i] : tensor<8xf64>
      %v = arith.mulf %u, %e : f64
      scf.yield %v : f64
    }
    %b = tensor.insert %s into %a[%i] : tensor<8xf64>
    scf.yield %b : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: scf.for %[[J:[^ ]+]] = {{.*}} iter_args(%[[U:.*]] = %{{.*}}) -> (f64) {
// CHECK-DAG: "diff.save"(%[[U]], %[[I]], %[[J]])
// CHECK-DAG: "diff.save"(%{{.*}}, %[[I]]) {id = [[$ID:[0-9]+]] : i64} : (f64, index) -> ()
// CHECK: "diff.decided"() {id = [[$ID]] : i64, kind = "stored once per outer iteration"
// CHECK-LABEL: func.func private @f.lin
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: scf.for
// CHECK: "diff.saved"(%[[I]]) {id = [[$ID]] : i64} : (index) -> f64
