// Invariant code leaves loops when it may run in vain: not reads, not divisions that may trap, not what a loop overwrites.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(simplify)' | FileCheck %s

// CHECK-LABEL: func.func @f
func.func @f(%x: f64, %a: tensor<8xf64>, %n: index, %d: index) -> (f64, tensor<8xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[TANH:.*]] = math.tanh
  // CHECK: %[[SIN:.*]] = math.sin %{{.*}} : f64
  // CHECK: scf.for
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero, %b = %a) -> (f64, tensor<8xf64>) {
    // CHECK: arith.divsi
    %j = arith.divsi %n, %d : index
    // CHECK: tensor.extract
    %e = tensor.extract %a[%j] : tensor<8xf64>
    %t = math.tanh %a : tensor<8xf64>
    %u = math.sin %x : f64
    // CHECK: "nd.full"
    %w = "nd.full"(%x) : (f64) -> tensor<8xf64>
    // CHECK: tensor.insert
    %w1 = tensor.insert %e into %w[%i] : tensor<8xf64>
    // CHECK: math.exp
    %p = math.exp %w1 : tensor<8xf64>
    %q = arith.mulf %p, %t : tensor<8xf64>
    %b1 = arith.addf %b, %q : tensor<8xf64>
    %s1 = arith.addf %s, %u : f64
    scf.yield %s1, %b1 : f64, tensor<8xf64>
  }
  return %r#0, %r#1 : f64, tensor<8xf64>
}
