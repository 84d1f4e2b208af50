// A loop runs backwards: k = n-1-j. It carries the cotangents of its results, and those of what its body captures.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=power wrt=0},diff-linearize{function=power},diff-transpose{function=power})' | FileCheck %s

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

// CHECK-LABEL: func.func private @power.rev
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index, %[[CT:.*]]: f64) -> f64
// CHECK-SAME: attributes {diff.primals = 2 : i64, diff.wrt = array<i64: 0>}
// CHECK: %[[R:.*]]:2 = scf.for %[[J:[^ ]+]] = {{.*}} to %[[N]] {{.*}} iter_args(%[[CP:.*]] = %[[CT]], %[[CX:.*]] = %{{.*}}) -> (f64, f64) {
// CHECK-NEXT: %[[LAST:.*]] = arith.subi %[[N]]
// CHECK-NEXT: %[[K:.*]] = arith.subi %[[LAST]], %[[J]]
// CHECK-NEXT: %[[SAVED:.*]] = "diff.saved"(%[[K]])
// CHECK-NEXT: %[[CONTRIBUTION:.*]] = arith.mulf %[[CP]], %[[SAVED]]
// CHECK-NEXT: %[[CX_NEXT:.*]] = arith.addf %[[CX]], %[[CONTRIBUTION]]
// CHECK-NEXT: %[[CP_NEXT:.*]] = arith.mulf %[[CP]], %[[X]]
// CHECK-NEXT: scf.yield %[[CP_NEXT]], %[[CX_NEXT]]
// CHECK-NEXT: } {diff.loop = 0 : i64}
// CHECK-NEXT: return %[[R]]#1
