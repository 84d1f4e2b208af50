// Elementwise ops, broadcasts and fills become one generic; what others need too is a second result of it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' | FileCheck %s

// CHECK-DAG: #[[$ROWS:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[$ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[A:.*]]: tensor<4x5xf64>, %[[B:.*]]: tensor<5xf64>, %[[S:.*]]: f64)
func.func @f(%a: tensor<4x5xf64>, %b: tensor<5xf64>, %s: f64) -> (tensor<4x5xf64>, tensor<4x5xf64>) {
  // CHECK: %[[Y0:.*]] = bufferization.alloc_tensor() : tensor<4x5xf64>
  // CHECK: %[[Z0:.*]] = bufferization.alloc_tensor() : tensor<4x5xf64>
  // CHECK: %[[R:.*]]:2 = linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROWS]], #[[$ALL]], #[[$ALL]]], iterator_types = ["parallel", "parallel"]}
  // CHECK-SAME: ins(%[[A]], %[[B]] : {{.*}}) outs(%[[Y0]], %[[Z0]] : {{.*}})
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f64, %[[W:.*]]: f64, %{{.*}}: f64, %{{.*}}: f64):
  // CHECK-NEXT: %[[P:.*]] = arith.mulf %[[X]], %[[W]] : f64
  // CHECK-NEXT: %[[Q:.*]] = arith.addf %[[P]], %[[S]] : f64
  // CHECK-NEXT: %[[E:.*]] = math.exp %[[Q]] : f64
  // CHECK-NEXT: linalg.yield %[[P]], %[[E]]
  // CHECK-NOT: linalg.generic
  // CHECK: return %[[R]]#0, %[[R]]#1
  %rows = "nd.broadcast"(%b) {dimensions = array<i64: 1>} : (tensor<5xf64>) -> tensor<4x5xf64>
  %ss = "nd.full"(%s) : (f64) -> tensor<4x5xf64>
  %p = arith.mulf %a, %rows : tensor<4x5xf64>
  %q = arith.addf %p, %ss : tensor<4x5xf64>
  %e = math.exp %q : tensor<4x5xf64>
  return %p, %e : tensor<4x5xf64>, tensor<4x5xf64>
}
