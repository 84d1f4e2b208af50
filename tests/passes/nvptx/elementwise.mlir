// RUN: wengert-opt %s --pass-pipeline='lower-tensors-gpu,canonicalize,cse,gpu-kernels,canonicalize,cse' | FileCheck %s

// A chain of elementwise ops is one kernel: a thread an element, with a check of the bound, each array read once.

// CHECK: gpu.func @f_0(%[[X:.*]]: memref<600xf64> {llvm.noalias}, %[[C:.*]]: f64, %[[Y:.*]]: memref<600xf64> {llvm.noalias}) kernel
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>
// CHECK: %[[N:.*]] = arith.constant 600 : index
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[I:.*]], %[[N]]
// CHECK: scf.if %[[INSIDE]]
// CHECK: memref.load
// CHECK-NOT: memref.load
// CHECK: math.exp
// CHECK: math.tanh
// CHECK: memref.store %{{.*}}, %[[Y]][%[[I]]]
// CHECK-NOT: gpu.func

// CHECK: func.func @f(%[[A:.*]]: memref<600xf64>, %[[S:.*]]: f64, %[[R:.*]]: memref<600xf64>)
// CHECK: %[[BLOCKS:.*]] = arith.constant 3 : index
// CHECK-NOT: gpu.alloc
// CHECK: gpu.launch_func @kernels::@f_0 blocks in (%[[BLOCKS]], %{{.*}}, %{{.*}}) {{.*}} args(%[[A]] : memref<600xf64>, %[[S]] : f64, %[[R]] : memref<600xf64>)
func.func @f(%x: tensor<20x30xf64>, %c: f64) -> tensor<20x30xf64> {
  %cs = "nd.full"(%c) : (f64) -> tensor<20x30xf64>
  %e = math.exp %x : tensor<20x30xf64>
  %t = math.tanh %x : tensor<20x30xf64>
  %p = arith.mulf %e, %t : tensor<20x30xf64>
  %y = arith.addf %p, %cs : tensor<20x30xf64>
  return %y : tensor<20x30xf64>
}
