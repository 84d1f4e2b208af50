// The coefficients of a program along a line: linear ops one by one, products by convolution, others by their rule.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-taylor{function=f order=2}, diff-taylor{function=g order=3}, simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.taylor(
// CHECK-SAME: %[[X:.*]]: f64, %[[V:.*]]: f64) -> (f64, f64, f64)
func.func @f(%x: f64) -> f64 {
  // CHECK: %[[E:.*]] = math.exp %[[X]]
  // CHECK-NOT: math.exp
  // CHECK: %[[E1:.*]] = arith.mulf %[[V]], %[[E]]
  // CHECK: %[[T:.*]] = arith.mulf %[[V]], %[[E1]]
  // CHECK: %[[E2:.*]] = arith.divf %[[T]], %{{.*}}
  // CHECK: return %[[E]], %[[E1]], %[[E2]]
  %y = math.exp %x : f64
  return %y : f64
}

// What a loop carries moves with all its coefficients; the trip count does not move.
// CHECK-LABEL: func.func private @g.taylor(
// CHECK-SAME: %[[X:.*]]: f64, %[[N:.*]]: index, %[[V:.*]]: f64) -> (f64, f64, f64, f64)
func.func @g(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  // CHECK: %[[R:.*]]:4 = scf.for
  // CHECK-COUNT-7: arith.mulf
  // CHECK-NOT: arith.mulf
  // CHECK: return %[[R]]#0, %[[R]]#1, %[[R]]#2, %[[R]]#3
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %one) -> f64 {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}
