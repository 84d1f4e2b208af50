// A cycle of calls is refused at the call that closes it.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(inline-calls)'

func.func @f(%x: f64) -> f64 {
  %y = call @g(%x) : (f64) -> f64
  return %y : f64
}
func.func @g(%x: f64) -> f64 {
  // expected-error@+1 {{@f calls itself}}
  %y = call @f(%x) : (f64) -> f64
  return %y : f64
}
