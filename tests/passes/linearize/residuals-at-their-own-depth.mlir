// A value of an outer loop that an inner loop needs is saved once an outer iteration, and read before the inner loop.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %x) -> (f64) {
    %s = math.exp %p : f64
    %q = scf.for %j = %c0 to %i step %c1 iter_args(%u = %p) -> (f64) {
      %v = arith.mulf %u, %s : f64
      scf.yield %v : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[P:.*]] = %{{.*}}) -> (f64) {
// CHECK-NEXT: %[[S:.*]] = math.exp %[[P]]
// CHECK-NEXT: "diff.save"(%[[S]], %[[I]]) {id = [[$S_ID:[0-9]+]] : i64} : (f64, index) -> ()
// CHECK-NEXT: scf.for %[[J:[^ ]+]] = {{.*}} iter_args(%[[U:.*]] = %[[P]]) -> (f64) {
// CHECK-NEXT: "diff.save"(%[[U]], %[[I]], %[[J]]) {id = [[$U_ID:[0-9]+]] : i64} : (f64, index, index) -> ()

// CHECK-LABEL: func.func private @f.lin
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: %[[S:.*]] = "diff.saved"(%[[I]]) {id = [[$S_ID]] : i64}
// CHECK: scf.for %[[J:[^ ]+]] = {{.*}} to %[[I]]
// CHECK-DAG: arith.mulf %{{.*}}, %[[S]]
// CHECK-DAG: "diff.saved"(%[[I]], %[[J]]) {id = [[$U_ID]] : i64}
