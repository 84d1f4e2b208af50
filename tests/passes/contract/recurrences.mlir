// A product is fused with the addition that waits for it, if a loop carries what it is made of.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(contract)' | FileCheck %s

// CHECK-LABEL: func.func @waits
// CHECK-SAME: nd.latency_bound
// CHECK: %[[P:[^ ,:)]+]] = arith.mulf %{{.*}}, %{{.*}} fastmath<contract>
// CHECK-NEXT: arith.addf %{{.*}}, %[[P]] fastmath<contract>
func.func @waits(%x0: f64, %h: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%x = %x0) -> f64 {
    %p = arith.mulf %x, %h : f64
    %y = arith.addf %x, %p : f64
    scf.yield %y : f64
  }
  return %r : f64
}

// The product is ready long before the sum; the second one is used twice; the last two are ready together.
// CHECK-LABEL: func.func @does_not_wait
// CHECK-NOT: contract
// CHECK-NOT: nd.latency_bound
func.func @does_not_wait(%x0: f64, %a: memref<9xf64>, %b: f64) -> (f64, f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %r:3 = scf.for %i = %c0 to %c9 step %c1 iter_args(%s = %x0, %t = %x0, %u = %x0) -> (f64, f64, f64) {
    %v = memref.load %a[%i] : memref<9xf64>
    %p = arith.mulf %v, %b : f64
    %s1 = arith.addf %s, %p : f64
    %q = arith.mulf %t, %b : f64
    %t1 = arith.addf %q, %b : f64
    %t2 = arith.mulf %t1, %q : f64
    %l = arith.mulf %t, %u : f64
    %m = arith.mulf %u, %t : f64
    %u1 = arith.subf %l, %m : f64
    scf.yield %s1, %t2, %u1 : f64, f64, f64
  }
  return %r#0, %r#1, %r#2 : f64, f64, f64
}
