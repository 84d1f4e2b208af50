// A window that a loop only adds products to is one contraction; so is a sum of shifted windows, gathered first.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-sums)' | FileCheck %s

// CHECK-LABEL: func.func @rank_one
// CHECK-SAME: (%[[C:.*]]: tensor<6x?xf64>, %[[A:.*]]: tensor<6x5xf64>, %[[I:.*]]: index, %[[N:.*]]: index)
func.func @rank_one(%c: tensor<6x?xf64>, %a: tensor<6x5xf64>, %i: index, %n: index) -> tensor<6x?xf64> {
  // CHECK-NOT: scf.for
  // CHECK-DAG: %[[ROW:.*]] = tensor.extract_slice %[[A]][%[[I]], {{.*}}] [1, 4] [1, 1] : tensor<6x5xf64> to tensor<4xf64>
  // CHECK-DAG: %[[ROWS:.*]] = tensor.extract_slice %[[A]][0, {{.*}}] [%[[N]], 4] [1, 1] : tensor<6x5xf64> to tensor<?x4xf64>
  // CHECK: %[[Y:.*]] = "nd.dot_general"(%[[ROW]], %[[ROWS]]) {{.*}} lhs_contracting = array<i64: 0>, {{.*}} rhs_contracting = array<i64: 1>
  // CHECK: %[[OLD:.*]] = tensor.extract_slice %[[C]][%[[I]], 0]
  // CHECK: %[[NEW:.*]] = arith.subf %[[OLD]], %[[Y]]
  // CHECK: tensor.insert_slice %[[NEW]] into %[[C]][%[[I]], 0]
  %l1 = arith.constant 1 : i64
  %l5 = arith.constant 5 : i64
  %r = scf.for %k = %l1 to %l5 step %l1 iter_args(%x = %c) -> (tensor<6x?xf64>) : i64 {
    %p = arith.index_cast %k : i64 to index
    %s = tensor.extract %a[%i, %p] : tensor<6x5xf64>
    %full = "nd.full"(%s, %n) : (f64, index) -> tensor<?xf64>
    %column = tensor.extract_slice %a[0, %p] [%n, 1] [1, 1] : tensor<6x5xf64> to tensor<?xf64>
    %term = arith.mulf %full, %column : tensor<?xf64>
    %old = tensor.extract_slice %x[%i, 0] [1, %n] [1, 1] : tensor<6x?xf64> to tensor<?xf64>
    %new = arith.subf %old, %term : tensor<?xf64>
    %y = tensor.insert_slice %new into %x[%i, 0] [1, %n] [1, 1] : tensor<?xf64> into tensor<6x?xf64>
    scf.yield %y : tensor<6x?xf64>
  }
  return %r : tensor<6x?xf64>
}

// CHECK-LABEL: func.func @windows
// CHECK: %[[GATHERED:.*]] = scf.for {{.*}} -> (tensor<4x3x9xf64>)
// CHECK-NOT: dot_general
// CHECK: scf.yield
// CHECK: "nd.dot_general"(%[[GATHERED]], %{{.*}}) {{.*}} lhs_contracting = array<i64: 0, 1>, {{.*}} rhs_contracting = array<i64: 1, 2>
func.func @windows(%x: tensor<4x11xf64>, %w: tensor<8x4x3xf64>, %y: tensor<9x8xf64>) -> tensor<9x8xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k3 = arith.constant 3 : index
  %r = scf.for %k = %k0 to %k3 step %k1 iter_args(%s = %y) -> (tensor<9x8xf64>) {
    %a = tensor.extract_slice %x[0, %k] [4, 9] [1, 1] : tensor<4x11xf64> to tensor<4x9xf64>
    %b = tensor.extract_slice %w[0, 0, %k] [8, 4, 1] [1, 1, 1] : tensor<8x4x3xf64> to tensor<8x4xf64>
    %p = "nd.dot_general"(%a, %b) {lhs_contracting = array<i64: 0>, rhs_contracting = array<i64: 1>}
      : (tensor<4x9xf64>, tensor<8x4xf64>) -> tensor<9x8xf64>
    %t = arith.addf %s, %p : tensor<9x8xf64>
    scf.yield %t : tensor<9x8xf64>
  }
  return %r : tensor<9x8xf64>
}

// What is added up depends on the sum so far: a recurrence stays a loop.
// CHECK-LABEL: func.func @recurrence
// CHECK: scf.for
func.func @recurrence(%a: tensor<5xf64>, %c: tensor<4xf64>) -> tensor<4xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k5 = arith.constant 5 : index
  %r = scf.for %k = %k0 to %k5 step %k1 iter_args(%x = %c) -> (tensor<4xf64>) {
    %s = tensor.extract %a[%k] : tensor<5xf64>
    %full = "nd.full"(%s) : (f64) -> tensor<4xf64>
    %term = arith.mulf %full, %x : tensor<4xf64>
    %y = arith.addf %x, %term : tensor<4xf64>
    scf.yield %y : tensor<4xf64>
  }
  return %r : tensor<4xf64>
}
