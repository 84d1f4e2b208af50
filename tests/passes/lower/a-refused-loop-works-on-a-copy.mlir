// Bufferization cannot yield %v in the memory of %u, whose old elements %w needs: the body works on a copy, written back.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(bufferize,canonicalize)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: memref<9xf64>,
func.func @f(%a: memref<9xf64>, %x: f64, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = bufferization.to_tensor %a restrict writable : memref<9xf64> to tensor<9xf64>
  // CHECK: scf.for
  // CHECK-NOT: iter_args
  // CHECK: %[[OLD:.*]] = memref.alloc() {{.*}} : memref<9xf64>
  // CHECK: memref.copy %[[A]], %[[OLD]]
  // CHECK: memref.copy %{{.*}}, %[[A]]
  // CHECK-NOT: nd.loop
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%u = %t) -> (tensor<9xf64>) {
    %u1 = tensor.insert %x into %u[%c0] : tensor<9xf64>
    %w = tensor.extract_slice %u[3] [4] [1] : tensor<9xf64> to tensor<4xf64>
    %v = tensor.insert_slice %w into %u1[2] [4] [1] : tensor<4xf64> into tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  bufferization.materialize_in_destination %r in restrict writable %a : (tensor<9xf64>, memref<9xf64>) -> ()
  return
}
