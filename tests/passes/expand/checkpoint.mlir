// A loop of a function with diff.slots becomes functions: the loop, its step, a sweep that stores states on the way.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-checkpoint{function=f slots=3})' | FileCheck %s
// The reverse function of the program then stores three states, whatever the trip count.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand)' | FileCheck %s --check-prefix=EXPANDED

// CHECK-LABEL: func.func @f(
// CHECK: %[[TRIPS:.*]] = arith.maxsi
// CHECK: call @f.loop0(%{{.*}}, %{{.*}}, %[[TRIPS]]) : (f64, f64, index) -> (f64, f64)
// CHECK: func.func private @f.loop0({{.*}} attributes {diff.custom_fwd = @f.loop0.fwd, diff.custom_rev = @f.loop0.rev}
// The step hands on what it captures, so that its reverse function adds to that cotangent.
// CHECK: func.func private @f.loop0.step(%{{.*}}: index, %{{.*}}: f64, %[[X:.*]]: f64) -> (f64, f64)
// CHECK: return %{{.*}}, %[[X]]
// CHECK: func.func private @f.loop0.step.fwd(index, f64, f64) -> (f64, f64, !diff.residuals)
// CHECK-SAME: diff.fwd = @f.loop0.step, diff.wrt = array<i64: 1, 2>
// CHECK: func.func private @f.loop0.sweep(
// CHECK: scf.while
// CHECK: call @diff.binomial_split
// CHECK: func.func private @f.loop0.fwd(
// CHECK: %[[THREE:.*]] = arith.constant 3 : index
// CHECK: %[[ROWS:.*]] = arith.minsi %{{.*}}, %[[THREE]]
// CHECK: "nd.empty"(%[[ROWS]]) {diff.tape = "f.loop0:0"} : (index) -> tensor<?xf64>
// CHECK: call @f.loop0.sweep(
// CHECK: func.func private @f.loop0.rev(
// CHECK: scf.for
// CHECK: call @f.loop0.step.fwd(
// CHECK: call @f.loop0.step.rev(
// CHECK: call @f.loop0.sweep(

// EXPANDED: func.func private @f.fwd({{.*}}) -> (f64, f64, tensor<?xf64>, tensor<?xi64>, i64)
// EXPANDED: func.func private @f.rev(
// EXPANDED-NOT: !diff.residuals
func.func @f(%x: f64, %n: index) -> f64 attributes {diff.slots = 3 : i64} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%p = %x) -> f64 {
    %s = math.sin %p : f64
    %q = arith.mulf %s, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}
func.func private @f.fwd(f64, index) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}
