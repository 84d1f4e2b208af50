// A check stands before each operation with a kink that the derivative goes through and that a result depends on; what
// only reaches stop_gradient, and what does not depend on the differentiated argument, is left alone.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-kinks{function=f wrt=0})' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: f64, %[[Y:.*]]: f64)
func.func @f(%x: f64, %y: f64) -> f64 {
  // CHECK-NOT: nd.check
  // CHECK: math.absf %[[Y]]
  %a = math.absf %y : f64
  // CHECK-NOT: nd.check
  // CHECK: arith.maximumf %[[X]]
  %m = arith.maximumf %x, %a : f64
  %s = "diff.stop_gradient"(%m) : (f64) -> f64
  // CHECK: %[[ZERO:.*]] = arith.cmpf oeq, %[[X]], %{{.*}}
  // CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : f64 to i64
  // CHECK: %[[OK:.*]] = arith.xori %[[ZERO]]
  // CHECK: "nd.check"(%[[OK]], %[[BITS]]) {kind = "KinkError"
  // CHECK: math.absf %[[X]]
  %b = math.absf %x : f64
  // CHECK-NOT: nd.check
  // CHECK: math.absf
  %dead = math.absf %x : f64
  %p = arith.mulf %s, %b : f64
  %q = arith.mulf %p, %a : f64
  return %q : f64
}
