// RUN: wengert-opt %s --pass-pipeline='lower-tensors-gpu,canonicalize,cse,gpu-kernels,canonicalize,cse' | FileCheck %s

// With few elements to a result a thread has a result to itself: no shared memory, no barrier.

// CHECK: gpu.func @f_0
// CHECK-NOT: workgroup
// CHECK-NOT: gpu.barrier
// CHECK: scf.if
// CHECK: scf.for {{.*}} to %c3 step %c1
// CHECK: arith.maximumf
// CHECK: memref.store
// CHECK-NOT: gpu.func
func.func @f(%x: tensor<1000x3xf64>) -> tensor<1000xf64> {
  %s = "nd.reduce"(%x) {kind = "max", axes = array<i64: 1>} : (tensor<1000x3xf64>) -> tensor<1000xf64>
  return %s : tensor<1000xf64>
}
