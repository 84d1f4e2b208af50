// The transpose of a scalar stencil: it reads and clears y, and adds to x at two places.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(raise-nests)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: tensor<9xf64>, %[[Y:.*]]: tensor<9xf64>)
// CHECK-NOT: scf.for
// CHECK: %[[T:.*]] = tensor.extract_slice %[[Y]][1] [7] [1]
// CHECK: %[[E:.*]] = arith.mulf %[[T]],
// The loop counts down: what comes from the right is added first.
// CHECK: %[[A:.*]] = tensor.extract_slice %[[X]][0] [7] [1]
// CHECK: %[[B:.*]] = arith.addf %[[A]], %[[E]] {nd.accumulate}
// CHECK: %[[X1:.*]] = tensor.insert_slice %[[B]] into %[[X]][0] [7] [1]
// CHECK: tensor.insert_slice %{{.*}} into %[[X1]][2] [7] [1]
// CHECK: tensor.insert_slice %{{.*}} into %[[Y]][1] [7] [1]
func.func @f(%x: tensor<9xf64>, %y: tensor<9xf64>) -> (tensor<9xf64>, tensor<9xf64>) {
  %zero = arith.constant 0.0 : f64
  %half = arith.constant 0.5 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %c7 = arith.constant 7 : index
  %r:2 = scf.for %k = %c0 to %c7 step %c1 iter_args(%u = %x, %v = %y) -> (tensor<9xf64>, tensor<9xf64>) {
    %i = arith.subi %c6, %k : index
    %j = arith.addi %i, %c1 : index
    %l = arith.addi %i, %c2 : index
    %t = tensor.extract %v[%j] : tensor<9xf64>
    %v1 = tensor.insert %zero into %v[%j] : tensor<9xf64>
    %e = arith.mulf %t, %half : f64
    %a = tensor.extract %u[%l] : tensor<9xf64>
    %b = arith.addf %a, %e fastmath<nsz> : f64
    %u1 = tensor.insert %b into %u[%l] : tensor<9xf64>
    %c = tensor.extract %u1[%i] : tensor<9xf64>
    %d = arith.addf %c, %e fastmath<nsz> : f64
    %u2 = tensor.insert %d into %u1[%i] : tensor<9xf64>
    scf.yield %u2, %v1 : tensor<9xf64>, tensor<9xf64>
  }
  return %r#0, %r#1 : tensor<9xf64>, tensor<9xf64>
}

// What is added is read from the array that is added to: the order of iterations matters.
// CHECK-LABEL: func.func @sequential
// CHECK: scf.for
func.func @sequential(%x: tensor<9xf64>) -> tensor<9xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %r = scf.for %i = %c0 to %c7 step %c1 iter_args(%u = %x) -> (tensor<9xf64>) {
    %j = arith.addi %i, %c1 : index
    %t = tensor.extract %u[%j] : tensor<9xf64>
    %a = tensor.extract %u[%i] : tensor<9xf64>
    %b = arith.addf %a, %t : f64
    %u1 = tensor.insert %b into %u[%i] : tensor<9xf64>
    %c = tensor.extract %u1[%i] : tensor<9xf64>
    %d = arith.addf %c, %t : f64
    %u2 = tensor.insert %d into %u1[%i] : tensor<9xf64>
    scf.yield %u2 : tensor<9xf64>
  }
  return %r : tensor<9xf64>
}
