// A `for` around the call counts in a `while`, whose state is on the stack too; other loops stay as they are.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-recursion,simplify)' | FileCheck %s

func.func @trees(%n: index, %x: f64) -> f64 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %square = scf.for %i = %zero to %n step %one iter_args(%y = %x) -> f64 {
    %z = arith.mulf %y, %y : f64
    scf.yield %z : f64
  }
  %sum = scf.for %k = %zero to %n step %one iter_args(%t = %square) -> f64 {
    %s = func.call @trees(%k, %x) : (index, f64) -> f64
    %u = arith.addf %t, %s : f64
    scf.yield %u : f64
  }
  return %sum : f64
}

// CHECK-LABEL: func.func @trees
// CHECK: scf.while
// CHECK-NOT: scf.while
// CHECK: scf.for
// CHECK-NEXT: arith.mulf
// CHECK-NOT: scf.for
// CHECK: arith.cmpi slt, %{{.*}}, %{{.*}} : index
