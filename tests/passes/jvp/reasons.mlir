// The text of a refusal: what, where, why, what to do.
// RUN: not wengert-opt %s --split-input-file --pass-pipeline='builtin.module(diff-jvp{function=f})' 2>&1 | FileCheck %s

// CHECK: reasons.mlir:[[@LINE+7]]:8: error: cannot differentiate through the call of @g
// CHECK-NEXT: %y = func.call @g(%x)
// CHECK-NEXT: {{^ *}}^
// CHECK-NEXT: why: derivatives are taken of functions without calls
// CHECK-NEXT: help: run the pass 'inline-calls' first
func.func private @g(f64) -> f64
func.func @f(%x: f64) -> f64 {
  %y = func.call @g(%x) : (f64) -> f64
  return %y : f64
}

// -----

// CHECK: error: there is no function @f
// CHECK-NEXT: why: the module has @ff, @f2
// CHECK-NEXT: help: did you mean ff or f2?
func.func private @ff(f64) -> f64
func.func private @f2(f64) -> f64

// -----

// CHECK: error: there is a function @f.jvp already
func.func private @f.jvp(f64) -> f64
func.func @f(%x: f64) -> f64 {
  return %x : f64
}
