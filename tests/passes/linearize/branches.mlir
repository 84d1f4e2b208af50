// The predicate is saved as a byte and never computed twice; checks happen once, in fwd; each branch saves its own.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %y: f64) -> f64 {
  %l0 = arith.constant 0 : i64
  %c = arith.cmpf olt, %x, %y : f64
  %r = scf.if %c -> f64 {
    "nd.check"(%c, %l0, %l0) {kind = "ValueError", message = "no"} : (i1, i64, i64) -> ()
    %e = math.exp %x : f64
    scf.yield %e : f64
  } else {
    scf.yield %x : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: %[[C:.*]] = arith.cmpf
// CHECK-NEXT: %[[BYTE:.*]] = arith.extui %[[C]] : i1 to i8
// CHECK-NEXT: "diff.save"(%[[BYTE]]) {id = [[$C_ID:[0-9]+]] : i64} : (i8) -> ()
// CHECK-NEXT: scf.if %[[C]] -> (f64) {
// CHECK-NEXT: "nd.check"(%[[C]]
// CHECK-NEXT: %[[E:.*]] = math.exp
// CHECK-NEXT: "diff.save"(%[[E]]) {id = [[$E_ID:[0-9]+]] : i64} : (f64) -> ()
// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: %[[DX:[^ ]*]]: f64) -> f64
// CHECK-NOT: arith.cmpf
// CHECK-NOT: nd.check
// CHECK: %[[BYTE:.*]] = "diff.saved"() {id = [[$C_ID]] : i64} : () -> i8
// CHECK-NEXT: %[[C:.*]] = arith.trunci %[[BYTE]] : i8 to i1
// CHECK-NEXT: scf.if %[[C]] -> (f64) {
// CHECK-NEXT: %[[E:.*]] = "diff.saved"() {id = [[$E_ID]] : i64} : () -> f64
// CHECK-NEXT: arith.mulf %[[DX]], %[[E]]
// CHECK: else
// CHECK-NEXT: scf.yield %[[DX]]
