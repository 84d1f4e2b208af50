// A function that calls itself becomes a loop over its basic blocks.  %n goes through the stack; %x, which every call
// passes on unchanged, does not; the product waits for the result of the call in a block of its own.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-recursion{depth=50},simplify)' | FileCheck %s

func.func @power(%n: i64, %x: f64) -> f64 {
  %one = arith.constant 1 : i64
  %unit = arith.constant 1.0 : f64
  %last = arith.cmpi slt, %n, %one : i64
  %r = scf.if %last -> f64 {
    scf.yield %unit : f64
  } else {
    %m = arith.subi %n, %one : i64
    %s = func.call @power(%m, %x) : (i64, f64) -> f64
    %p = arith.mulf %s, %x : f64
    scf.yield %p : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func @power
// CHECK-SAME: (%[[N:.*]]: i64, %[[X:.*]]: f64) -> f64
// CHECK: tensor.insert %[[N]] into %{{.*}} : tensor<50xi64>
// CHECK: %[[LOOP:.*]]:{{.*}} = scf.while
// CHECK-NOT: func.call
// CHECK: "nd.check"{{.*}} {kind = "RecursionError", message = "power calls itself more than 50 calls deep{{.*}}"}
// CHECK: arith.mulf %{{.*}}, %[[X]]
// CHECK: return %[[LOOP]]#{{[0-9]+}} : f64
