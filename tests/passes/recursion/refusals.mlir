// The stack has room for arrays of fixed shapes.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(loop-recursion)' --split-input-file --verify-diagnostics

// expected-error @+1 {{an array whose extents are known only at run time in a function that calls itself}}
func.func @f(%n: i64, %a: tensor<?xf64>) -> tensor<?xf64> {
  %zero = arith.constant 0 : i64
  %last = arith.cmpi eq, %n, %zero : i64
  %r = scf.if %last -> tensor<?xf64> {
    scf.yield %a : tensor<?xf64>
  } else {
    %b = arith.negf %a : tensor<?xf64>
    %s = func.call @f(%zero, %b) : (i64, tensor<?xf64>) -> tensor<?xf64>
    scf.yield %s : tensor<?xf64>
  }
  return %r : tensor<?xf64>
}
