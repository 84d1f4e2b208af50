// A function with diff.recomputed hands its arguments on as residuals and is evaluated again where it is reversed; the
// barrier keeps the two evaluations apart.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-recompute)' | FileCheck %s --check-prefix=RULES
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand,inline-calls,drop-private,simplify)' | FileCheck %s

// RULES: func.func private @f(
// RULES-SAME: diff.custom_fwd = @f.kept, diff.custom_jvp = @f.body.jvp, diff.custom_rev = @f.again
// RULES: func.func private @f.kept(%[[X:.*]]: f64) -> (f64, f64)
// RULES: %[[Y:.*]] = call @f.body(%[[X]])
// RULES: return %[[Y]], %[[X]]
// RULES: func.func private @f.again(%[[X:.*]]: f64, %[[CT:.*]]: f64) -> f64
// RULES: %[[FRESH:.*]] = "diff.barrier"(%[[X]])
// RULES: %[[RAN:.*]]:2 = call @f.body.fwd(%[[FRESH]])
// RULES: call @f.body.rev(%[[RAN]]#1, %[[CT]])

// CHECK-LABEL: func.func @value_and_grad(
// CHECK-SAME: %[[X:.*]]: f64
// CHECK: %[[S:.*]] = math.sin %[[X]]
// CHECK: %[[Y:.*]] = math.exp %[[S]]
// CHECK: %[[FRESH:.*]] = "diff.barrier"(%[[X]])
// CHECK: %[[AGAIN:.*]] = math.sin %[[FRESH]]
// CHECK: math.exp %[[AGAIN]]
// CHECK: return %[[Y]]
func.func private @f(%x: f64) -> f64 attributes {diff.recomputed} {
  %s = math.sin %x : f64
  %y = math.exp %s : f64
  return %y : f64
}
func.func private @g(%x: f64) -> f64 {
  %y = call @f(%x) : (f64) -> f64
  return %y : f64
}
func.func private @g.fwd(f64) -> (f64, !diff.residuals) attributes {diff.fwd = @g, diff.wrt = array<i64: 0>}
func.func private @g.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @g.fwd}
func.func @value_and_grad(%x: f64) -> (f64, f64) {
  %one = arith.constant 1.0 : f64
  %y, %r = call @g.fwd(%x) : (f64) -> (f64, !diff.residuals)
  %ct = call @g.rev(%r, %one) : (!diff.residuals, f64) -> f64
  return %y, %ct : f64, f64
}
