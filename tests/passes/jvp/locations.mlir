// Tangent operations are where the primal operation is, and say that they are a derivative; the new function keeps the
// arguments it may not write into.
// RUN: wengert-opt %s --mlir-print-debuginfo --mlir-print-local-scope --pass-pipeline='builtin.module(diff-jvp{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-NOT: nd.into
// CHECK: math.sin {{.*}} loc("user.py":3:9)
// CHECK: math.cos {{.*}} loc("derivative"("user.py":3:9))
// CHECK: arith.mulf {{.*}} loc("derivative"("user.py":3:9))
// CHECK: scf.for
// CHECK: } loc("user.py":4:5)
func.func @f(%x: f64, %a: tensor<3xf64>, %n: index) -> (f64, tensor<3xf64> {nd.into = 1 : i64}) {
  %c1 = arith.constant 1 : index
  %y = math.sin %x : f64 loc("user.py":3:9)
  %r = scf.for %i = %c1 to %n step %c1 iter_args(%b = %a) -> tensor<3xf64> {
    %c = tensor.insert %y into %b[%i] : tensor<3xf64> loc("user.py":5:9)
    scf.yield %c : tensor<3xf64> loc("user.py":4:5)
  } loc("user.py":4:5)
  return %y, %r : f64, tensor<3xf64>
} loc("user.py":1:1)
