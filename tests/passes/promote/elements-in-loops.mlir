// An element that a loop reads and writes at an invariant index is carried as a number, when that is provably safe.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(promote)' | FileCheck %s

// CHECK-LABEL: func.func @sum_into
// CHECK-SAME: (%[[A:[^ ,:)]+]]: tensor<4xf64>, %[[B:[^ ,:)]+]]: tensor<8xf64>)
func.func @sum_into(%a: tensor<4xf64>, %b: tensor<8xf64>) -> tensor<4xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k4 = arith.constant 4 : index
  %k8 = arith.constant 8 : index
  // CHECK: scf.for %[[I:[^ ,:)]+]] = {{.*}} iter_args(%[[C:[^ ,:)]+]] = %[[A]])
  %r = scf.for %i = %k0 to %k4 step %k1 iter_args(%c = %a) -> tensor<4xf64> {
    // CHECK-NEXT: %[[LOADED:[^ ,:)]+]] = tensor.extract %[[C]][%[[I]]]
    // CHECK-NEXT: %[[SUM:[^ ,:)]+]] = scf.for {{.*}} iter_args(%[[S:[^ ,:)]+]] = %[[LOADED]]) -> (f64)
    // CHECK-NEXT: tensor.extract %[[B]]
    // CHECK-NEXT: %[[NEXT:[^ ,:)]+]] = arith.addf %[[S]],
    // CHECK-NEXT: scf.yield %[[NEXT]]
    %s = scf.for %j = %k0 to %k8 step %k1 iter_args(%d = %c) -> tensor<4xf64> {
      %old = tensor.extract %d[%i] : tensor<4xf64>
      %x = tensor.extract %b[%j] : tensor<8xf64>
      %new = arith.addf %old, %x : f64
      %e = tensor.insert %new into %d[%i] : tensor<4xf64>
      scf.yield %e : tensor<4xf64>
    }
    // CHECK: tensor.insert %[[SUM]] into %[[C]][%[[I]]]
    scf.yield %s : tensor<4xf64>
  }
  return %r : tensor<4xf64>
}

// The other element is read at i - 1 - j, never i: it is read from the array as it was.
// CHECK-LABEL: func.func @reads_others
// CHECK: scf.for %{{.*}} iter_args(%[[C:[^ ,:)]+]] =
// CHECK: iter_args(%{{.*}}) -> (f64)
// CHECK: tensor.extract %[[C]]
func.func @reads_others(%a: tensor<9xf64>) -> tensor<9xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k9 = arith.constant 9 : index
  %r = scf.for %i = %k0 to %k9 step %k1 iter_args(%c = %a) -> tensor<9xf64> {
    %last = arith.subi %i, %k1 : index
    %s = scf.for %j = %k0 to %i step %k1 iter_args(%d = %c) -> tensor<9xf64> {
      %k = arith.subi %last, %j : index
      %old = tensor.extract %d[%i] : tensor<9xf64>
      %x = tensor.extract %d[%k] : tensor<9xf64>
      %new = arith.mulf %old, %x : f64
      %e = tensor.insert %new into %d[%i] : tensor<9xf64>
      scf.yield %e : tensor<9xf64>
    }
    scf.yield %s : tensor<9xf64>
  }
  return %r : tensor<9xf64>
}

// j may be i: nothing changes.
// CHECK-LABEL: func.func @may_alias
// CHECK-NOT: -> (f64) {
// CHECK: return
func.func @may_alias(%a: tensor<9xf64>) -> tensor<9xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k9 = arith.constant 9 : index
  %r = scf.for %i = %k0 to %k9 step %k1 iter_args(%c = %a) -> tensor<9xf64> {
    %s = scf.for %j = %k0 to %k9 step %k1 iter_args(%d = %c) -> tensor<9xf64> {
      %old = tensor.extract %d[%i] : tensor<9xf64>
      %x = tensor.extract %d[%j] : tensor<9xf64>
      %new = arith.mulf %old, %x : f64
      %e = tensor.insert %new into %d[%i] : tensor<9xf64>
      scf.yield %e : tensor<9xf64>
    }
    scf.yield %s : tensor<9xf64>
  }
  return %r : tensor<9xf64>
}

// The loop may be empty, and then i need not be an element: loading it before the loop could fail.
// CHECK-LABEL: func.func @may_be_outside
// CHECK-NOT: -> (f64) {
// CHECK: return
func.func @may_be_outside(%a: tensor<9xf64>, %i: index, %n: index) -> tensor<9xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %s = scf.for %j = %k0 to %n step %k1 iter_args(%d = %a) -> tensor<9xf64> {
    %old = tensor.extract %d[%i] : tensor<9xf64>
    %new = math.sin %old : f64
    %e = tensor.insert %new into %d[%i] : tensor<9xf64>
    scf.yield %e : tensor<9xf64>
  }
  return %s : tensor<9xf64>
}

// A clamped index is always inside.
// CHECK-LABEL: func.func @clamped
// CHECK: -> (f64) {
func.func @clamped(%a: tensor<9xf64>, %i: index, %n: index) -> tensor<9xf64> {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  %low = arith.maxsi %i, %k0 : index
  %k = arith.minsi %low, %k8 : index
  %s = scf.for %j = %k0 to %n step %k1 iter_args(%d = %a) -> tensor<9xf64> {
    %old = tensor.extract %d[%k] : tensor<9xf64>
    %new = math.sin %old : f64
    %e = tensor.insert %new into %d[%k] : tensor<9xf64>
    scf.yield %e : tensor<9xf64>
  }
  return %s : tensor<9xf64>
}
