// Folds are exact: integers always, floats only where the bits are the same.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(simplify)' | FileCheck %s

// CHECK-LABEL: func.func @reversed_counter
// CHECK-SAME: (%[[N:.*]]: index, %[[I:.*]]: index)
// CHECK-NEXT: return %[[I]]
func.func @reversed_counter(%n: index, %i: index) -> index {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %last = arith.subi %n, %c1 : index
  %k = arith.subi %last, %i : index
  %j = arith.subi %last, %k : index
  %up = arith.addi %j, %c2 : index
  %down = arith.subi %up, %c1 : index
  %same = arith.subi %down, %c1 : index
  return %same : index
}

// CHECK-LABEL: func.func @floats
// CHECK-SAME: (%[[X:.*]]: f64, %[[A:.*]]: tensor<3xf64>)
func.func @floats(%x: f64, %a: tensor<3xf64>) -> (f64, f64, tensor<3xf64>, f64) {
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %third = arith.constant 3.0 : f64
  %ones = "nd.full"(%one) : (f64) -> tensor<3xf64>
  // CHECK: %[[SUM:.*]] = arith.addf %[[X]], %{{.*}} : f64
  %sum = arith.addf %x, %zero : f64
  %difference = arith.subf %x, %zero : f64
  %product = arith.mulf %difference, %one : f64
  %same = arith.mulf %a, %ones : tensor<3xf64>
  %quotient = arith.divf %one, %third : f64
  // CHECK: return %[[SUM]], %[[X]], %[[A]], %[[THIRD:.*]] :
  return %sum, %product, %same, %quotient : f64, f64, tensor<3xf64>, f64
}

// CHECK-LABEL: func.func @extents
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index)
// CHECK-NEXT: return %[[N]], %[[X]]
func.func @extents(%x: f64, %n: index) -> (index, f64) {
  %c0 = arith.constant 0 : index
  %f = "nd.full"(%x, %n) : (f64, index) -> tensor<?xf64>
  %s = math.sin %f : tensor<?xf64>
  %w = tensor.insert %x into %s[%c0] : tensor<?xf64>
  %d = tensor.dim %w, %c0 : tensor<?xf64>
  %e = tensor.extract %f[%c0] : tensor<?xf64>
  return %d, %e : index, f64
}

// A division that would trap is not evaluated at compile time.
// CHECK-LABEL: func.func @traps
// CHECK: arith.divsi
func.func @traps() -> i64 {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %q = arith.divsi %one, %zero : i64
  return %q : i64
}

// CHECK-LABEL: func.func @taken_branch
// CHECK-SAME: (%[[X:.*]]: f64)
// CHECK-NEXT: %[[Y:.*]] = math.sin %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @taken_branch(%x: f64) -> f64 {
  %true = arith.constant true
  %r = scf.if %true -> f64 {
    %y = math.sin %x : f64
    scf.yield %y : f64
  } else {
    scf.yield %x : f64
  }
  return %r : f64
}
