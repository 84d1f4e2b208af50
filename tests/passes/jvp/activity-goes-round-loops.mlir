// %a is inactive at first, becomes active through %b in the second iteration, and its tangent is carried from the start.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: i64, %[[DX:.*]]: f64)
func.func @f(%x: f64, %n: i64) -> f64 {
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  %one = arith.constant 1.0 : f64
  // CHECK: scf.for
  // CHECK-SAME: iter_args(%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}, %[[DA:.*]] = %{{.*}}, %[[DB:.*]] = %{{.*}}) -> (f64, f64, f64, f64)
  %r:2 = scf.for %i = %l0 to %n step %l1 iter_args(%a = %one, %b = %one) -> (f64, f64) : i64 {
    // CHECK-NEXT: %[[S:.*]] = arith.addf %[[B]], %[[X]]
    // CHECK-NEXT: %[[DS:.*]] = arith.addf %[[DB]], %[[DX]]
    // CHECK-NEXT: scf.yield %[[B]], %[[S]], %[[DB]], %[[DS]]
    %s = arith.addf %b, %x : f64
    scf.yield %b, %s : f64, f64
  }
  return %r#0 : f64
}
