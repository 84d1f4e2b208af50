// Our passes and upstream's stand in one pipeline, nested ones too; operations of our dialects go through untouched.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(func.func(cse,canonicalize),symbol-dce)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: f64)
func.func @f(%x: f64) -> f64 {
  // CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[X]], %[[X]]
  // CHECK-NEXT: %[[STOPPED:.*]] = "diff.stop_gradient"(%[[SUM]])
  // CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[SUM]], %[[STOPPED]]
  // CHECK-NEXT: return %[[Y]]
  %0 = arith.addf %x, %x : f64
  %1 = arith.addf %x, %x : f64
  %2 = "diff.stop_gradient"(%1) : (f64) -> f64
  %3 = arith.mulf %0, %2 : f64
  return %3 : f64
}

// CHECK-NOT: @unused
func.func private @unused()
