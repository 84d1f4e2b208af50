// A window that is read where it was just written is what was written; one that is put back is not written at all.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(simplify)' | FileCheck %s

// The transpose of a[i : i + 4] += x: clearing the window and adding what it had changes nothing.
// CHECK-LABEL: func.func @cleared_and_added
// CHECK-SAME: (%[[A:.*]]: tensor<9xf64>, %[[I:.*]]: index)
func.func @cleared_and_added(%a: tensor<9xf64>, %i: index) -> (tensor<9xf64>, tensor<4xf64>) {
  // CHECK-NEXT: %[[S:.*]] = tensor.extract_slice %[[A]][%[[I]]] [4] [1]
  // CHECK-NEXT: return %[[A]], %[[S]]
  %zero = arith.constant 0.0 : f64
  %s = tensor.extract_slice %a[%i] [4] [1] : tensor<9xf64> to tensor<4xf64>
  %z = "nd.full"(%zero) : (f64) -> tensor<4xf64>
  %c = tensor.insert_slice %z into %a[%i] [4] [1] : tensor<4xf64> into tensor<9xf64>
  %t = tensor.extract_slice %c[%i] [4] [1] : tensor<9xf64> to tensor<4xf64>
  %u = arith.addf %t, %s {nd.accumulate} : tensor<4xf64>
  %r = tensor.insert_slice %u into %c[%i] [4] [1] : tensor<4xf64> into tensor<9xf64>
  return %r, %s : tensor<9xf64>, tensor<4xf64>
}

// Another window, or another place: nothing is known.
// CHECK-LABEL: func.func @elsewhere
func.func @elsewhere(%a: tensor<9xf64>, %x: tensor<4xf64>, %i: index, %j: index) -> (tensor<9xf64>, tensor<4xf64>) {
  // CHECK-NEXT: %[[S:.*]] = tensor.extract_slice
  // CHECK-NEXT: %[[B:.*]] = tensor.insert_slice
  // CHECK-NEXT: %[[T:.*]] = tensor.extract_slice %[[B]]
  // CHECK-NEXT: %[[R:.*]] = tensor.insert_slice %[[S]] into %[[B]]
  // CHECK-NEXT: return %[[R]], %[[T]]
  %s = tensor.extract_slice %a[%i] [4] [1] : tensor<9xf64> to tensor<4xf64>
  %b = tensor.insert_slice %x into %a[%j] [4] [1] : tensor<4xf64> into tensor<9xf64>
  %t = tensor.extract_slice %b[%i] [4] [1] : tensor<9xf64> to tensor<4xf64>
  %r = tensor.insert_slice %s into %b[%i] [4] [1] : tensor<4xf64> into tensor<9xf64>
  return %r, %t : tensor<9xf64>, tensor<4xf64>
}

// The signs of zeros count where nothing is accumulated.
// CHECK-LABEL: func.func @sum
func.func @sum(%x: tensor<4xf64>) -> tensor<4xf64> {
  // CHECK: arith.addf
  %zero = arith.constant 0.0 : f64
  %z = "nd.full"(%zero) : (f64) -> tensor<4xf64>
  %u = arith.addf %z, %x : tensor<4xf64>
  return %u : tensor<4xf64>
}

// A constant offset is part of the window, and the first of n indices read backwards is 0.
// CHECK-LABEL: func.func @constant_offset
func.func @constant_offset(%a: tensor<9xf64>, %n: index) -> (tensor<?xf64>, tensor<?xf64>) {
  // CHECK-NEXT: %[[S:.*]] = tensor.extract_slice %{{.*}}[0] [%{{.*}}] [1]
  // CHECK-NEXT: return %[[S]], %[[S]]
  %c-1 = arith.constant -1 : index
  %m = arith.muli %n, %c-1 : index
  %o = arith.addi %n, %m : index
  %s = tensor.extract_slice %a[%o] [%n] [1] : tensor<9xf64> to tensor<?xf64>
  %t = tensor.extract_slice %a[0] [%n] [1] : tensor<9xf64> to tensor<?xf64>
  return %s, %t : tensor<?xf64>, tensor<?xf64>
}
