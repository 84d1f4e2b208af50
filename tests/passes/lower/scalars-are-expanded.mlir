// RUN: wengert-opt %s --pass-pipeline='builtin.module(expand-scalars)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: i64, %[[B:.*]]: i64, %[[X:.*]]: f64, %[[Y:.*]]: f64)
func.func @f(%a: i64, %b: i64, %x: f64, %y: f64) -> (i64, f64, f64) {
  // CHECK: %[[Q:.*]] = arith.divsi %[[A]], %[[B]]
  // CHECK: %[[R:.*]] = arith.remsi %[[A]], %[[B]]
  // CHECK: %[[INEXACT:.*]] = arith.cmpi ne, %[[R]], %{{.*}}
  // CHECK: %[[SIGNS:.*]] = arith.xori %[[R]], %[[B]]
  // CHECK: %[[BELOW:.*]] = arith.cmpi slt, %[[SIGNS]], %{{.*}}
  // CHECK: %[[LESS:.*]] = arith.subi %[[Q]], %{{.*}}
  // CHECK: %[[DOWN:.*]] = arith.andi %[[INEXACT]], %[[BELOW]]
  // CHECK: arith.select %[[DOWN]], %[[LESS]], %[[Q]]
  %q = arith.floordivsi %a, %b : i64
  // CHECK: %[[ROOT:.*]] = math.sqrt %[[X]]
  // CHECK: arith.divf %{{.*}}, %[[ROOT]]
  %r = math.rsqrt %x : f64
  // CHECK: arith.maximumf
  %m = arith.maximumf %x, %y : f64
  return %q, %r, %m : i64, f64, f64
}
