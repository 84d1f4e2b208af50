// What cannot be expanded is refused at its place.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(diff-expand)'

func.func @f(%x: f64) -> f64 {
  %y = math.sin %x : f64
  return %y : f64
}
func.func private @f.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}
func.func @g(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %y, %r = call @f.fwd(%x) : (f64) -> (f64, !diff.residuals)
  // expected-error@+1 {{a pullback is passed through a loop or a branch}}
  %z, %s = scf.for %i = %k0 to %n step %k1 iter_args(%a = %y, %b = %r) -> (f64, !diff.residuals) {
    %c, %t = func.call @f.fwd(%a) : (f64) -> (f64, !diff.residuals)
    scf.yield %c, %t : f64, !diff.residuals
  }
  %d = call @f.rev(%s, %z) : (!diff.residuals, f64) -> f64
  return %d : f64
}

// -----

func.func @f(%x: f64) -> f64 {
  %y = math.sin %x : f64
  return %y : f64
}
func.func private @f.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
func.func private @g.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
func.func private @g.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @g.fwd}
func.func @h(%x: f64) -> f64 {
  %y, %r = call @f.fwd(%x) : (f64) -> (f64, !diff.residuals)
  // expected-error@+1 {{the residuals of @f.fwd are passed where those of @g.fwd are expected}}
  %d = call @g.rev(%r, %y) : (!diff.residuals, f64) -> f64
  return %d : f64
}

// -----

func.func private @external(f64) -> f64
// expected-error@+1 {{@external has no body to differentiate}}
func.func private @external.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @external, diff.wrt = array<i64: 0>}

// -----

// expected-error@+1 {{no function @missing}}
func.func private @missing.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @missing, diff.wrt = array<i64: 0>}

// -----

func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
func.func @f(%x: f64) -> f64 {
  // expected-error@+1 {{@f.jvp calls itself}}
  %y:2 = call @f.jvp(%x, %x) : (f64, f64) -> (f64, f64)
  return %y#1 : f64
}

// -----

// expected-error@+1 {{@f is not declared to be a forward function}}
func.func @f(%x: f64) -> f64 {
  return %x : f64
}
func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f}
func.func @g(%r: !diff.residuals, %x: f64) -> f64 {
  %y = call @f.rev(%r, %x) : (!diff.residuals, f64) -> f64
  return %y : f64
}
