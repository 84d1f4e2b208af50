// A transcendental function is stored, not repeated; what is cheap behind it is computed again from its result.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %x) -> (f64) {
    %a = arith.mulf %u, %half : f64
    %e = math.exp %a : f64
    %b = arith.addf %e, %half : f64
    %v = arith.mulf %b, %u : f64
    scf.yield %v : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: %[[E:.*]] = math.exp
// CHECK-NEXT: "diff.save"(%[[E]], %{{.*}}) {id = [[$ID:[0-9]+]] : i64}
// CHECK-NOT: diff.save
// CHECK: "diff.decided"() {id = [[$ID]] : i64, kind = "stored", reason = "math.exp costs more than reading its result"
// CHECK-LABEL: func.func private @f.lin
// CHECK-NOT: math.exp
// CHECK: %[[E:.*]] = "diff.saved"(%{{.*}}) {id = [[$ID]] : i64}
// CHECK: %[[B:.*]] = arith.addf %[[E]], %{{.*}} : f64
// CHECK: arith.mulf %{{.*}}, %[[B]]
