// A declared batched function is defined after what it batches; a result declared for one is computed once.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand,inline-calls)' | FileCheck %s

// CHECK-LABEL: func.func @program
// CHECK-SAME: (%[[X:.*]]: tensor<8xf64>, %[[W:.*]]: f64)
// CHECK: %[[COS:.*]] = math.cos %[[X]] : tensor<8xf64>
// CHECK: %[[D:.*]] = arith.mulf %{{.*}}, %[[COS]]
// CHECK: return %[[D]], %[[W]]
func.func @program(%x: tensor<8xf64>, %w: f64) -> (tensor<8xf64>, f64) {
  %r:2 = call @g.all(%x, %w) : (tensor<8xf64>, f64) -> (tensor<8xf64>, f64)
  return %r#0, %r#1 : tensor<8xf64>, f64
}
func.func private @f(%x: f64) -> f64 {
  %y = math.sin %x : f64
  return %y : f64
}
func.func private @f.jvp(f64, f64) -> (f64, f64) attributes {diff.jvp = @f, diff.wrt = array<i64: 0>}
func.func private @g(%x: f64, %w: f64) -> (f64, f64) {
  %r:2 = call @f.jvp(%x, %w) : (f64, f64) -> (f64, f64)
  return %r#1, %w : f64, f64
}
func.func private @g.all(tensor<8xf64>, f64) -> (tensor<8xf64>, f64) attributes {diff.batched = @g, diff.wrt = array<i64: 0>}
