// A value that one cheap operation makes of a stored one is computed again; a chain of many operations costs more than a
// place on the tape, and its end is stored.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f},diff-jvp{function=many wrt=0},diff-linearize{function=many})' | FileCheck %s

func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %x) -> (f64) {
    %near = arith.addf %u, %half : f64
    %v = arith.mulf %u, %near : f64
    %a = arith.subf %half, %u : f64
    %b = arith.addf %a, %half : f64
    %far = arith.subf %b, %half : f64
    %w = arith.mulf %v, %far : f64
    scf.yield %w : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[U:.*]] = %{{.*}})
// CHECK-NEXT: "diff.save"(%[[U]], %[[I]]) {id = [[$U_ID:[0-9]+]] : i64}
// CHECK-NEXT: arith.addf %[[U]]
// CHECK-NOT: diff.save
// CHECK: %[[A:.*]] = arith.subf %{{.*}}, %[[U]]
// CHECK-NEXT: %[[B:.*]] = arith.addf %[[A]]
// CHECK-NEXT: %[[FAR:.*]] = arith.subf %[[B]]
// CHECK-NEXT: "diff.save"(%[[FAR]], %[[I]]) {id = [[$FAR_ID:[0-9]+]] : i64}
// CHECK-DAG: "diff.decided"() {id = [[$FAR_ID]] : i64, kind = "stored", reason = "computing it again takes as much memory or work"
// CHECK-DAG: "diff.decided"() {{.*}}kind = "recomputed"
// CHECK-LABEL: func.func private @f.lin
// CHECK: %[[U:.*]] = "diff.saved"(%{{.*}}) {id = [[$U_ID]] : i64}
// CHECK: arith.addf %[[U]]

// A tape of a million numbers leaves the caches: the same chain is computed again.
func.func @many(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 1000000 : index
  %half = arith.constant 0.5 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %x) -> (f64) {
    %near = arith.addf %u, %half : f64
    %v = arith.mulf %u, %near : f64
    %a = arith.subf %half, %u : f64
    %b = arith.addf %a, %half : f64
    %far = arith.subf %b, %half : f64
    %w = arith.mulf %v, %far : f64
    scf.yield %w : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @many.fwd
// CHECK: "diff.save"
// CHECK-NOT: "diff.save"
// CHECK-LABEL: func.func private @many.lin
