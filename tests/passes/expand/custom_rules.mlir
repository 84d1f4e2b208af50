// A call of a function with rules is differentiated by them: forward mode takes the jvp rule (factor 2 here), reverse
// mode fwd and rev (factor 3), which are transposed where a pushforward is asked for.  Then they are ordinary functions.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand,inline-calls,drop-private,drop-decisions,simplify)' | FileCheck %s
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand)' | FileCheck %s --check-prefix=CALLS

func.func private @f(%x: f64) -> f64
    attributes {diff.custom_jvp = @f_jvp, diff.custom_fwd = @f_fwd, diff.custom_rev = @f_rev} {
  %y = math.sin %x : f64
  return %y : f64
}
func.func private @f_jvp(%x: f64, %dx: f64) -> (f64, f64) {
  %two = arith.constant 2.0 : f64
  %y = math.sin %x : f64
  %dy = arith.mulf %two, %dx : f64
  return %y, %dy : f64, f64
}
func.func private @f_fwd(%x: f64) -> (f64, f64) {
  %y = func.call @f(%x) : (f64) -> f64
  %c = math.cos %x : f64
  return %y, %c : f64, f64
}
func.func private @f_rev(%c: f64, %ct: f64) -> f64 {
  %three = arith.constant 3.0 : f64
  %a = arith.mulf %three, %ct : f64
  %b = arith.mulf %c, %a : f64
  return %b : f64
}
func.func private @g(%x: f64) -> f64 {
  %y = call @f(%x) : (f64) -> f64
  return %y : f64
}
func.func private @g.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @g, diff.wrt = array<i64: 0>}
func.func private @g.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @g, diff.wrt = array<i64: 0>}
func.func private @g.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @g.fwd}
func.func private @g.lin(!diff.residuals, f64) -> f64 attributes {diff.lin = @g.fwd}

// What calls @f in the forward function still does, so that a second derivative meets its rules.
// CALLS-LABEL: func.func private @g.fwd(
// CALLS: call @f(
// CALLS-NOT: func.call @f_rev
// CALLS: func.func private @f_rev.transposed(%[[C:.*]]: f64, %[[D:.*]]: f64) -> f64 attributes {diff.known = 1 : i64, diff.transposed = @f_rev}
// CALLS-NEXT: %[[THREE:.*]] = arith.constant 3.0
// CALLS-NEXT: %[[E:.*]] = arith.mulf %[[D]], %[[C]]
// CALLS-NEXT: arith.mulf %[[E]], %[[THREE]]

// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[X:.*]]: f64, %[[DX:.*]]: f64)
// CHECK-DAG: %[[TWO:.*]] = arith.constant 2.0
// CHECK-DAG: %[[Y:.*]] = math.sin %[[X]]
// CHECK-DAG: %[[DY:.*]] = arith.mulf %[[TWO]], %[[DX]]
// CHECK: return %[[Y]], %[[DY]]
func.func @forward(%x: f64, %dx: f64) -> (f64, f64) {
  %y:2 = call @g.jvp(%x, %dx) : (f64, f64) -> (f64, f64)
  return %y#0, %y#1 : f64, f64
}

// CHECK-LABEL: func.func @reverse
// CHECK-SAME: (%[[X:.*]]: f64, %[[CT:.*]]: f64)
// CHECK: %[[THREE:.*]] = arith.constant 3.0
// CHECK-NEXT: %[[Y:.*]] = math.sin %[[X]]
// CHECK-NEXT: %[[C:.*]] = math.cos %[[X]]
// CHECK-NEXT: %[[A:.*]] = arith.mulf %[[THREE]], %[[CT]]
// CHECK-NEXT: %[[B:.*]] = arith.mulf %[[C]], %[[A]]
// CHECK-NEXT: return %[[Y]], %[[B]]
func.func @reverse(%x: f64, %ct: f64) -> (f64, f64) {
  %y, %r = call @g.fwd(%x) : (f64) -> (f64, !diff.residuals)
  %g = call @g.rev(%r, %ct) : (!diff.residuals, f64) -> f64
  return %y, %g : f64, f64
}

// CHECK-LABEL: func.func @linear
// CHECK: %[[T:.*]] = arith.mulf %{{.*}}, %{{.*}} : f64
// CHECK-NEXT: %[[S:.*]] = arith.mulf %[[T]], %{{.*}} : f64
// CHECK-NEXT: return %{{.*}}, %[[S]]
func.func @linear(%x: f64, %dx: f64) -> (f64, f64) {
  %y, %r = call @g.fwd(%x) : (f64) -> (f64, !diff.residuals)
  %l = call @g.lin(%r, %dx) : (!diff.residuals, f64) -> f64
  return %y, %l : f64, f64
}
