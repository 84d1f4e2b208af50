// Contiguous copies stay (they become memcpy), strided ones become loops, copies onto themselves go; loops that move a whole
// array are marked.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(strided-copies)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: memref<4x4xf64>, %[[B:.*]]: memref<4x4xf64>, %{{.*}}: memref<4xf64>)
func.func @f(%a: memref<4x4xf64>, %b: memref<4x4xf64>, %c: memref<4xf64>) {
  // CHECK: memref.copy %[[A]], %[[B]]
  // CHECK: %[[COLUMN:.*]] = memref.subview %[[B]]
  // CHECK-NOT: memref.copy
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}) outs(%[[COLUMN]] {{[^)]*}}) {
  memref.copy %a, %b : memref<4x4xf64> to memref<4x4xf64>
  memref.copy %a, %a : memref<4x4xf64> to memref<4x4xf64>
  %from = memref.subview %a[0, 0] [4, 1] [1, 1] : memref<4x4xf64> to memref<4xf64, strided<[4]>>
  %to = memref.subview %b[0, 1] [4, 1] [1, 1] : memref<4x4xf64> to memref<4xf64, strided<[4], offset: 1>>
  memref.copy %from, %to : memref<4xf64, strided<[4]>> to memref<4xf64, strided<[4], offset: 1>>
  // CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<4xf64>) outs(%{{.*}} : {{[^)]*}}) attrs = {nd.copy}
  memref.copy %c, %to : memref<4xf64> to memref<4xf64, strided<[4], offset: 1>>
  return
}
