// A stencil's transpose: the window that is cleared last joins in, because its sum is put back into its place first.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(raise-windows)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: tensor<9xf64>, %[[Y:.*]]: tensor<9xf64>)
func.func @f(%x: tensor<9xf64>, %y: tensor<9xf64>) -> (tensor<9xf64>, tensor<7xf64>) {
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[E:.*]] = tensor.extract_slice %[[Y]][1] [7] [1]
  %e = tensor.extract_slice %y[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %a = tensor.extract_slice %x[0] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %b = arith.addf %a, %e {nd.accumulate} : tensor<7xf64>
  %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<9xf64>
  %c = tensor.extract_slice %x1[2] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %d = arith.addf %e, %c {nd.accumulate} : tensor<7xf64>
  %x2 = tensor.insert_slice %d into %x1[2] [7] [1] : tensor<7xf64> into tensor<9xf64>
  // CHECK: %[[SUM:.*]] = "nd.add_windows"(%[[X]], %[[E]], %[[E]], %[[E]])
  // CHECK-SAME: nd.accumulate
  // CHECK-SAME: static_offsets = array<i64: 0, 2, 1>
  // CHECK: %[[H:.*]] = tensor.extract_slice %[[SUM]][1] [7] [1]
  %g = tensor.extract_slice %x2[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %h = arith.addf %e, %g {nd.accumulate} : tensor<7xf64>
  %z = "nd.full"(%zero) : (f64) -> tensor<7xf64>
  // CHECK: %[[END:.*]] = tensor.insert_slice %{{.*}} into %[[SUM]][1] [7] [1]
  %x3 = tensor.insert_slice %z into %x2[1] [7] [1] : tensor<7xf64> into tensor<9xf64>
  // CHECK: return %[[END]], %[[H]]
  return %x3, %h : tensor<9xf64>, tensor<7xf64>
}
