// Masks that are saved at the same place and iterations are bits of one byte; one that nobody asks for takes no bit.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-store{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.fwd
// CHECK-SAME: -> (f64, tensor<?xi8>)
func.func private @f.fwd(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %x) -> f64 {
    %lt = arith.cmpf olt, %p, %x : f64
    %a = arith.extui %lt : i1 to i8
    "diff.save"(%a, %i) {id = 0} : (i8, index) -> ()
    %eq = arith.cmpf oeq, %p, %x : f64
    %b = arith.extui %eq : i1 to i8
    "diff.save"(%b, %i) {id = 1} : (i8, index) -> ()
    %gt = arith.cmpf ogt, %p, %x : f64
    %c = arith.extui %gt : i1 to i8
    "diff.save"(%c, %i) {id = 2} : (i8, index) -> ()
    // CHECK: %[[LT:.*]] = arith.cmpf olt
    // CHECK: %[[A:.*]] = arith.extui %[[LT]]
    // CHECK-NOT: tensor.insert
    // CHECK: %[[GT:.*]] = arith.cmpf ogt
    // CHECK: %[[C:.*]] = arith.extui %[[GT]]
    // CHECK: %[[HIGH:.*]] = arith.shli %[[C]]
    // CHECK: %[[BYTE:.*]] = arith.ori %[[A]], %[[HIGH]]
    // CHECK: tensor.insert %[[BYTE]]
    // CHECK-NOT: tensor.insert
    %q = arith.mulf %p, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.lin
func.func private @f.lin(%x: f64, %n: index, %dx: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%dp = %dx) -> f64 {
    // CHECK: %[[BYTE:.*]] = tensor.extract
    // CHECK-DAG: arith.shrui %[[BYTE]]
    // CHECK-DAG: arith.andi %[[BYTE]]
    %a = "diff.saved"(%i) {id = 0} : (index) -> i8
    %lt = arith.trunci %a : i8 to i1
    %c = "diff.saved"(%i) {id = 2} : (index) -> i8
    %gt = arith.trunci %c : i8 to i1
    %both = arith.ori %lt, %gt : i1
    %q = arith.select %both, %dp, %dx : f64
    scf.yield %q : f64
  }
  return %r : f64
}
