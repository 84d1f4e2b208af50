// What the second chain adds is the end of the first one, which has become one operation by then.
// RUN: wengert-opt %s --split-input-file --pass-pipeline='builtin.module(raise-windows)' | FileCheck %s

// CHECK-LABEL: func.func @f
func.func @f(%x: tensor<8xf64>, %y: tensor<9xf64>, %e: tensor<7xf64>) -> tensor<9xf64> {
  // CHECK: %[[END:.*]] = "nd.add_windows"(%arg0, %arg2, %arg2)
  // CHECK: "nd.add_windows"(%arg1, %[[END]], %[[END]])
  // CHECK-NOT: tensor.insert_slice
  %a = tensor.extract_slice %x[0] [7] [1] : tensor<8xf64> to tensor<7xf64>
  %b = arith.addf %a, %e {nd.accumulate} : tensor<7xf64>
  %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<8xf64>
  %c = tensor.extract_slice %x1[1] [7] [1] : tensor<8xf64> to tensor<7xf64>
  %d = arith.addf %c, %e {nd.accumulate} : tensor<7xf64>
  %x2 = tensor.insert_slice %d into %x1[1] [7] [1] : tensor<7xf64> into tensor<8xf64>
  %s = tensor.extract_slice %y[0] [8] [1] : tensor<9xf64> to tensor<8xf64>
  %t = arith.addf %s, %x2 {nd.accumulate} : tensor<8xf64>
  %y1 = tensor.insert_slice %t into %y[0] [8] [1] : tensor<8xf64> into tensor<9xf64>
  %u = tensor.extract_slice %y1[1] [8] [1] : tensor<9xf64> to tensor<8xf64>
  %v = arith.addf %u, %x2 {nd.accumulate} : tensor<8xf64>
  %y2 = tensor.insert_slice %v into %y1[1] [8] [1] : tensor<8xf64> into tensor<9xf64>
  return %y2 : tensor<9xf64>
}

// -----

// The window is cleared before its sum is computed: the sum is not put back into what is cleared.
// CHECK-LABEL: func.func @cleared_first
func.func @cleared_first(%x: tensor<9xf64>, %e: tensor<7xf64>) -> (tensor<9xf64>, tensor<7xf64>) {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<7xf64>
  %a = tensor.extract_slice %x[0] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %b = arith.addf %a, %e {nd.accumulate} : tensor<7xf64>
  %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<9xf64>
  %c = tensor.extract_slice %x1[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  // CHECK: %[[CLEARED:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[1] [7] [1]
  // CHECK-NEXT: arith.addf
  // CHECK-NEXT: return %[[CLEARED]]
  %x2 = tensor.insert_slice %zeros into %x1[1] [7] [1] : tensor<7xf64> into tensor<9xf64>
  %d = arith.addf %c, %e {nd.accumulate} : tensor<7xf64>
  return %x2, %d : tensor<9xf64>, tensor<7xf64>
}
