// An integer that grows evenly is a function of the counter, inside of the loop and after it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(inductions)' | FileCheck %s

// CHECK-LABEL: func.func @position
// CHECK-SAME: (%[[A:.*]]: tensor<9xf64>, %[[N:.*]]: index, %[[P:.*]]: index, %[[C:.*]]: index)
func.func @position(%a: tensor<9xf64>, %n: index, %p0: index, %c: index) -> (f64, index) {
  %k1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[TRIPS:.*]] = arith.maxsi
  // CHECK: %[[TOTAL:.*]] = arith.muli %[[TRIPS]], %[[C]]
  // CHECK: %[[AFTER:.*]] = arith.addi %[[P]], %[[TOTAL]]
  // CHECK: %[[S:.*]] = scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%{{[^ ]+}} = %{{[^ ]+}}) -> (f64)
  %s, %p = scf.for %i = %k1 to %n step %k1 iter_args(%t = %zero, %q = %p0) -> (f64, index) {
    // CHECK: %[[K:.*]] = arith.subi %[[I]]
    // CHECK: %[[GROWN:.*]] = arith.muli %[[K]], %[[C]]
    // CHECK: %[[Q:.*]] = arith.addi %[[P]], %[[GROWN]]
    // CHECK: tensor.extract %[[A]][%[[Q]]]
    %e = tensor.extract %a[%q] : tensor<9xf64>
    %u = arith.addf %t, %e : f64
    %next = arith.addi %q, %c : index
    scf.yield %u, %next : f64, index
  }
  // CHECK: return %[[S]], %[[AFTER]]
  return %s, %p : f64, index
}

// One that grows by what the loop computes stays.
// CHECK-LABEL: func.func @uneven
func.func @uneven(%n: index) -> index {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  // CHECK: %[[R:.*]] = scf.for
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%q = %k0) -> (index) {
    %next = arith.addi %q, %i : index
    scf.yield %next : index
  }
  // CHECK: return %[[R]]
  return %r : index
}
