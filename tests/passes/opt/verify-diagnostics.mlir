// Errors of upstream's verifier and of pass pipelines are compared with the comments of the file, piece by piece.
// RUN: wengert-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(one-shot-bufferize)'

func.func @wrong_type(%x: f64) -> f64 {
  // expected-error@+1 {{must be signless-integer-like}}
  %0 = arith.addi %x, %x : f64
  return %0 : f64
}

// -----

func.func @undefined() -> f64 {
  return %0 : f64 // expected-error {{use of undeclared SSA value name}}
}

// -----

func.func @ours_before_lowering(%x: tensor<3xf64>) -> tensor<3xf64> {
  // expected-error@below {{op was not bufferized}}
  %0 = "nd.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<3xf64>) -> tensor<3xf64>
  return %0 : tensor<3xf64>
}

// -----

func.func @fine(%x: f64) -> f64 {
  return %x : f64
}
