// A tangent that an `if` hands out is as large as its primal, which alone can tell in the linear part.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0})' | FileCheck %s

func.func @f(%a: tensor<8xf64>, %n: index, %c: i1) -> tensor<?xf64> {
  %zero = arith.constant 0 : index
  %r = scf.if %c -> tensor<?xf64> {
    %s = tensor.extract_slice %a[0] [%n] [1] : tensor<8xf64> to tensor<?xf64>
    scf.yield %s : tensor<?xf64>
  } else {
    %e = "nd.empty"(%zero) : (index) -> tensor<?xf64>
    scf.yield %e : tensor<?xf64>
  }
  return %r : tensor<?xf64>
}

// CHECK: %[[R:.*]]:2 = scf.if
// CHECK: %[[SIZE:.*]] = tensor.dim %[[R]]#0
// CHECK: %[[TANGENT:.*]] = "nd.sized"(%[[R]]#1, %[[SIZE]])
// CHECK: return %[[R]]#0, %[[TANGENT]]
