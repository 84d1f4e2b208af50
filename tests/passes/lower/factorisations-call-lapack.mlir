// A factorisation is a marked generic, then a call for each matrix of the stack; the matrix is copied once, into the
// memory that LAPACK overwrites, and a solution is computed in the memory of the result.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s --check-prefix=MARKED
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors,bufferize,lapack-calls,canonicalize)' | FileCheck %s

// MARKED-LABEL: func.func @solve
// MARKED: attrs = {nd.lapack = "lu"}
// MARKED: attrs = {nd.lapack = "lu_solve.transposed"}
// CHECK-LABEL: func.func @solve
func.func @solve(%a: tensor<7x30x30xf64>, %b: tensor<7x30x4xf64>) -> tensor<7x30x4xf64> {
  // CHECK-DAG: %[[SEVEN:.*]] = arith.constant 7 : index
  // CHECK-DAG: %[[N:.*]] = arith.constant 30 : i64
  // CHECK-DAG: %[[K:.*]] = arith.constant 4 : i64
  // CHECK: scf.for %{{.*}} to %[[SEVEN]]
  // CHECK: call @wengert.lu.f64(%[[N]], %[[N]], %{{.*}}, %[[N]], %{{.*}})
  // CHECK: scf.for %{{.*}} to %[[SEVEN]]
  // CHECK: call @wengert.lu_solve.transposed.f64(%[[N]], %[[N]], %[[K]], %{{.*}}, %[[N]], %{{.*}}, %{{.*}}, %[[K]])
  %lu, %p = "nd.lu"(%a) : (tensor<7x30x30xf64>) -> (tensor<7x30x30xf64>, tensor<7x30xi64>)
  %x = "nd.lu_solve"(%lu, %p, %b) {transposed = true}
    : (tensor<7x30x30xf64>, tensor<7x30xi64>, tensor<7x30x4xf64>) -> tensor<7x30x4xf64>
  return %x : tensor<7x30x4xf64>
}

// Memory whose rows are not contiguous is copied there and back.
// CHECK-LABEL: func.func @column
func.func @column(%a: tensor<5x5xf64>, %b: tensor<5xf64>, %c: tensor<5x3xf64>) -> tensor<5x3xf64> {
  // CHECK: call @wengert.triangular_solve.lower.vector.f64
  %x = "nd.triangular_solve"(%a, %b) {lower = true, transposed = false, unit_diagonal = false}
    : (tensor<5x5xf64>, tensor<5xf64>) -> tensor<5xf64>
  %y = tensor.insert_slice %x into %c[0, 1] [5, 1] [1, 1] : tensor<5xf64> into tensor<5x3xf64>
  return %y : tensor<5x3xf64>
}

// CHECK-LABEL: func.func private @wengert.lu.f64
// CHECK: llvm.call @wengert_lapack_dgetrf
// CHECK-LABEL: func.func private @wengert.lu_solve.transposed.f64
// CHECK: llvm.call @wengert_blas_dtrsm
// CHECK: llvm.call @wengert_blas_dtrsm
// CHECK-LABEL: func.func private @wengert.triangular_solve.lower.vector.f64
// CHECK: llvm.call @wengert_blas_dtrsv
