// A linear in-place program needs no residual: Gauss-Seidel in one dimension.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=seidel},diff-linearize{function=seidel},diff-transpose{function=seidel})' | FileCheck %s

// CHECK-NOT: diff.save
func.func @seidel(%a: tensor<?xf64>, %sweeps: index) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f64
  %n = tensor.dim %a, %c0 : tensor<?xf64>
  %last = arith.subi %n, %c1 : index
  %r = scf.for %t = %c0 to %sweeps step %c1 iter_args(%u = %a) -> (tensor<?xf64>) {
    %v = scf.for %i = %c1 to %last step %c1 iter_args(%w = %u) -> (tensor<?xf64>) {
      %before = arith.subi %i, %c1 : index
      %after = arith.addi %i, %c1 : index
      %l = tensor.extract %w[%before] : tensor<?xf64>
      %r = tensor.extract %w[%after] : tensor<?xf64>
      %s = arith.addf %l, %r : f64
      %m = arith.mulf %s, %half : f64
      %z = tensor.insert %m into %w[%i] : tensor<?xf64>
      scf.yield %z : tensor<?xf64>
    }
    scf.yield %v : tensor<?xf64>
  }
  return %r : tensor<?xf64>
}
// CHECK: func.func private @seidel.fwd
// CHECK: func.func private @seidel.lin
// CHECK: func.func private @seidel.rev
// No zero array and no sum of arrays either: the cotangent that comes in is updated in place.
// CHECK-NOT: nd.full
// CHECK-NOT: nd.accumulate
