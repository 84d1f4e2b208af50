// stop_gradient, and functions whose derivative is zero everywhere, pass no tangent on: nothing behind them is active.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[DX:.*]]: f64)
func.func @f(%x: f64) -> f64 {
  // CHECK-NEXT: %[[STOPPED:.*]] = "diff.stop_gradient"(%[[X]])
  // CHECK-NEXT: %[[S:.*]] = math.sin %[[STOPPED]]
  // CHECK-NEXT: %[[STEP:.*]] = math.floor %[[X]]
  // CHECK-NEXT: %[[F:.*]] = arith.mulf %[[S]], %[[STEP]]
  // CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[F]], %[[X]]
  // CHECK-NEXT: %[[DY:.*]] = arith.mulf %[[DX]], %[[F]]
  // CHECK-NEXT: return %[[Y]], %[[DY]]
  %stopped = "diff.stop_gradient"(%x) : (f64) -> f64
  %s = math.sin %stopped : f64
  %step = math.floor %x : f64
  %f = arith.mulf %s, %step : f64
  %y = arith.mulf %f, %x : f64
  return %y : f64
}
