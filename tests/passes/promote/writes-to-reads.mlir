// A read of what was written becomes the value; a write that the next one overwrites goes.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(promote)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:[^ ,:)]+]]: tensor<9xf64>, %[[X:[^ ,:)]+]]: f64, %[[Y:[^ ,:)]+]]: f64, %[[I:[^ ,:)]+]]: index)
func.func @f(%a: tensor<9xf64>, %x: f64, %y: f64, %i: index) -> (tensor<9xf64>, f64) {
  %k1 = arith.constant 1 : index
  // CHECK: %[[NEXT:[^ ,:)]+]] = arith.addi
  %j = arith.addi %i, %k1 : index
  %k = arith.addi %k1, %i : index
  %b = tensor.insert %x into %a[%i] : tensor<9xf64>
  // CHECK-NEXT: %[[C:[^ ,:)]+]] = tensor.insert %[[X]] into %[[A]][%[[I]]]
  // CHECK-NEXT: %[[D:[^ ,:)]+]] = tensor.insert %[[Y]] into %[[C]][%[[NEXT]]]
  %c = tensor.insert %x into %b[%j] : tensor<9xf64>
  %d = tensor.insert %y into %c[%k] : tensor<9xf64>
  %p = tensor.extract %d[%i] : tensor<9xf64>
  // CHECK-NEXT: %[[S:[^ ,:)]+]] = arith.mulf %[[X]], %[[Y]]
  %q = tensor.extract %d[%j] : tensor<9xf64>
  %s = arith.mulf %p, %q : f64
  %back = tensor.extract %d[%k1] : tensor<9xf64>
  %e = tensor.insert %back into %d[%k1] : tensor<9xf64>
  // CHECK-NEXT: return %[[D]], %[[S]]
  return %e, %s : tensor<9xf64>, f64
}

// i and j may be the same element.
// CHECK-LABEL: func.func @unknown
// CHECK: %[[P:[^ ,:)]+]] = tensor.extract
// CHECK: return %[[P]]
func.func @unknown(%a: tensor<9xf64>, %x: f64, %y: f64, %i: index, %j: index) -> f64 {
  %b = tensor.insert %x into %a[%i] : tensor<9xf64>
  %c = tensor.insert %y into %b[%j] : tensor<9xf64>
  %p = tensor.extract %c[%i] : tensor<9xf64>
  return %p : f64
}
