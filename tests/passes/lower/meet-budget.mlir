// A budget becomes the number of states that fit: 1000 bytes, less 200 of results and 240 of working memory, less one
// state of 9*8 bytes with its position of 8, are 480, which is 6 more states.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(meet-budget)' --split-input-file --verify-diagnostics | FileCheck %s

module attributes {diff.memory = 1000 : i64} {
  // CHECK-LABEL: func.func @f
  // CHECK: %[[ROWS:.*]] = arith.constant 7 : index
  // CHECK-NOT: diff.budget
  // CHECK: %[[FIT:.*]] = arith.minsi %{{.*}}, %[[ROWS]]
  // CHECK: memref.alloc(%[[FIT]]) {diff.rows = "loop"} : memref<?x9xf64>
  func.func @f(%n: index, %record: memref<4xi64>) attributes {diff.results = 200 : i64} {
    %most = "diff.budget"() {loop = "loop"} : () -> index
    %rows = arith.minsi %n, %most : index
    %positions = memref.alloc(%rows) : memref<?xi64>
    %slots = memref.alloc(%rows) : memref<?x9xf64>
    %work = memref.alloc() : memref<30xf64>
    memref.dealloc %work : memref<30xf64>
    memref.dealloc %slots : memref<?x9xf64>
    memref.dealloc %positions : memref<?xi64>
    return
  }
}

// -----

// Working memory that follows from an argument is asked for when the call begins.
module attributes {diff.memory = 1000 : i64, nd.checks = []} {
  // CHECK-LABEL: func.func @dynamic
  // CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %arg1
  // CHECK: arith.cmpi sle
  // CHECK: memref.store
  func.func @dynamic(%n: index, %m: index, %record: memref<4xi64>) attributes {diff.results = 0 : i64} {
    %most = "diff.budget"() {loop = "loop"} : () -> index
    %rows = arith.minsi %n, %most : index
    %slots = memref.alloc(%rows) : memref<?x9xf64>
    %work = memref.alloc(%m) : memref<?xf64>
    memref.dealloc %work : memref<?xf64>
    memref.dealloc %slots : memref<?x9xf64>
    return
  }
}

// -----

module attributes {diff.memory = 100 : i64} {
  func.func @refused(%n: index, %record: memref<4xi64>) attributes {diff.results = 40 : i64} {
    // expected-error @+1 {{this takes more than 100 bytes of memory; the smallest budget that can be met is 112}}
    %most = "diff.budget"() {loop = "loop"} : () -> index
    %rows = arith.minsi %n, %most : index
    %slots = memref.alloc(%rows) : memref<?x9xf64>
    memref.dealloc %slots : memref<?x9xf64>
    return
  }
}
