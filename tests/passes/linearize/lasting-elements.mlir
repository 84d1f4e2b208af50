// What a loop reads from an array, or has written to it, is read from the result of the loop where no later write goes to it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=forward_substitution wrt=0,1},diff-linearize{function=forward_substitution})' --split-input-file | FileCheck %s

func.func @forward_substitution(%L: tensor<9x9xf64>, %b: tensor<9xf64>) -> tensor<9xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %x = scf.for %i = %c0 to %c9 step %c1 iter_args(%u = %b) -> (tensor<9xf64>) {
    %bi = tensor.extract %u[%i] : tensor<9xf64>
    %s = scf.for %j = %c0 to %i step %c1 iter_args(%t = %bi) -> (f64) {
      %l = tensor.extract %L[%i, %j] : tensor<9x9xf64>
      %xj = tensor.extract %u[%j] : tensor<9xf64>
      %p = arith.mulf %l, %xj : f64
      %d = arith.subf %t, %p : f64
      scf.yield %d : f64
    }
    %lii = tensor.extract %L[%i, %i] : tensor<9x9xf64>
    %xi = arith.divf %s, %lii : f64
    %v = tensor.insert %xi into %u[%i] : tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  return %x : tensor<9xf64>
}

// CHECK-LABEL: func.func private @forward_substitution.fwd
// CHECK: %[[X:.*]] = scf.for
// CHECK-NOT: diff.save
// CHECK: } {diff.loop = 0 : i64}
// CHECK-NEXT: "diff.save"(%[[X]]) {id = [[$ID:[0-9]+]] : i64} : (tensor<9xf64>) -> ()
// CHECK-LABEL: func.func private @forward_substitution.lin
// CHECK: %[[X:.*]] = "diff.saved"() {id = [[$ID]] : i64}
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-2: tensor.extract %[[X]][
// CHECK-NOT: diff.saved

// -----

// The element behind is overwritten in the next iteration: it is stored.  The one before is not.
func.func @forward_substitution(%L: tensor<9x9xf64>, %b: tensor<9xf64>) -> tensor<9xf64> {
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %x = scf.for %i = %c1 to %c8 step %c1 iter_args(%u = %b) -> (tensor<9xf64>) {
    %before = arith.subi %i, %c1 : index
    %after = arith.addi %i, %c1 : index
    %p = tensor.extract %u[%before] : tensor<9xf64>
    %q = tensor.extract %u[%after] : tensor<9xf64>
    %r = arith.mulf %p, %q : f64
    %v = tensor.insert %r into %u[%i] : tensor<9xf64>
    scf.yield %v : tensor<9xf64>
  }
  return %x : tensor<9xf64>
}

// CHECK-LABEL: func.func private @forward_substitution.fwd
// CHECK: scf.for %[[I:[^ ]+]] =
// CHECK: tensor.extract
// CHECK-NEXT: %[[Q:.*]] = tensor.extract
// CHECK-NEXT: "diff.save"(%[[Q]]
// CHECK: } {diff.loop = 0 : i64}
// CHECK-NEXT: "diff.save"(%{{.*}}) {{.*}} : (tensor<9xf64>) -> ()
