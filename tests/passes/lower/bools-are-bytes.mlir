// Where a tensor of i1 is in memory it holds i8: arguments, results, what loops carry; elements are i1 in between.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: tensor<4xi8>, %[[X:.*]]: tensor<4xf64>, %[[N:.*]]: index) -> (tensor<4xi8>, i1)
// CHECK-NOT: xi1>
func.func @f(%a: tensor<4xi1>, %x: tensor<4xf64>, %n: index) -> (tensor<4xi1>, i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %true = arith.constant true
  // CHECK: scf.for {{.*}} iter_args(%[[U:.*]] = %[[A]]) -> (tensor<4xi8>)
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a) -> (tensor<4xi1>) {
    // CHECK: ^bb0(%[[L:.*]]: f64, %[[R:.*]]: i8, %{{.*}}: i8):
    // CHECK-NEXT: %[[P:.*]] = arith.cmpf ogt, %[[L]], %[[L]]
    // CHECK-NEXT: %[[Q:.*]] = arith.trunci %[[R]] : i8 to i1
    // CHECK: %[[S:.*]] = arith.andi %[[P]], %[[Q]] : i1
    // CHECK: %[[T:.*]] = arith.extui %[[S]] : i1 to i8
    // CHECK: linalg.yield %[[T]] : i8
    %p = arith.cmpf ogt, %x, %x : tensor<4xf64>
    %q = arith.andi %p, %u : tensor<4xi1>
    // CHECK: %[[ONE:.*]] = arith.extui %{{.*}} : i1 to i8
    // CHECK: tensor.insert %[[ONE]] into %{{.*}} : tensor<4xi8>
    %w = tensor.insert %true into %q[%i] : tensor<4xi1>
    scf.yield %w : tensor<4xi1>
  }
  // CHECK: %[[BYTE:.*]] = tensor.extract %{{.*}} : tensor<4xi8>
  // CHECK: arith.trunci %[[BYTE]] : i8 to i1
  %e = tensor.extract %r[%c1] : tensor<4xi1>
  return %r, %e : tensor<4xi1>, i1
}
