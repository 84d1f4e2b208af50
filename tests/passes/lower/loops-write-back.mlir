// What a loop yields ends in the memory of what it carries; values that trade places are copied before they are lost.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-dps)' | FileCheck %s

// CHECK-LABEL: func.func @fresh
func.func @fresh(%a: tensor<8xf64>, %n: index) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for {{.*}} iter_args(%[[U:.*]] = %{{.*}})
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a) -> (tensor<8xf64>) {
    // CHECK: %[[F:.*]] = bufferization.alloc_tensor
    %f = bufferization.alloc_tensor() : tensor<8xf64>
    // CHECK: %[[BACK:.*]] = tensor.insert_slice %[[F]] into %[[U]][0] [8] [1]
    // CHECK-NEXT: scf.yield %[[BACK]]
    scf.yield %f : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// CHECK-LABEL: func.func @in_place_already
func.func @in_place_already(%a: tensor<8xf64>, %x: f64, %n: index) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK-NOT: insert_slice
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a) -> (tensor<8xf64>) {
    %inner = scf.for %j = %c0 to %i step %c1 iter_args(%v = %u) -> (tensor<8xf64>) {
      %w = tensor.insert %x into %v[%j] : tensor<8xf64>
      scf.yield %w : tensor<8xf64>
    }
    scf.yield %inner : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// CHECK-LABEL: func.func @trade_places
func.func @trade_places(%a: tensor<8xf64>, %b: tensor<8xf64>, %n: index) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for {{.*}} iter_args(%[[U:.*]] = %{{.*}}, %[[V:.*]] = %{{.*}})
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %v = %b) -> (tensor<8xf64>, tensor<8xf64>) {
    // CHECK-NEXT: %[[KEPT:.*]] = bufferization.alloc_tensor() copy(%[[U]])
    // CHECK-NEXT: %[[U1:.*]] = tensor.insert_slice %[[V]] into %[[U]]
    // CHECK-NEXT: %[[V1:.*]] = tensor.insert_slice %[[KEPT]] into %[[V]]
    // CHECK-NEXT: scf.yield %[[U1]], %[[V1]]
    scf.yield %v, %u : tensor<8xf64>, tensor<8xf64>
  }
  return %r#0 : tensor<8xf64>
}

// CHECK-LABEL: func.func @branches
// CHECK-SAME: (%[[C:.*]]: i1, %[[A:.*]]: tensor<8xf64>, %[[B:.*]]: tensor<8xf64>)
func.func @branches(%c: i1, %a: tensor<8xf64>, %b: tensor<8xf64>) -> tensor<8xf64> {
  // CHECK: %[[NEW:.*]] = bufferization.alloc_tensor() : tensor<8xf64>
  // CHECK: scf.if %[[C]]
  %r = scf.if %c -> (tensor<8xf64>) {
    // CHECK-NEXT: %[[L:.*]] = tensor.insert_slice %[[A]] into %[[NEW]]
    // CHECK-NEXT: scf.yield %[[L]]
    scf.yield %a : tensor<8xf64>
  } else {
    // CHECK: %[[R:.*]] = tensor.insert_slice %[[B]] into %[[NEW]]
    // CHECK-NEXT: scf.yield %[[R]]
    scf.yield %b : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// CHECK-LABEL: func.func @write_outwards
func.func @write_outwards(%a: tensor<8xf64>, %x: f64, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%{{.*}})
    // CHECK-NEXT: tensor.insert %{{.*}} into %[[COPY]]
    %b = tensor.insert %x into %a[%i] : tensor<8xf64>
  }
  return
}
