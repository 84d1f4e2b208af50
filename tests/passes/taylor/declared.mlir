// A declared function of coefficients gets its body, also where it is differentiated again.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand)' | FileCheck %s

// CHECK-NOT: diff.taylor
func.func private @f(%x: f64) -> f64 {
  %y = math.sin %x : f64
  return %y : f64
}
// CHECK: func.func private @f.taylor(%{{.*}}: f64, %{{.*}}: f64) -> (f64, f64, f64)
func.func private @f.taylor(f64, f64) -> (f64, f64, f64)
  attributes {diff.taylor = @f, diff.wrt = array<i64: 0>, diff.order = 2 : i64}

func.func private @last(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %y:3 = call @f.taylor(%x, %one) : (f64, f64) -> (f64, f64, f64)
  return %y#2 : f64
}
// CHECK: func.func private @last.jvp(%{{.*}}: f64, %{{.*}}: f64) -> (f64, f64)
func.func private @last.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @last, diff.wrt = array<i64: 0>}

func.func @third(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  // CHECK: call @last.jvp
  %y:2 = call @last.jvp(%x, %one) : (f64, f64) -> (f64, f64)
  return %y#1 : f64
}
