// Nothing touches memory without elements, and an argument of that kind has no zero strides.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(empty-arrays)' | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: memref<0xf64>, %[[B:.*]]: memref<4x5xf64>, %[[OUT:.*]]: memref<f64>)
func.func @f(%a: memref<4x0xf64>, %b: memref<4x5xf64>, %out: memref<f64>) {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK-NOT: %[[A]]
  // CHECK-NOT: linalg.generic
  // CHECK: memref.store %[[ZERO]], %[[OUT]]
  // CHECK-NEXT: return
  %c0 = arith.constant 0 : index
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%a : memref<4x0xf64>) {
  ^bb0(%out_element: f64):
    linalg.yield %out_element : f64
  }
  %x = memref.load %a[%c0, %c0] : memref<4x0xf64>
  memref.store %x, %a[%c0, %c0] : memref<4x0xf64>
  memref.store %x, %out[] : memref<f64>
  return
}
