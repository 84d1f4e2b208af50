// A recurrence in each of independent iterations runs for a strip of iterations at a time.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(strips,canonicalize,cse)' --split-input-file | FileCheck %s

// What the inner loop carries is an array of a strip; the sum has one place for each lane. 300 is no multiple of 256.
// CHECK-LABEL: func.func @sums
// CHECK-SAME: (%[[A:[^ ,:)]+]]: memref<100x300xf64>
// CHECK-DAG: %[[S:[^ ,:)]+]] = memref.alloca() {{.*}} : memref<256xf64>
// CHECK-DAG: %[[V:[^ ,:)]+]] = memref.alloca() {{.*}} : memref<256xf64>
// CHECK: scf.for %[[FIRST:[^ ,:)]+]] = %{{.*}} to %{{.*}} step %{{c256[^ ]*}} {
// CHECK: %[[LANES:[^ ,:)]+]] = arith.minsi
// CHECK: scf.for %[[T:[^ ,:)]+]] = %{{.*}} to %c100 step
// CHECK-NEXT: scf.for %[[L:[^ ,:)]+]] = %{{.*}} to %[[LANES]] step
// CHECK-NEXT: %[[I:[^ ,:)]+]] = arith.addi %[[FIRST]], %[[L]]
// CHECK-NEXT: memref.load %[[A]][%[[T]], %[[I]]]
// CHECK: %[[NEXT:[^ ,:)]+]] = arith.addf
// CHECK-NEXT: memref.store %[[NEXT]], %{{.*}}[%[[L]]] : memref<256xf64>
func.func @sums(%a: memref<100x300xf64>, %z: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c100 = arith.constant 100 : index
  %c300 = arith.constant 300 : index
  %r = scf.for %i = %c0 to %c300 step %c1 iter_args(%total = %z) -> f64 {
    %s = scf.for %t = %c0 to %c100 step %c1 iter_args(%v = %z) -> f64 {
      %x = memref.load %a[%t, %i] : memref<100x300xf64>
      %q = math.sqrt %v : f64
      %w = arith.addf %q, %x : f64
      scf.yield %w : f64
    }
    %n = arith.addf %total, %s : f64
    scf.yield %n : f64
  }
  return %r : f64
}

// -----

// An array that only these loops use is turned: elements of a strip side by side.
// CHECK-LABEL: func.func @tape
// CHECK: memref.alloc() : memref<100x32xf64>
// CHECK-NOT: memref<32x100xf64>
func.func @tape(%z: f64, %o: memref<32xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c100 = arith.constant 100 : index
  %c32 = arith.constant 32 : index
  %tape = memref.alloc() : memref<32x100xf64>
  scf.for %i = %c0 to %c32 step %c1 {
    %s = scf.for %t = %c0 to %c100 step %c1 iter_args(%v = %z) -> f64 {
      memref.store %v, %tape[%i, %t] : memref<32x100xf64>
      %w = math.sin %v : f64
      scf.yield %w : f64
    }
  }
  scf.for %i = %c0 to %c32 step %c1 {
    %s = scf.for %t = %c0 to %c100 step %c1 iter_args(%v = %z) -> f64 {
      %x = memref.load %tape[%i, %t] : memref<32x100xf64>
      %w = arith.mulf %v, %x : f64
      scf.yield %w : f64
    }
    memref.store %s, %o[%i] : memref<32xf64>
  }
  memref.dealloc %tape : memref<32x100xf64>
  return
}

// -----

// A while goes on until it is over for all elements; those for which it is over do nothing.
// CHECK-LABEL: func.func @newton
// CHECK: scf.while : () -> () {
// CHECK: %[[ANY:[^ ,:)]+]] = scf.for {{.*}} -> (i8)
// CHECK: arith.ori
// CHECK: %[[MORE:[^ ,:)]+]] = arith.trunci %[[ANY]]
// CHECK: scf.condition(%[[MORE]])
// CHECK: scf.for
// CHECK: scf.if
func.func @newton(%a: memref<64xf64>, %o: memref<64xf64>, %one: f64) attributes {arg_attrs = [{llvm.noalias}, {llvm.noalias}, {}]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %x = memref.load %a[%i] : memref<64xf64>
    %r = scf.while (%v = %x) : (f64) -> f64 {
      %go = arith.cmpf ogt, %v, %one : f64
      scf.condition(%go) %v : f64
    } do {
    ^bb0(%v: f64):
      %w = math.sqrt %v : f64
      %u = arith.subf %w, %one : f64
      scf.yield %u : f64
    }
    memref.store %r, %o[%i] : memref<64xf64>
  }
  return
}

// -----

// Not so: an iteration reads what the one before has written.
// CHECK-LABEL: func.func @dependent
// CHECK-NOT: alloca
func.func @dependent(%o: memref<65xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %x = memref.load %o[%i] : memref<65xf64>
    %s = scf.for %t = %c0 to %c64 step %c1 iter_args(%v = %x) -> f64 {
      %w = math.sin %v : f64
      scf.yield %w : f64
    }
    %next = arith.addi %i, %c1 : index
    memref.store %s, %o[%next] : memref<65xf64>
  }
  return
}

// -----

// Nor this: the two arguments may be one memory.
// CHECK-LABEL: func.func @aliases
// CHECK-NOT: alloca
func.func @aliases(%a: memref<64xf64>, %o: memref<64xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %x = memref.load %a[%i] : memref<64xf64>
    %s = scf.for %t = %c0 to %c64 step %c1 iter_args(%v = %x) -> f64 {
      %w = math.sin %v : f64
      scf.yield %w : f64
    }
    memref.store %s, %o[%i] : memref<64xf64>
  }
  return
}

// -----

// Nor this: the sum so far is used.
// CHECK-LABEL: func.func @running
// CHECK-NOT: alloca
func.func @running(%a: memref<64xf64>, %z: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %r = scf.for %i = %c0 to %c64 step %c1 iter_args(%total = %z) -> f64 {
    %s = scf.for %t = %c0 to %c64 step %c1 iter_args(%v = %total) -> f64 {
      %w = math.sin %v : f64
      scf.yield %w : f64
    }
    %n = arith.addf %total, %s : f64
    scf.yield %n : f64
  }
  return %r : f64
}
