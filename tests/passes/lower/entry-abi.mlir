// Arguments, then results, then the error record; a result for an argument's memory has no parameter of its own.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(entry-abi)' | FileCheck %s
// RUN: wengert-opt %s --pass-pipeline='builtin.module(entry-abi{aliased})' | FileCheck %s --check-prefix=ALIASED

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: memref<4xf64> {{{.*}}llvm.noalias{{.*}}}, %[[B:.*]]: memref<4xf64> {{.*}}, %[[C:.*]]: i8,
// CHECK-SAME: %[[Y:.*]]: memref<4xf64> {{.*}}, %[[S:.*]]: memref<i8> {{.*}}, %[[ERR:.*]]: memref<4xi64> {{.*}}) {
// ALIASED: func.func @f(%[[A:.*]]: memref<4xf64> {llvm.nonnull, llvm.noundef}, %[[B:.*]]: memref<4xf64> {llvm.nonnull, llvm.noundef},
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>, %c: i1, %err: memref<4xi64>)
    -> (tensor<4xf64> {nd.into = 1 : i64}, tensor<4xf64>, i1) {
  // CHECK-DAG: %[[FLAG:.*]] = arith.trunci %[[C]] : i8 to i1
  // CHECK-DAG: %[[TA:.*]] = bufferization.to_tensor %[[A]] restrict : memref<4xf64>
  // CHECK-DAG: %[[TB:.*]] = bufferization.to_tensor %[[B]] restrict writable : memref<4xf64>
  // ALIASED-NOT: restrict writable : memref<4xf64> to tensor<4xf64>
  // CHECK: %[[K:.*]] = memref.load %[[ERR]]
  // Results of their own first: the one for an argument overwrites what another might read.
  // CHECK: bufferization.materialize_in_destination %[[TB]] in restrict writable %[[Y]]
  // CHECK: %[[BYTE:.*]] = arith.extui %[[FLAG]] : i1 to i8
  // CHECK: memref.store %[[BYTE]], %[[S]]
  // CHECK: bufferization.materialize_in_destination %[[TA]] in restrict writable %[[B]]
  // CHECK: return
  %c0 = arith.constant 0 : index
  %k = memref.load %err[%c0] : memref<4xi64>
  return %a, %b, %c : tensor<4xf64>, tensor<4xf64>, i1
}
