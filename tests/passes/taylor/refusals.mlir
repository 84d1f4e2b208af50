// What has no derivative has no power series, and the place is named.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect --pass-pipeline='builtin.module(diff-taylor{function=f order=2})'

func.func @f(%x: f64) -> f64 {
  // expected-error@+1 {{other.op has no derivative rule}}
  %y = "other.op"(%x) : (f64) -> f64
  return %y : f64
}

// -----

func.func private @g(f64) -> f64
func.func @f(%x: f64) -> f64 {
  // expected-error@+1 {{cannot differentiate through the call of @g}}
  %y = func.call @g(%x) : (f64) -> f64
  return %y : f64
}

