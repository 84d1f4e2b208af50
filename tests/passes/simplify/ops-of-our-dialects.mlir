// Operations of nd and diff are removed and merged by their records; checks, memory and unknown ops stay as they are.
// RUN: wengert-opt %s --allow-unregistered-dialect --pass-pipeline='builtin.module(simplify)' | FileCheck %s

// CHECK-LABEL: func.func @merge
// CHECK-SAME: (%[[A:.*]]: tensor<3xf64>)
func.func @merge(%a: tensor<3xf64>) -> tensor<3xf64> {
  // CHECK-NEXT: %[[R:.*]] = "nd.reverse"(%[[A]])
  // CHECK-NEXT: %[[S:.*]] = "diff.stop_gradient"(%[[R]])
  // CHECK-NEXT: arith.addf %[[S]], %[[S]]
  %dead = "nd.transpose"(%a) {permutation = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  %r1 = "nd.reverse"(%a) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  %r2 = "nd.reverse"(%a) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  %s1 = "diff.stop_gradient"(%r1) : (tensor<3xf64>) -> tensor<3xf64>
  %s2 = "diff.stop_gradient"(%r2) : (tensor<3xf64>) -> tensor<3xf64>
  %sum = arith.addf %s1, %s2 : tensor<3xf64>
  return %sum : tensor<3xf64>
}

// CHECK-LABEL: func.func @effects
// CHECK-COUNT-2: "nd.check"
// CHECK: "foreign.op"
func.func @effects(%ok: i1, %a: i64) {
  "nd.check"(%ok, %a, %a) {kind = "IndexError", message = "out"} : (i1, i64, i64) -> ()
  "nd.check"(%ok, %a, %a) {kind = "IndexError", message = "out"} : (i1, i64, i64) -> ()
  %unused = "foreign.op"(%a) : (i64) -> i64
  return
}

// Two destinations need two buffers; two readers do not.
// CHECK-LABEL: func.func @creations
// CHECK-COUNT-2: "nd.full"
// CHECK-NOT: "nd.full"
// CHECK-COUNT-2: "nd.empty"
func.func @creations(%x: f64, %i: index) -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %f1 = "nd.full"(%zero) : (f64) -> tensor<3xf64>
  %f2 = "nd.full"(%zero) : (f64) -> tensor<3xf64>
  %w1 = tensor.insert %x into %f1[%i] : tensor<3xf64>
  %w2 = tensor.insert %one into %f2[%i] : tensor<3xf64>
  %e1 = "nd.empty"() : () -> tensor<3xf64>
  %e2 = "nd.empty"() : () -> tensor<3xf64>
  %w3 = tensor.insert %x into %e1[%i] : tensor<3xf64>
  %w4 = tensor.insert %one into %e2[%i] : tensor<3xf64>
  return %w1, %w2, %w3, %w4 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// CHECK-LABEL: func.func @read_only_creations
// CHECK-COUNT-1: "nd.full"
// CHECK-NOT: "nd.full"
func.func @read_only_creations(%x: f64, %a: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %f1 = "nd.full"(%x) : (f64) -> tensor<3xf64>
  %f2 = "nd.full"(%x) : (f64) -> tensor<3xf64>
  %s = arith.addf %a, %f1 : tensor<3xf64>
  %p = arith.mulf %a, %f2 : tensor<3xf64>
  return %s, %p : tensor<3xf64>, tensor<3xf64>
}
