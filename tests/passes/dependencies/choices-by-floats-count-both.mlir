// What a comparison of floats chooses may be either; what integers choose is chosen.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-dependencies{function=f},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.dependencies
// CHECK-SAME: (%{{.*}}: f64, %{{.*}}: f64, %[[N:.*]]: i64, %[[X:.*]]: i64, %[[Y:.*]]: i64) -> (i64, i64)
func.func @f(%x: f64, %y: f64, %n: i64) -> (f64, f64) {
  %c0 = arith.constant 0 : i64
  %less = arith.cmpf olt, %x, %y : f64
  // CHECK-DAG: %[[BOTH:.*]] = arith.ori %[[X]], %[[Y]]
  %a = arith.select %less, %x, %y : f64
  // CHECK-DAG: %[[FLAG:.*]] = arith.cmpi eq, %[[N]]
  %flag = arith.cmpi eq, %n, %c0 : i64
  // CHECK-DAG: %[[ONE:.*]] = arith.select %[[FLAG]], %[[X]], %[[Y]] : i64
  %b = arith.select %flag, %x, %y : f64
  // CHECK: return %[[BOTH]], %[[ONE]]
  return %a, %b : f64, f64
}
