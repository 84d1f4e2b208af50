// A loop is divided if no iteration writes what another one reads or writes.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(parallel-loops{threads=2 least=1})' | FileCheck %s

// The outer loop; rows of one view, and what is read elsewhere of other memory.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: scf.for
// CHECK: call @rows.loop0.fork
// CHECK-NOT: scf.for
// CHECK: return
func.func @rows(%x: memref<8x8xf64> {llvm.noalias}, %y: memref<8x8xf64> {llvm.noalias}) {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k6 = arith.constant 6 : index
  %v = memref.subview %y[1, 1] [6, 6] [1, 1] : memref<8x8xf64> to memref<6x6xf64, strided<[8, 1], offset: 9>>
  scf.for %i = %k0 to %k6 step %k1 {
    %n = arith.addi %i, %k1 : index
    scf.for %j = %k0 to %k6 step %k1 {
      %a = memref.load %x[%n, %j] : memref<8x8xf64>
      %b = memref.load %x[%i, %j] : memref<8x8xf64>
      %old = memref.load %y[%n, %k0] : memref<8x8xf64>
      %c = arith.addf %a, %b : f64
      %d = arith.addf %c, %old : f64
      memref.store %d, %v[%i, %j] : memref<6x6xf64, strided<[8, 1], offset: 9>>
    }
  }
  return
}

// The row above is read: rows are in order, the elements of one are not.
// CHECK-LABEL: func.func @columns
// CHECK: scf.for
// CHECK: call @columns.loop0.fork
// CHECK-NOT: scf.for
// CHECK: return
func.func @columns(%x: memref<8x8xf64> {llvm.noalias}) {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  scf.for %i = %k1 to %k8 step %k1 {
    %above = arith.subi %i, %k1 : index
    scf.for %j = %k0 to %k8 step %k1 {
      %a = memref.load %x[%above, %j] : memref<8x8xf64>
      memref.store %a, %x[%i, %j] : memref<8x8xf64>
    }
  }
  return
}

// Elements that data choose, one element for all, a neighbour, a diagonal that inner iterations share: none.
// CHECK-LABEL: func.func @dependent
// CHECK-NOT: call
// CHECK: return
func.func @dependent(%x: memref<8xf64> {llvm.noalias}, %at: memref<8xindex> {llvm.noalias},
                     %z: memref<16xf64> {llvm.noalias}) {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  %one = arith.constant 1.0 : f64
  scf.for %i = %k0 to %k8 step %k1 {
    %p = memref.load %at[%i] : memref<8xindex>
    memref.store %one, %x[%p] : memref<8xf64>
  }
  scf.for %i = %k0 to %k8 step %k1 {
    %p = arith.index_cast %i : index to i64
    %q = arith.sitofp %p : i64 to f64
    memref.store %q, %x[%k0] : memref<8xf64>
  }
  scf.for %i = %k1 to %k8 step %k1 {
    %before = arith.subi %i, %k1 : index
    %a = memref.load %x[%before] : memref<8xf64>
    memref.store %a, %x[%i] : memref<8xf64>
  }
  scf.for %i = %k0 to %k8 step %k1 {
    scf.for %j = %k0 to %i step %k1 {
      %d = arith.addi %i, %j : index
      %a = memref.load %z[%j] : memref<16xf64>
      %b = arith.addf %a, %one : f64
      memref.store %b, %z[%d] : memref<16xf64>
    }
    memref.store %one, %z[%k0] : memref<16xf64>
  }
  return
}

// Arguments that may overlap: none.
// CHECK-LABEL: func.func @aliased
// CHECK-NOT: call
// CHECK: return
func.func @aliased(%x: memref<8xf64>, %y: memref<8xf64>) {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  scf.for %i = %k0 to %k8 step %k1 {
    %a = memref.load %x[%i] : memref<8xf64>
    memref.store %a, %y[%i] : memref<8xf64>
  }
  return
}

// A sum in any order becomes one for each chunk, added up in order; a sum in the order of the loop stays.
// CHECK-LABEL: func.func @sums
// CHECK: %[[PARTS:.*]] = memref.alloca() : memref<4xf64>
// CHECK: call @sums.loop0.fork(%{{.*}}, %[[PARTS]])
// CHECK: %[[FIRST:.*]] = memref.load %[[PARTS]]
// CHECK: arith.addf %{{.*}}, %[[FIRST]]
// CHECK-COUNT-3: arith.addf
// CHECK: scf.for
// CHECK: return
func.func @sums(%x: memref<4xf64> {llvm.noalias}, %start: f64) -> (f64, f64) {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k4 = arith.constant 4 : index
  %any = scf.for %i = %k0 to %k4 step %k1 iter_args(%s = %start) -> f64 {
    %a = memref.load %x[%i] : memref<4xf64>
    %t = arith.addf %s, %a fastmath<reassoc> : f64
    scf.yield %t : f64
  }
  %ordered = scf.for %i = %k0 to %k4 step %k1 iter_args(%s = %start) -> f64 {
    %a = memref.load %x[%i] : memref<4xf64>
    %t = arith.addf %s, %a : f64
    scf.yield %t : f64
  }
  return %any, %ordered : f64, f64
}

// The functions that are made: chunks of the range, and the loop over them.
// CHECK-LABEL: func.func private @rows.loop0(
// CHECK: arith.divui
// CHECK: scf.for
// CHECK-LABEL: func.func private @rows.loop0.fork(
// CHECK-SAME: wengert.body = "rows.loop0", wengert.chunks = 6 : i64, wengert.threads = 2 : i64
// CHECK: scf.for
// CHECK-NEXT: call @rows.loop0(
