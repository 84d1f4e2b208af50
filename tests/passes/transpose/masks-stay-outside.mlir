// The cotangent of what a select has not chosen is no number to be multiplied: the mask moves behind the product, through
// the reshape it comes back as "is not zero, or the product is a number".  A cotangent with an unmasked contribution is multiplied as it is.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-transpose{function=f},diff-transpose{function=g},diff-transpose{function=h})' | FileCheck %s

func.func @f.lin(%c: tensor<4xi1>, %p: tensor<4xf64>, %dx: tensor<4xf64>) -> tensor<4xf64>
    attributes {diff.primals = 2, diff.wrt = array<i64>} {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<4xf64>
  %y = arith.mulf %dx, %p : tensor<4xf64>
  %z = arith.select %c, %y, %zeros : tensor<4xi1>, tensor<4xf64>
  return %z : tensor<4xf64>
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[C:.*]]: tensor<4xi1>, %[[P:.*]]: tensor<4xf64>, %[[CT:.*]]: tensor<4xf64>)
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[CT]], %[[P]]
// CHECK: %[[KEPT:.*]] = arith.select %[[C]], %[[PRODUCT]]
// CHECK: return %[[KEPT]]

func.func @g.lin(%c: tensor<2x2xi1>, %p: tensor<4xf64>, %dx: tensor<4xf64>) -> tensor<2x2xf64>
    attributes {diff.primals = 2, diff.wrt = array<i64>} {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<2x2xf64>
  %y = arith.mulf %dx, %p : tensor<4xf64>
  %w = "nd.reshape"(%y) : (tensor<4xf64>) -> tensor<2x2xf64>
  %z = arith.select %c, %zeros, %w : tensor<2x2xi1>, tensor<2x2xf64>
  return %z : tensor<2x2xf64>
}

// CHECK-LABEL: func.func private @g.rev
// CHECK: %[[FLAT:.*]] = "nd.reshape"
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[FLAT]]
// CHECK: %[[NONZERO:.*]] = arith.cmpf une, %[[FLAT]]
// CHECK: %[[NUMBER:.*]] = arith.cmpf ord, %[[PRODUCT]], %[[PRODUCT]]
// CHECK: %[[THERE:.*]] = arith.ori %[[NONZERO]], %[[NUMBER]]
// CHECK: arith.select %[[THERE]], %[[PRODUCT]]

func.func @h.lin(%c: tensor<4xi1>, %p: tensor<4xf64>, %dx: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
    attributes {diff.primals = 2, diff.wrt = array<i64>} {
  %zero = arith.constant 0.0 : f64
  %zeros = "nd.full"(%zero) : (f64) -> tensor<4xf64>
  %y = arith.mulf %dx, %p : tensor<4xf64>
  %z = arith.select %c, %y, %zeros : tensor<4xi1>, tensor<4xf64>
  return %y, %z : tensor<4xf64>, tensor<4xf64>
}

// CHECK-LABEL: func.func private @h.rev
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK-NEXT: %[[CT:.*]] = arith.mulf %[[SUM]]
// CHECK-NEXT: return %[[CT]]
