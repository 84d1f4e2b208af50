// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-tensors)' --verify-diagnostics

func.func @f(%a: tensor<4xf64>, %n: i64) {
  // expected-error@+3 {{scf.execute_region in a program to be compiled}}
  // expected-note@+2 {{only scf.for, scf.while and scf.if are lowered}}
  // The place is that of the operation.
  scf.execute_region {
    scf.yield
  }
  return
}
