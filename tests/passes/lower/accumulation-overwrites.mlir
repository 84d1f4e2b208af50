// nd.accumulate writes into its first operand, a chain of them once; never when the other reads the same memory elsewhere.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[C:.*]]: tensor<8xf64>, %[[X:.*]]: tensor<8xf64>)
func.func @chain(%c: tensor<8xf64>, %x: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK-NOT: alloc_tensor
  // CHECK: linalg.generic
  // CHECK-SAME: ins(%[[X]] : tensor<8xf64>) outs(%[[C]] : tensor<8xf64>)
  // CHECK-NEXT: ^bb0(%[[E:.*]]: f64, %[[OLD:.*]]: f64):
  // CHECK: %[[ONE:.*]] = arith.addf %[[OLD]], %{{.*}} : f64
  // CHECK: %[[TWO:.*]] = arith.addf %[[ONE]], %[[E]] : f64
  // CHECK-NEXT: linalg.yield %[[TWO]]
  // CHECK-NOT: linalg.generic
  %y = arith.mulf %x, %x : tensor<8xf64>
  %c1 = arith.addf %c, %y {nd.accumulate} : tensor<8xf64>
  %c2 = arith.addf %c1, %x {nd.accumulate} : tensor<8xf64>
  return %c2 : tensor<8xf64>
}

// CHECK-LABEL: func.func @another_window
// CHECK-SAME: (%[[C:.*]]: tensor<8xf64>)
func.func @another_window(%c: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK: %[[TO:.*]] = tensor.extract_slice %[[C]][0] [4] [1]
  // CHECK: %[[FROM:.*]] = tensor.extract_slice %[[C]][2] [4] [1]
  // CHECK: %[[FRESH:.*]] = bufferization.alloc_tensor
  // CHECK: %[[T:.*]] = linalg.generic {{.*}} ins(%[[FROM]] : tensor<4xf64>) outs(%[[FRESH]] : tensor<4xf64>)
  // CHECK: linalg.generic {{.*}} ins(%[[T]] : tensor<4xf64>) outs(%[[TO]] : tensor<4xf64>)
  %to = tensor.extract_slice %c[0] [4] [1] : tensor<8xf64> to tensor<4xf64>
  %from = tensor.extract_slice %c[2] [4] [1] : tensor<8xf64> to tensor<4xf64>
  %s = math.sin %from : tensor<4xf64>
  %r = arith.addf %to, %s {nd.accumulate} : tensor<4xf64>
  %d = tensor.insert_slice %r into %c[0] [4] [1] : tensor<4xf64> into tensor<8xf64>
  return %d : tensor<8xf64>
}

// CHECK-LABEL: func.func @not_put_back
// CHECK-SAME: (%[[C:.*]]: tensor<8xf64>, %[[X:.*]]: tensor<4xf64>)
func.func @not_put_back(%c: tensor<8xf64>, %x: tensor<4xf64>) -> tensor<4xf64> {
  // CHECK: %[[FRESH:.*]] = bufferization.alloc_tensor
  // CHECK: linalg.generic {{.*}} outs(%[[FRESH]] : tensor<4xf64>)
  %w = tensor.extract_slice %c[0] [4] [1] : tensor<8xf64> to tensor<4xf64>
  %r = arith.addf %w, %x {nd.accumulate} : tensor<4xf64>
  return %r : tensor<4xf64>
}
