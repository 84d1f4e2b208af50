// A large product is a marked generic, then a call: C = A B' with B transposed by a flag (T = 84, N = 78), not by a copy.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s --check-prefix=MARKED
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors,bufferize,blas-calls,canonicalize)' | FileCheck %s

// MARKED-LABEL: func.func @large
// MARKED: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]}
// MARKED-SAME: attrs = {nd.blas = 1.000000e+00 : f64}
// CHECK-LABEL: func.func @large
// CHECK-SAME: (%[[A:.*]]: memref<30x40xf64>, %[[B:.*]]: memref<50x40xf64>)
func.func @large(%a: tensor<30x40xf64>, %b: tensor<50x40xf64>) -> tensor<30x50xf64> {
  // CHECK-DAG: %[[N:.*]] = arith.constant 78 : i8
  // CHECK-DAG: %[[T:.*]] = arith.constant 84 : i8
  // CHECK-DAG: %[[I30:.*]] = arith.constant 30 : i64
  // CHECK-DAG: %[[I40:.*]] = arith.constant 40 : i64
  // CHECK-DAG: %[[I50:.*]] = arith.constant 50 : i64
  // CHECK: call @wengert.gemm.f64(%[[T]], %[[N]], %[[I50]], %[[I30]], %[[I40]], %{{.*}}, %[[I40]], %{{.*}}, %[[I40]], %{{.*}}, %[[I50]])
  %y = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 1>}
    : (tensor<30x40xf64>, tensor<50x40xf64>) -> tensor<30x50xf64>
  return %y : tensor<30x50xf64>
}

// MARKED-LABEL: func.func @small
// CHECK-LABEL: func.func @small
func.func @small(%a: tensor<3x4xf64>, %b: tensor<4x5xf64>) -> tensor<3x5xf64> {
  // MARKED-NOT: nd.blas
  // CHECK-NOT: call
  %y = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 1>, rhs_contracting = array<i64: 0>}
    : (tensor<3x4xf64>, tensor<4x5xf64>) -> tensor<3x5xf64>
  return %y : tensor<3x5xf64>
}

// CHECK: llvm.func @wengert_blas_dgemm(
// CHECK: func.func private @wengert.gemm.f64(
// CHECK: llvm.call @wengert_blas_dgemm(
