// A failing pass ends with exit code 1, the line, and no IR.
// RUN: not wengert-opt %s --pass-pipeline='builtin.module(one-shot-bufferize)' 2>&1 | FileCheck %s

// CHECK-NOT: module {
// CHECK: failure-is-an-exit-code.mlir:[[@LINE+4]]:8: error: op was not bufferized
// CHECK: in pass 'one-shot-bufferize'
// CHECK-NOT: module {
func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = "nd.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
