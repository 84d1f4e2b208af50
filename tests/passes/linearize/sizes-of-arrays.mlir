// Asked for an extent, lin traces the array back to an argument rather than ask for the array.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %a: tensor<?xf64>, %n: index) -> (f64, tensor<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%u = %x, %b = %a) -> (f64, tensor<?xf64>) {
    %c = tensor.insert %u into %b[%i] : tensor<?xf64>
    %m = tensor.dim %c, %c0 : tensor<?xf64>
    %last = arith.subi %m, %c1 : index
    %v = tensor.extract %c[%last] : tensor<?xf64>
    scf.yield %v, %c : f64, tensor<?xf64>
  }
  return %r#0, %r#1 : f64, tensor<?xf64>
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK-NOT: diff.save
// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: (%{{.*}}: f64, %[[A:.*]]: tensor<?xf64>, %{{.*}}: index, %{{.*}}: f64)
// CHECK: scf.for
// CHECK: %[[M:.*]] = tensor.dim %[[A]]
// CHECK-NEXT: arith.subi %[[M]]
