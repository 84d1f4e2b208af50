// A loop carries back only what receives a cotangent: %b is carried forward, but no result depends on it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-transpose{function=f})' | FileCheck %s

func.func @f.lin(%n: index, %a: tensor<4xf64>, %b: tensor<4xf64>, %unused: tensor<2xf64>) -> tensor<4xf64>
    attributes {diff.primals = 1, diff.wrt = array<i64>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a, %v = %b) -> (tensor<4xf64>, tensor<4xf64>) {
    %x = tensor.extract %u[%i] : tensor<4xf64>
    %w = tensor.insert %x into %v[%i] : tensor<4xf64>
    %z = arith.negf %u : tensor<4xf64>
    scf.yield %z, %w : tensor<4xf64>, tensor<4xf64>
  }
  return %r#0 : tensor<4xf64>
}

// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: (%[[N:.*]]: index, %[[CT:.*]]: tensor<4xf64>)
// CHECK: %[[R:.*]] = scf.for {{.*}} iter_args(%[[CU:.*]] = %[[CT]]) -> (tensor<4xf64>) {
// CHECK-NOT: tensor.insert
// CHECK: %[[NEXT:.*]] = arith.negf %[[CU]]
// CHECK-NEXT: scf.yield %[[NEXT]]
// CHECK: %[[CB:.*]] = "nd.full"{{.*}} -> tensor<4xf64>
// CHECK: %[[CUNUSED:.*]] = "nd.full"{{.*}} -> tensor<2xf64>
// CHECK-NEXT: return %[[R]], %[[CB]], %[[CUNUSED]]
