// %e is computed from y, which is overwritten before the last link: only the links before that are one operation.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(raise-windows)' | FileCheck %s

// CHECK-LABEL: func.func @f
func.func @f(%x: tensor<9xf64>, %y: tensor<9xf64>, %v: f64) -> (tensor<9xf64>, tensor<9xf64>) {
  %c3 = arith.constant 3 : index
  %e = tensor.extract_slice %y[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %a = tensor.extract_slice %x[0] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %b = arith.addf %a, %e : tensor<7xf64>
  %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<9xf64>
  %c = tensor.extract_slice %x1[2] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %d = arith.addf %c, %e : tensor<7xf64>
  %x2 = tensor.insert_slice %d into %x1[2] [7] [1] : tensor<7xf64> into tensor<9xf64>
  // CHECK: "nd.add_windows"(%{{.*}}, %[[E:.*]], %[[E]])
  // CHECK: tensor.insert %{{.*}}
  %y1 = tensor.insert %v into %y[%c3] : tensor<9xf64>
  %f = tensor.extract_slice %y1[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %g = tensor.extract_slice %x2[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  // CHECK: arith.addf
  %h = arith.addf %g, %f : tensor<7xf64>
  // CHECK: tensor.insert_slice
  %x3 = tensor.insert_slice %h into %x2[1] [7] [1] : tensor<7xf64> into tensor<9xf64>
  return %x3, %y1 : tensor<9xf64>, tensor<9xf64>
}

// A window of the array itself is read before the first link writes: that is no accumulation from elsewhere.
// CHECK-LABEL: func.func @own
// CHECK-NOT: nd.add_windows
func.func @own(%x: tensor<9xf64>) -> tensor<9xf64> {
  %e = tensor.extract_slice %x[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %a = tensor.extract_slice %x[0] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %b = arith.addf %a, %e : tensor<7xf64>
  %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<9xf64>
  %c = tensor.extract_slice %x1[2] [7] [1] : tensor<9xf64> to tensor<7xf64>
  %d = arith.addf %c, %e : tensor<7xf64>
  %x2 = tensor.insert_slice %d into %x1[2] [7] [1] : tensor<7xf64> into tensor<9xf64>
  return %x2 : tensor<9xf64>
}
