// An array that nothing overwrites is a residual by reference, read again in the loop; one that is overwritten is not.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %a: tensor<8xf64>) -> (f64, tensor<8xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %kept = math.exp %a : tensor<8xf64>
  %changed = math.sin %a : tensor<8xf64>
  %r = scf.for %i = %c0 to %c8 step %c1 iter_args(%u = %x) -> (f64) {
    %e = tensor.extract %kept[%i] : tensor<8xf64>
    %f = tensor.extract %changed[%i] : tensor<8xf64>
    %v = arith.mulf %u, %e : f64
    %w = arith.mulf %v, %f : f64
    scf.yield %w : f64
  }
  %b = tensor.insert %r into %changed[%c0] : tensor<8xf64>
  return %r, %b : f64, tensor<8xf64>
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK: %[[KEPT:.*]] = math.exp
// CHECK-NEXT: "diff.save"(%[[KEPT]]) {id = [[$KEPT_ID:[0-9]+]] : i64} : (tensor<8xf64>) -> ()
// CHECK: %[[CHANGED:.*]] = math.sin
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: %[[F:.*]] = tensor.extract %[[CHANGED]]
// CHECK-NEXT: "diff.save"(%[[F]], %[[I]]) {id = [[$F_ID:[0-9]+]] : i64} : (f64, index) -> ()
// CHECK-LABEL: func.func private @f.lin
// CHECK: %[[KEPT:.*]] = "diff.saved"() {id = [[$KEPT_ID]] : i64} : () -> tensor<8xf64>
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: tensor.extract %[[KEPT]][%[[I]]]
// CHECK: "diff.saved"(%[[I]]) {id = [[$F_ID]] : i64} : (index) -> f64
