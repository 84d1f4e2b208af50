// Row i of A times the first i + 1 columns of B, for each i: the product of A and B before the loop, rows of it inside.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(hoist-products)' | FileCheck %s

// CHECK-LABEL: func.func @triangle
// CHECK-SAME: (%[[A:.*]]: tensor<6x5xf64>, %[[B:.*]]: tensor<5x6xf64>, %{{.*}}: tensor<6x6xf64>)
func.func @triangle(%a: tensor<6x5xf64>, %b: tensor<5x6xf64>, %c: tensor<6x6xf64>) -> tensor<6x6xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k6 = arith.constant 6 : index
  // CHECK: %[[G:.*]] = "nd.dot_general"(%[[A]], %[[B]]) {{.*}} -> tensor<6x6xf64>
  // CHECK: scf.for %[[I:[^ ]+]] =
  // CHECK-NOT: dot_general
  // CHECK: tensor.extract_slice %[[G]][%[[I]], 0] [1, %{{.*}}] [1, 1] : tensor<6x6xf64> to tensor<?xf64>
  %r = scf.for %i = %k0 to %k6 step %k1 iter_args(%x = %c) -> (tensor<6x6xf64>) {
    %n = arith.addi %i, %k1 : index
    %row = tensor.extract_slice %a[%i, 0] [1, 5] [1, 1] : tensor<6x5xf64> to tensor<5xf64>
    %columns = tensor.extract_slice %b[0, 0] [5, %n] [1, 1] : tensor<5x6xf64> to tensor<5x?xf64>
    %y = "nd.dot_general"(%row, %columns) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 0>}
      : (tensor<5xf64>, tensor<5x?xf64>) -> tensor<?xf64>
    %z = tensor.insert_slice %y into %x[%i, 0] [1, %n] [1, 1] : tensor<?xf64> into tensor<6x6xf64>
    scf.yield %z : tensor<6x6xf64>
  }
  return %r : tensor<6x6xf64>
}

// The summed dimension depends on the loop, or few of the rows are taken: both stay.
// CHECK-LABEL: func.func @stays
// CHECK: scf.for
// CHECK: dot_general
// CHECK: scf.for
// CHECK: dot_general
func.func @stays(%a: tensor<6x6xf64>, %b: tensor<6xf64>, %c: tensor<6xf64>) -> tensor<6xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k2 = arith.constant 2 : index
  %k6 = arith.constant 6 : index
  %r = scf.for %i = %k0 to %k6 step %k1 iter_args(%x = %c) -> (tensor<6xf64>) {
    %row = tensor.extract_slice %a[%i, 0] [1, %i] [1, 1] : tensor<6x6xf64> to tensor<?xf64>
    %part = tensor.extract_slice %b[0] [%i] [1] : tensor<6xf64> to tensor<?xf64>
    %y = "nd.dot_general"(%row, %part) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 0>}
      : (tensor<?xf64>, tensor<?xf64>) -> f64
    %z = tensor.insert %y into %x[%i] : tensor<6xf64>
    scf.yield %z : tensor<6xf64>
  }
  %s = scf.for %i = %k0 to %k2 step %k1 iter_args(%x = %r) -> (tensor<6xf64>) {
    %row = tensor.extract_slice %a[%i, 0] [1, 6] [1, 1] : tensor<6x6xf64> to tensor<6xf64>
    %y = "nd.dot_general"(%row, %b) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 0>}
      : (tensor<6xf64>, tensor<6xf64>) -> f64
    %z = tensor.insert %y into %x[%i] : tensor<6xf64>
    scf.yield %z : tensor<6xf64>
  }
  return %s : tensor<6xf64>
}
