// A comparison that chooses a branch has a kink where both sides are equal; of an array one reduction is computed, and
// the element is looked up when it fails.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-kinks{function=f})' | FileCheck %s

// CHECK-LABEL: func.func @f
func.func @f(%x: f64, %a: tensor<2x3xf64>) -> (f64, tensor<2x3xf64>) {
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[TIED:.*]] = arith.cmpf oeq, %arg0
  // CHECK: "nd.check"
  // CHECK-SAME: {0:f64} > {1:f64} is at a kink
  // CHECK: arith.cmpf ogt
  %above = arith.cmpf ogt, %x, %zero : f64
  // A test for equality is none.
  // CHECK-NOT: nd.check
  // CHECK: arith.cmpf oeq
  %equal = arith.cmpf oeq, %x, %zero : f64
  // CHECK: scf.if
  %r = scf.if %above -> f64 {
    scf.yield %x : f64
  } else {
    %e = arith.select %equal, %zero, %x : f64
    scf.yield %e : f64
  }
  // CHECK: %[[WHERE:.*]] = arith.cmpf oeq, %{{.*}} : tensor<2x3xf64>
  // CHECK: %[[ANY:.*]] = "nd.reduce"(%[[WHERE]]) {axes = array<i64: 0, 1>, kind = "any"}
  // CHECK: scf.if %[[ANY]]
  // CHECK: "nd.check"
  // CHECK-SAME: abs({1:f64}) at element {0:2x3}
  // CHECK: math.absf
  %b = math.absf %a : tensor<2x3xf64>
  return %r, %b : f64, tensor<2x3xf64>
}
