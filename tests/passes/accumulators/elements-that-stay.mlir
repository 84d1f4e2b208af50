// What a loop adds to an element that stays the same is summed up in a number, if it does nothing else to the array.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(accumulators)' | FileCheck %s

// CHECK-LABEL: func.func @pairs
// CHECK-SAME: (%[[G:[^ ,:)]+]]: tensor<8xf64>
// CHECK: %[[R:[^ ,:)]+]]:2 = scf.for %[[J:[^ ,:)]+]] = {{.*}} iter_args(%[[A:[^ ,:)]+]] = %[[G]], %[[S:[^ ,:)]+]] = %{{.*}})
// CHECK-NEXT: %[[SUM:[^ ,:)]+]] = arith.addf %[[S]]
// CHECK-NEXT: %[[OLD:[^ ,:)]+]] = tensor.extract %[[A]][%[[J]]]
// CHECK-NEXT: %[[NEW:[^ ,:)]+]] = arith.subf %[[OLD]]
// CHECK-NEXT: %[[B:[^ ,:)]+]] = tensor.insert %[[NEW]] into %[[A]][%[[J]]]
// CHECK-NEXT: scf.yield %[[B]], %[[SUM]]
// CHECK: %[[BEFORE:[^ ,:)]+]] = tensor.extract %[[R]]#0
// CHECK-NEXT: %[[AFTER:[^ ,:)]+]] = arith.addf %[[BEFORE]], %[[R]]#1
// CHECK-NEXT: tensor.insert %[[AFTER]] into %[[R]]#0
func.func @pairs(%g: tensor<8xf64>, %i: index, %x: f64) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %j = %c0 to %c8 step %c1 iter_args(%a = %g) -> tensor<8xf64> {
    %p = tensor.extract %a[%i] : tensor<8xf64>
    %q = arith.addf %p, %x : f64
    %b = tensor.insert %q into %a[%i] : tensor<8xf64>
    %u = tensor.extract %b[%j] : tensor<8xf64>
    %v = arith.subf %u, %x : f64
    %c = tensor.insert %v into %b[%j] : tensor<8xf64>
    scf.yield %c : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// The element is used for something else as well: nothing changes.
// CHECK-LABEL: func.func @used
// CHECK-NOT: scf.for {{.*}} -> ({{.*}}, f64)
func.func @used(%g: tensor<8xf64>, %i: index) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %r = scf.for %j = %c0 to %c8 step %c1 iter_args(%a = %g) -> tensor<8xf64> {
    %p = tensor.extract %a[%i] : tensor<8xf64>
    %q = arith.addf %p, %p : f64
    %b = tensor.insert %q into %a[%i] : tensor<8xf64>
    %u = tensor.extract %b[%j] : tensor<8xf64>
    %v = arith.subf %u, %p : f64
    %c = tensor.insert %v into %b[%j] : tensor<8xf64>
    scf.yield %c : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}

// A loop that may not run, and an element that may not be there.
// CHECK-LABEL: func.func @outside
// CHECK-NOT: scf.for {{.*}} -> ({{.*}}, f64)
func.func @outside(%g: tensor<8xf64>, %i: index, %n: index, %x: f64) -> tensor<8xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %j = %c0 to %n step %c1 iter_args(%a = %g) -> tensor<8xf64> {
    %p = tensor.extract %a[%i] : tensor<8xf64>
    %q = arith.addf %p, %x : f64
    %b = tensor.insert %q into %a[%i] : tensor<8xf64>
    scf.yield %b : tensor<8xf64>
  }
  return %r : tensor<8xf64>
}
