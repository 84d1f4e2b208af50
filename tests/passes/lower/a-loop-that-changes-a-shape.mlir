// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-dps)' --verify-diagnostics

func.func @f(%a: tensor<?xf64>, %n: index) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+2 {{an array that a loop carries changes its shape, or might}}
  // expected-note@+1 {{carry an array of the largest size, and how much of it is in use}}
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%u = %a) -> (tensor<?xf64>) {
    %v = tensor.extract_slice %u[0] [%i] [1] : tensor<?xf64> to tensor<?xf64>
    scf.yield %v : tensor<?xf64>
  }
  return %r : tensor<?xf64>
}
