// What is inserted is computed where it is inserted, unless its computation reads that memory in another window.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(slice-dest)' | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: func.func @window
// CHECK-SAME: (%[[A:.*]]: tensor<8xf64>, %[[X:.*]]: tensor<4xf64>)
func.func @window(%a: tensor<8xf64>, %x: tensor<4xf64>) -> tensor<8xf64> {
  // CHECK-NOT: alloc_tensor
  // CHECK: %[[W:.*]] = tensor.extract_slice %[[A]][2] [4] [1]
  // CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[X]] : tensor<4xf64>) outs(%[[W]] : tensor<4xf64>)
  // CHECK: tensor.insert_slice %[[R]] into %[[A]][2] [4] [1]
  %f = bufferization.alloc_tensor() : tensor<4xf64>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf64>) outs(%f : tensor<4xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<4xf64>
  %y = tensor.insert_slice %r into %a[2] [4] [1] : tensor<4xf64> into tensor<8xf64>
  return %y : tensor<8xf64>
}

// CHECK-LABEL: func.func @all_of_it
// CHECK-SAME: (%[[A:.*]]: tensor<8xf64>)
func.func @all_of_it(%a: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK-NOT: alloc_tensor
  // CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[A]] : tensor<8xf64>) outs(%[[A]] : tensor<8xf64>)
  // CHECK-NOT: insert_slice
  // CHECK: return %[[R]]
  %f = bufferization.alloc_tensor() : tensor<8xf64>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<8xf64>) outs(%f : tensor<8xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<8xf64>
  %y = tensor.insert_slice %r into %a[0] [8] [1] : tensor<8xf64> into tensor<8xf64>
  return %y : tensor<8xf64>
}

// CHECK-LABEL: func.func @another_window_is_read
func.func @another_window_is_read(%a: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK: %[[F:.*]] = bufferization.alloc_tensor
  // CHECK: linalg.generic {{.*}} outs(%[[F]] : tensor<4xf64>)
  %x = tensor.extract_slice %a[1] [4] [1] : tensor<8xf64> to tensor<4xf64>
  %f = bufferization.alloc_tensor() : tensor<4xf64>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf64>) outs(%f : tensor<4xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<4xf64>
  %y = tensor.insert_slice %r into %a[2] [4] [1] : tensor<4xf64> into tensor<8xf64>
  return %y : tensor<8xf64>
}

// CHECK-LABEL: func.func @old_elements_are_read_later
func.func @old_elements_are_read_later(%a: tensor<8xf64>, %x: tensor<4xf64>, %i: index) -> (tensor<8xf64>, f64) {
  // CHECK: %[[F:.*]] = bufferization.alloc_tensor
  // CHECK: linalg.generic {{.*}} outs(%[[F]] : tensor<4xf64>)
  %f = bufferization.alloc_tensor() : tensor<4xf64>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf64>) outs(%f : tensor<4xf64>) {
  ^bb0(%in: f64, %out: f64):
    %s = math.sin %in : f64
    linalg.yield %s : f64
  } -> tensor<4xf64>
  %old = tensor.extract %a[%i] : tensor<8xf64>
  %y = tensor.insert_slice %r into %a[2] [4] [1] : tensor<4xf64> into tensor<8xf64>
  return %y, %old : tensor<8xf64>, f64
}
