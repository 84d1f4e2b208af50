// An insert is transposed to extract and clear, an extract to an addition into the cotangent that is there; all in order,
// so that no array is made or copied.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-transpose{function=f})' | FileCheck %s

// b = a; b[i] = 2 a[j]
func.func @f.lin(%i: index, %j: index, %a: tensor<?xf64>) -> tensor<?xf64>
    attributes {diff.primals = 2, diff.wrt = array<i64>} {
  %two = arith.constant 2.0 : f64
  %x = tensor.extract %a[%j] : tensor<?xf64>
  %y = arith.mulf %x, %two : f64
  %b = tensor.insert %y into %a[%i] : tensor<?xf64>
  return %b : tensor<?xf64>
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[I:.*]]: index, %[[J:.*]]: index, %[[CT:.*]]: tensor<?xf64>) -> tensor<?xf64>
// CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
// CHECK-NEXT: %[[CY:.*]] = tensor.extract %[[CT]][%[[I]]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: %[[CLEARED:.*]] = tensor.insert %[[ZERO]] into %[[CT]][%[[I]]]
// CHECK-NEXT: %[[CX:.*]] = arith.mulf %[[CY]], %[[TWO]]
// CHECK-NEXT: %[[OLD:.*]] = tensor.extract %[[CLEARED]][%[[J]]]
// CHECK-NEXT: %[[NEW:.*]] = arith.addf %[[OLD]], %[[CX]]
// CHECK-NEXT: %[[CA:.*]] = tensor.insert %[[NEW]] into %[[CLEARED]][%[[J]]]
// CHECK-NEXT: return %[[CA]]
