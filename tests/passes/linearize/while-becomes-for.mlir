// fwd counts the iterations of a while and saves the count, under the iteration of the loop around it; lin runs a for.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %x) -> (f64) {
    %q = scf.while (%u = %p) : (f64) -> f64 {
      %go = arith.cmpf ogt, %u, %one : f64
      scf.condition(%go) %u : f64
    } do {
    ^bb0(%u: f64):
      %v = math.sqrt %u : f64
      scf.yield %v : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[P:.*]] =
// CHECK: %[[R:.*]]:2 = scf.while (%[[U:.*]] = %[[P]], %[[K:.*]] = %{{.*}}) : (f64, index) -> (f64, index) {
// CHECK: scf.condition(%{{.*}}) %[[U]], %[[K]]
// CHECK: ^bb0(%{{.*}}: f64, %[[K:.*]]: index):
// CHECK: "diff.save"(%{{.*}}, %[[I]], %[[K]]) {id = [[$ID:[0-9]+]] : i64}
// CHECK: %[[NEXT:.*]] = arith.addi %[[K]], %{{.*}} : index
// CHECK-NEXT: scf.yield %{{.*}}, %[[NEXT]]
// CHECK: attributes {diff.loop = [[$LOOP:[0-9]+]] : i64}
// CHECK-NEXT: "diff.save"(%[[R]]#1, %[[I]]) {id = [[$COUNT:[0-9]+]] : i64} : (index, index) -> ()
// CHECK-LABEL: func.func private @f.lin
// CHECK-NOT: scf.while
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: %[[TRIPS:.*]] = "diff.saved"(%[[I]]) {id = [[$COUNT]] : i64} : (index) -> index
// CHECK: scf.for %[[K:[^ ]+]] = {{.*}} to %[[TRIPS]]
// CHECK: "diff.saved"(%[[I]], %[[K]]) {id = [[$ID]] : i64}
// CHECK: } {diff.loop = [[$LOOP]] : i64}
