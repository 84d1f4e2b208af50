// What cannot be differentiated is refused at the operation, with the reason.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0})'

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

// -----

// expected-error@+1 {{argument 0 of @f is of type i64: no derivative}}
func.func @f(%x: i64) -> i64 {
  return %x : i64
}

// -----

// expected-error@+1 {{@f has no argument 0}}
func.func @f() {
  return
}

// -----

func.func @f(%x: f64) -> f64 {
  // expected-error@+1 {{@f has residuals without storage (diff.saved)}}
  %y = "diff.saved"() {id = 0 : i64} : () -> f64
  return %y : f64
}

// -----

func.func @f(%x: f64) -> f64 {
  // expected-error@+1 {{this 'scf.while' does not pass on the arguments of its condition region unchanged}}
  %y = scf.while (%u = %x) : (f64) -> f64 {
    %go = arith.constant false
    %v = math.sin %u : f64
    scf.condition(%go) %v : f64
  } do {
  ^bb0(%u: f64):
    scf.yield %u : f64
  }
  return %y : f64
}

// -----

// expected-error@+1 {{@f is declared, not defined}}
func.func private @f(f64) -> f64
