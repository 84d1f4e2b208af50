// Masks take the way of the values: unions where floats meet, moves where they move; floats themselves are gone.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-dependencies{function=f wrt=0},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.dependencies
// CHECK-SAME: (%{{.*}}: tensor<6xf64>, %[[P:.*]]: tensor<6xi64>, %[[N:.*]]: i64, %[[M:.*]]: tensor<6xi64>) -> (tensor<6xi64>, i64)
func.func @f(%x: tensor<6xf64>, %p: tensor<6xi64>, %n: i64) -> (tensor<6xf64>, f64) {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[NONE:.*]] = arith.constant 0 : i64
  // CHECK: %[[R0:.*]] = "nd.full"(%[[NONE]])
  %r0 = "nd.full"(%zero) : (f64) -> tensor<6xf64>
  // CHECK-NOT: f64>
  // CHECK: scf.for %[[I:.*]] = {{.*}} to %[[N]] {{.*}} iter_args(%[[R:.*]] = %[[R0]], %[[S:.*]] = %[[NONE]]) -> (tensor<6xi64>, i64)
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%r = %r0, %s = %zero) -> (tensor<6xf64>, f64) : i64 {
    // CHECK-NEXT: %[[K:.*]] = arith.index_cast %[[I]]
    %k = arith.index_cast %i : i64 to index
    // CHECK-NEXT: %[[J:.*]] = tensor.extract %[[P]][%[[K]]]
    // CHECK-NEXT: %[[JJ:.*]] = arith.index_cast %[[J]]
    %j = tensor.extract %p[%k] : tensor<6xi64>
    %jj = arith.index_cast %j : i64 to index
    // CHECK-NEXT: %[[V:.*]] = tensor.extract %[[M]][%[[JJ]]] : tensor<6xi64>
    %v = tensor.extract %x[%jj] : tensor<6xf64>
    %w = math.sin %v : f64
    // CHECK-NEXT: %[[T:.*]] = arith.ori %[[V]], %[[S]]
    %t = arith.addf %w, %s : f64
    // CHECK-NEXT: %[[R2:.*]] = tensor.insert %[[V]] into %[[R]][%[[K]]]
    %r2 = tensor.insert %w into %r[%k] : tensor<6xf64>
    // CHECK-NEXT: scf.yield %[[R2]], %[[T]]
    scf.yield %r2, %t : tensor<6xf64>, f64
  }
  return %r#0, %r#1 : tensor<6xf64>, f64
}
