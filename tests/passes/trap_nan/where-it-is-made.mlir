// The check fails where the result is NaN and no operand is; operations that move values, and functions that do not
// ask for it, get none.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(trap-nan)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: f64, %[[Y:.*]]: f64, %[[A:.*]]: tensor<4xf64>)
func.func @f(%x: f64, %y: f64, %a: tensor<4xf64>) -> (f64, f64) attributes {diff.nan = "trap"} {
  // CHECK: %[[Q:.*]] = arith.divf %[[X]], %[[Y]]
  // CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[Q]], %[[Q]]
  // CHECK: %[[X_OK:.*]] = arith.cmpf ord, %[[X]], %[[X]]
  // CHECK: %[[Y_OK:.*]] = arith.cmpf ord, %[[Y]], %[[Y]]
  // CHECK: arith.andi %[[NAN]], %[[X_OK]]
  // CHECK: "nd.check"
  // CHECK-SAME: {0:f64} / {1:f64} gives nan
  %q = arith.divf %x, %y : f64 loc("user.py":3:9)
  // CHECK-NOT: nd.check
  %i = arith.constant 1 : index
  %e = tensor.extract %a[%i] : tensor<4xf64>
  // CHECK: %[[IN:.*]] = "nd.reduce"(%{{.*}}) {axes = array<i64: 0>, kind = "any"}
  // CHECK: "nd.reduce"(%[[A]]) {axes = array<i64: 0>, kind = "sum"}
  // CHECK: "nd.check"
  // CHECK-SAME: in the derivative of this line: sum gives nan
  %s = "nd.reduce"(%a) {axes = array<i64: 0>, kind = "sum"} : (tensor<4xf64>) -> f64 loc("derivative"("user.py":4:9))
  %ok = arith.constant true
  %t = arith.select %ok, %s, %e : f64
  return %q, %t : f64, f64
}

// CHECK-LABEL: func.func @untouched
// CHECK-NOT: nd.check
func.func @untouched(%x: f64) -> f64 {
  %y = math.log %x : f64
  return %y : f64
}

// CHECK-LABEL: func.func @infinities
func.func @infinities(%x: f64) -> f64 attributes {diff.nan = "trap-inf"} {
  // CHECK: %[[LOG:.*]] = math.log
  // CHECK: math.isfinite %[[LOG]]
  // CHECK: gives a value that is not finite
  %y = math.log %x : f64
  return %y : f64
}
