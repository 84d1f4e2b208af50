// Declared derivatives become functions; residuals become the primal arguments that are needed, and tapes.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-expand)' | FileCheck %s

// CHECK-NOT: diff.residuals
// CHECK-NOT: diff.fwd =

func.func @f(%x: f64, %unused: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %one) -> f64 {
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}

// CHECK: func.func private @f.fwd(%{{.*}}: f64, %{{.*}}: f64, %{{.*}}: index) -> (f64, tensor<?xf64>)
func.func private @f.fwd(f64, f64, index) -> (f64, !diff.residuals)
  attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
// CHECK: func.func private @f.rev(%{{.*}}: f64, %{{.*}}: index, %{{.*}}: f64, %{{.*}}: tensor<?xf64>) -> f64
func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}

// A pullback that leaves the function takes its residuals along, in place.
// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index) -> (f64, index, tensor<?xf64>, f64)
func.func @forward(%x: f64, %n: index) -> (!diff.residuals, f64) {
  // CHECK-NEXT: %[[Y:.*]]:2 = call @f.fwd(%[[X]], %[[X]], %[[N]])
  %y, %r = call @f.fwd(%x, %x, %n) : (f64, f64, index) -> (f64, !diff.residuals)
  // CHECK-NEXT: return %[[X]], %[[N]], %[[Y]]#1, %[[Y]]#0
  return %r, %y : !diff.residuals, f64
}

// CHECK-LABEL: func.func @pullback
// CHECK-SAME: (%[[CT:.*]]: f64, %[[X:.*]]: f64, %[[N:.*]]: index, %[[TAPE:.*]]: tensor<?xf64>)
func.func @pullback(%ct: f64, %r: !diff.residuals) -> f64 {
  // CHECK-NEXT: call @f.rev(%[[X]], %[[N]], %[[CT]], %[[TAPE]])
  %g = call @f.rev(%r, %ct) : (!diff.residuals, f64) -> f64
  return %g : f64
}

// CHECK-LABEL: func.func @gradient
func.func @gradient(%x: f64, %n: index) -> f64 {
  %one = arith.constant 1.0 : f64
  // CHECK: %[[Z:.*]]:4 = call @forward
  %r, %y = call @forward(%x, %n) : (f64, index) -> (!diff.residuals, f64)
  // CHECK: call @pullback(%{{.*}}, %[[Z]]#0, %[[Z]]#1, %[[Z]]#2)
  %g = call @pullback(%one, %r) : (f64, !diff.residuals) -> f64
  return %g : f64
}
