// The first check that fails is recorded; a while around a check stops at a failure.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(lower-checks)' | FileCheck %s

// CHECK: module attributes {nd.checks = {{\[}}["IndexError", "at {0}", "user.py", 3, 9], ["ValueError", "no", "user.py", 4, 1]]}
// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[OK:.*]]: i1, %[[I:.*]]: i64, %[[ERR:.*]]: memref<4xi64>)
func.func @f(%ok: i1, %i: i64) {
  // CHECK: %[[FAILED:.*]] = arith.xori %[[OK]], %{{.*}}
  // CHECK: scf.if %[[FAILED]] {
  // CHECK: %[[NUMBER:.*]] = memref.load %[[ERR]]
  // CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[NUMBER]], %{{.*}}
  // CHECK: scf.if %[[FIRST]] {
  // CHECK: %[[ONE:.*]] = arith.constant 1 : i64
  // CHECK: memref.store %[[ONE]], %[[ERR]]
  // CHECK: memref.store %[[I]], %[[ERR]]
  // CHECK: memref.store %[[I]], %[[ERR]]
  "nd.check"(%ok, %i, %i) {kind = "IndexError", message = "at {0}"} : (i1, i64, i64) -> () loc("user.py":3:9)
  // CHECK: scf.while
  // CHECK: %[[N:.*]] = memref.load %[[ERR]]
  // CHECK: %[[GOING:.*]] = arith.cmpi eq, %[[N]], %{{.*}}
  // CHECK: %[[BOTH:.*]] = arith.andi %[[OK]], %[[GOING]]
  // CHECK: scf.condition(%[[BOTH]])
  scf.while : () -> () {
    scf.condition(%ok)
  } do {
    "nd.check"(%ok, %i, %i) {kind = "ValueError", message = "no"} : (i1, i64, i64) -> () loc("user.py":4:1)
    scf.yield
  }
  return
}
