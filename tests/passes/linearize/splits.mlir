// What does not depend on tangents goes into fwd and saves what lin needs, right where it is defined, under its iteration;
// lin asks for it under its own. Nothing linear is left in fwd, nothing but linear and known values in lin.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=power wrt=0},diff-linearize{function=power})' | FileCheck %s

func.func @power(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %one) -> (f64) {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @power.fwd
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index) -> f64
// CHECK-SAME: attributes {diff.primals = 2 : i64, diff.results = 1 : i64, diff.wrt = array<i64: 0>}
// CHECK: %[[R:.*]] = scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[P:.*]] = %{{.*}}) -> (f64) {
// CHECK-NEXT: "diff.save"(%[[P]], %[[I]]) {id = [[$ID:[0-9]+]] : i64}
// CHECK-NEXT: %[[Q:.*]] = arith.mulf %[[P]], %[[X]]
// CHECK-NEXT: scf.yield %[[Q]]
// CHECK-NEXT: } {diff.loop = [[$LOOP:[0-9]+]] : i64}
// CHECK-NEXT: "diff.decided"() {id = [[$ID]] : i64, kind = "stored", reason = "a loop carries it {{.*}}", type = f64}
// CHECK-NEXT: return %[[R]] : f64

// CHECK-LABEL: func.func private @power.lin
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index, %[[DX:.*]]: f64) -> f64
// CHECK: %[[R:.*]] = scf.for %[[K:[^ ]+]] = {{.*}} to %[[N]] {{.*}} iter_args(%[[DP:.*]] = %{{.*}}) -> (f64) {
// CHECK-NEXT: %[[LEFT:.*]] = arith.mulf %[[DP]], %[[X]]
// CHECK-NEXT: %[[SAVED:.*]] = "diff.saved"(%[[K]]) {id = [[$ID]] : i64} : (index) -> f64
// CHECK-NEXT: %[[RIGHT:.*]] = arith.mulf %[[DX]], %[[SAVED]]
// CHECK-NEXT: %[[DQ:.*]] = arith.addf %[[LEFT]], %[[RIGHT]]
// CHECK-NEXT: scf.yield %[[DQ]]
// CHECK-NEXT: } {diff.loop = [[$LOOP]] : i64}
// CHECK-NEXT: return %[[R]]
