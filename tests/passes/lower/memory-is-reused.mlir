// An elementwise result is computed in the memory of an operand that dies; not if the operand is read again, or elsewhere.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(reuse-memory)' | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: func.func @dies
func.func @dies(%x: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK: %[[E:.*]] = linalg.generic
  // CHECK-NOT: alloc_tensor
  // CHECK: linalg.generic {{.*}} ins(%[[E]] : tensor<8xf64>) outs(%[[E]] : tensor<8xf64>)
  %f = bufferization.alloc_tensor() : tensor<8xf64>
  %e = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf64>) outs(%f : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.exp %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  %g = bufferization.alloc_tensor() : tensor<8xf64>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%e : tensor<8xf64>) outs(%g : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  return %y : tensor<8xf64>
}

// CHECK-LABEL: func.func @read_again
func.func @read_again(%x: tensor<8xf64>, %i: index) -> (tensor<8xf64>, f64) {
  // CHECK: %[[E:.*]] = linalg.generic
  // CHECK: %[[G:.*]] = bufferization.alloc_tensor
  // CHECK: linalg.generic {{.*}} ins(%[[E]] : tensor<8xf64>) outs(%[[G]] : tensor<8xf64>)
  %f = bufferization.alloc_tensor() : tensor<8xf64>
  %e = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf64>) outs(%f : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.exp %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  %g = bufferization.alloc_tensor() : tensor<8xf64>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%e : tensor<8xf64>) outs(%g : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  %again = tensor.extract %e[%i] : tensor<8xf64>
  return %y, %again : tensor<8xf64>, f64
}

// CHECK-LABEL: func.func @read_elsewhere
func.func @read_elsewhere(%x: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK: %[[E:.*]] = linalg.generic
  // CHECK: %[[G:.*]] = bufferization.alloc_tensor
  // CHECK: linalg.generic {{.*}} outs(%[[G]] : tensor<8xf64>)
  %c7 = arith.constant 7 : index
  %f = bufferization.alloc_tensor() : tensor<8xf64>
  %e = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<8xf64>) outs(%f : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.exp %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  %g = bufferization.alloc_tensor() : tensor<8xf64>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%e : tensor<8xf64>) outs(%g : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %i = linalg.index 0 : index
    %k = arith.subi %c7, %i : index
    %mirrored = tensor.extract %e[%k] : tensor<8xf64>
    %s = arith.addf %in, %mirrored : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  return %y : tensor<8xf64>
}
