// RUN: wengert-opt %s --pass-pipeline='diff-expand,inline-calls,drop-private,drop-decisions,simplify,lower-tensors-gpu,canonicalize,cse,gpu-kernels,canonicalize,cse' | FileCheck %s

// The gradient of sum(exp(-x^2) tanh(x) + x) does not compute the sum, and is one kernel.

// CHECK: gpu.func @gradient_0(%[[X:.*]]: memref<5000xf64> {llvm.noalias}, %[[CT:.*]]: memref<5000xf64> {llvm.noalias})
// CHECK: memref.load %[[X]]
// CHECK-NOT: memref.load
// CHECK: math.exp
// CHECK: memref.store %{{.*}}, %[[CT]]
// CHECK-NOT: gpu.func
// CHECK: func.func @gradient
// CHECK-NOT: gpu.alloc
// CHECK: gpu.launch_func @kernels::@gradient_0
// CHECK-NOT: gpu.launch_func
func.func @gradient(%x: tensor<5000xf64>) -> tensor<5000xf64> {
  %one = arith.constant 1.0 : f64
  %0:2 = call @loss.fwd(%x) : (tensor<5000xf64>) -> (f64, !diff.residuals)
  %1 = call @loss.rev(%0#1, %one) : (!diff.residuals, f64) -> tensor<5000xf64>
  return %1 : tensor<5000xf64>
}
func.func private @loss(%x: tensor<5000xf64>) -> f64 {
  %xx = arith.mulf %x, %x : tensor<5000xf64>
  %m = arith.negf %xx : tensor<5000xf64>
  %e = math.exp %m : tensor<5000xf64>
  %t = math.tanh %x : tensor<5000xf64>
  %p = arith.mulf %e, %t : tensor<5000xf64>
  %y = arith.addf %p, %x : tensor<5000xf64>
  %s = "nd.reduce"(%y) {kind = "sum", axes = array<i64: 0>} : (tensor<5000xf64>) -> f64
  return %s : f64
}
func.func private @loss.fwd(tensor<5000xf64>) -> (f64, !diff.residuals) attributes {diff.fwd = @loss, diff.wrt = array<i64: 0>}
func.func private @loss.rev(!diff.residuals, f64) -> tensor<5000xf64> attributes {diff.rev = @loss.fwd}
