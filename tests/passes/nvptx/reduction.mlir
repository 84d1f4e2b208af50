// RUN: wengert-opt %s --pass-pipeline='lower-tensors-gpu,canonicalize,cse,gpu-kernels,canonicalize,cse' | FileCheck %s

// A large sum is two kernels: several blocks, each with a partial sum, and one block that adds those up.  What is
// summed is computed where it is read.

// CHECK: gpu.func @f_0(%[[X:.*]]: memref<5000xf64> {llvm.noalias}, %[[PARTIAL:.*]]: memref<3xf64> {llvm.noalias}) workgroup(%[[SHARED:.*]] : memref<256xf64, #gpu.address_space<workgroup>>)
// CHECK: %[[SUM:.*]] = scf.for {{.*}} to %c5000 step %c768 iter_args
// CHECK: math.exp
// CHECK: memref.store %[[SUM]], %[[SHARED]]
// CHECK: scf.for
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK: memref.load %[[SHARED]]
// CHECK: memref.load %[[SHARED]]
// CHECK: arith.addf
// CHECK: memref.store %{{.*}}, %[[SHARED]]
// CHECK: memref.store %{{.*}}, %[[PARTIAL]]

// CHECK: gpu.func @f_1(%{{.*}}: memref<3xf64> {llvm.noalias}, %{{.*}}: memref<1xf64> {llvm.noalias}) workgroup

// CHECK: func.func @f(%[[A:.*]]: memref<5000xf64>, %[[R:.*]]: memref<1xf64>)
// CHECK: %[[T:.*]] = gpu.alloc () : memref<3xf64>
// CHECK: gpu.launch_func @kernels::@f_0 blocks in (%c3, %c1, %c1) threads in (%c256, %c1, %c1) args(%[[A]] : memref<5000xf64>, %[[T]] : memref<3xf64>)
// CHECK: gpu.launch_func @kernels::@f_1 blocks in (%c1, %c1, %c1) threads in (%c256, %c1, %c1) args(%[[T]] : memref<3xf64>, %[[R]] : memref<1xf64>)
func.func @f(%x: tensor<5000xf64>) -> f64 {
  %e = math.exp %x : tensor<5000xf64>
  %s = "nd.reduce"(%e) {kind = "sum", axes = array<i64: 0>} : (tensor<5000xf64>) -> f64
  return %s : f64
}
