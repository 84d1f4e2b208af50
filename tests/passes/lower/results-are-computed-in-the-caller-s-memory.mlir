// A result computed in fresh memory is computed in the output; one that changes a read-only argument, in a copy made there.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(out-forward)' | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: memref<4xf64>, %[[Y:.*]]: memref<4xf64>, %[[Z:.*]]: memref<4xf64>)
func.func @f(%a: memref<4xf64>, %y: memref<4xf64>, %z: memref<4xf64>) {
  // CHECK-DAG: %[[T:.*]] = bufferization.to_tensor %[[A]] restrict
  // CHECK-DAG: %[[OUT:.*]] = bufferization.to_tensor %[[Y]] restrict writable
  // CHECK: linalg.generic {{.*}} outs(%[[OUT]] : tensor<4xf64>)
  // CHECK: %[[IN_Z:.*]] = bufferization.to_tensor %[[Z]] restrict writable
  // CHECK: %[[COPY:.*]] = tensor.insert_slice %[[T]] into %[[IN_Z]]
  // CHECK: tensor.insert %{{.*}} into %[[COPY]]
  // CHECK-NOT: materialize_in_destination
  %c0 = arith.constant 0 : index
  %t = bufferization.to_tensor %a restrict : memref<4xf64> to tensor<4xf64>
  %f = bufferization.alloc_tensor() : tensor<4xf64>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%t : tensor<4xf64>) outs(%f : tensor<4xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<4xf64>
  %x = tensor.extract %t[%c0] : tensor<4xf64>
  %u = tensor.insert %x into %t[%c0] : tensor<4xf64>
  bufferization.materialize_in_destination %r in restrict writable %y : (tensor<4xf64>, memref<4xf64>) -> ()
  bufferization.materialize_in_destination %u in restrict writable %z : (tensor<4xf64>, memref<4xf64>) -> ()
  return
}
