// Allocations leave loops, small ones go on the stack, others are freed after their last use; branches may hand out theirs.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(place-buffers{stack-bytes=64})' | FileCheck %s

// CHECK-LABEL: func.func @loop
// CHECK-SAME: (%[[A:.*]]: memref<100xf64>, %[[N:.*]]: index)
func.func @loop(%a: memref<100xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK-DAG: %[[BIG:.*]] = memref.alloc() : memref<100xf64>
  // CHECK-DAG: %[[SMALL:.*]] = memref.alloca() : memref<8xf64>
  // CHECK-DAG: %[[SIZED:.*]] = memref.alloc(%[[N]]) : memref<?xf64>
  // CHECK: scf.for %[[I:.*]] =
  scf.for %i = %c0 to %n step %c1 {
    // CHECK-NEXT: %[[INNER:.*]] = memref.alloc(%[[I]]) : memref<?xf64>
    // CHECK-NEXT: memref.copy %[[A]], %[[BIG]]
    %big = memref.alloc() : memref<100xf64>
    %small = memref.alloc() : memref<8xf64>
    %sized = memref.alloc(%n) : memref<?xf64>
    %inner = memref.alloc(%i) : memref<?xf64>
    memref.copy %a, %big : memref<100xf64> to memref<100xf64>
    %x = memref.load %small[%c0] : memref<8xf64>
    // CHECK: %[[VIEW:.*]] = memref.subview %[[INNER]]
    // CHECK: memref.store %{{.*}}, %[[VIEW]]
    // CHECK-NEXT: memref.dealloc %[[INNER]]
    %view = memref.subview %inner[1] [2] [1] : memref<?xf64> to memref<2xf64, strided<[1], offset: 1>>
    memref.store %x, %view[%c0] : memref<2xf64, strided<[1], offset: 1>>
    memref.store %x, %sized[%c0] : memref<?xf64>
  }
  // CHECK: }
  // CHECK-DAG: memref.dealloc %[[BIG]] :
  // CHECK-DAG: memref.dealloc %[[SIZED]] :
  // CHECK-NOT: memref.dealloc
  return
}

// CHECK-LABEL: func.func @both_branches_hand_out
func.func @both_branches_hand_out(%c: i1, %n: index, %m: index) -> f64 {
  %c0 = arith.constant 0 : index
  // CHECK: %[[R:.*]] = scf.if
  %r = scf.if %c -> (memref<?xf64>) {
    %size = arith.addi %n, %m : index
    %x = memref.alloc(%size) : memref<?xf64>
    scf.yield %x : memref<?xf64>
  } else {
    %size = arith.muli %n, %m : index
    %y = memref.alloc(%size) : memref<?xf64>
    scf.yield %y : memref<?xf64>
  }
  // CHECK: memref.load %[[R]]
  // CHECK-NEXT: memref.dealloc %[[R]]
  // CHECK-NOT: memref.dealloc
  %e = memref.load %r[%c0] : memref<?xf64>
  return %e : f64
}

// CHECK-LABEL: func.func @one_branch_hands_out
func.func @one_branch_hands_out(%c: i1, %a: memref<100xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  // CHECK: %[[X:.*]] = memref.alloc() : memref<100xf64>
  // CHECK: %[[R:.*]] = scf.if
  %r = scf.if %c -> (memref<100xf64>) {
    %x = memref.alloc() : memref<100xf64>
    scf.yield %x : memref<100xf64>
  } else {
    scf.yield %a : memref<100xf64>
  }
  // CHECK: memref.load %[[R]]
  // CHECK-NEXT: memref.dealloc %[[X]]
  // CHECK-NOT: memref.dealloc
  %e = memref.load %r[%c0] : memref<100xf64>
  return %e : f64
}
