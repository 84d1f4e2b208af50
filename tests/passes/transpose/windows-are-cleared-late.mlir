// The window that insert_slice overwrites is cleared only when the cotangent of the array is asked for: the reader of the
// window comes first. What is read from a window is accumulated into it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-transpose{function=f})' | FileCheck %s

func.func @f.lin(%a: tensor<6xf64>, %s: tensor<2xf64>) -> tensor<6xf64>
    attributes {diff.primals = 0, diff.wrt = array<i64>} {
  %w = tensor.extract_slice %a[0] [2] [1] : tensor<6xf64> to tensor<2xf64>
  %n = arith.negf %s : tensor<2xf64>
  %v = arith.addf %w, %n : tensor<2xf64>
  %b = tensor.insert_slice %v into %a[1] [2] [1] : tensor<2xf64> into tensor<6xf64>
  return %b : tensor<6xf64>
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[CT:.*]]: tensor<6xf64>)
// CHECK-NEXT: %[[CV:.*]] = tensor.extract_slice %[[CT]][1] [2] [1]
// CHECK-NEXT: %[[CS:.*]] = arith.negf %[[CV]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: %[[ZEROS:.*]] = "nd.full"(%[[ZERO]]) : (f64) -> tensor<2xf64>
// CHECK-NEXT: %[[CLEARED:.*]] = tensor.insert_slice %[[ZEROS]] into %[[CT]][1] [2] [1]
// CHECK-NEXT: %[[WINDOW:.*]] = tensor.extract_slice %[[CLEARED]][0] [2] [1]
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[WINDOW]], %[[CV]] {nd.accumulate}
// CHECK-NEXT: %[[CA:.*]] = tensor.insert_slice %[[SUM]] into %[[CLEARED]][0] [2] [1]
// CHECK-NEXT: return %[[CA]], %[[CS]]
