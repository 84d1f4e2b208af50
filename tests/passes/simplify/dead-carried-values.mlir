// A carried value lives when its result or its argument does; one that only feeds itself goes, in loops and branches.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(simplify)' | FileCheck %s

// CHECK-LABEL: func.func @counter
// CHECK-SAME: (%[[X:.*]]: f64, %[[N:.*]]: index)
func.func @counter(%x: f64, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for %{{.*}} iter_args(%[[P:.*]] = %[[X]]) -> (f64) {
  // CHECK-NEXT: %[[Q:.*]] = arith.mulf %[[P]], %[[X]]
  // CHECK-NEXT: scf.yield %[[Q]] : f64
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %x, %k = %c0, %same = %x) -> (f64, index, f64) {
    %q = arith.mulf %p, %same : f64
    %l = arith.addi %k, %c1 : index
    scf.yield %q, %l, %same : f64, index, f64
  }
  return %r#0 : f64
}

// CHECK-LABEL: func.func @while
// CHECK-SAME: (%[[X:.*]]: f64, %[[Y:.*]]: f64)
func.func @while(%x: f64, %y: f64) -> f64 {
  // CHECK-NEXT: scf.while (%[[A:.*]] = %[[X]]) : (f64) -> f64 {
  // CHECK-NEXT: arith.cmpf olt, %[[A]], %[[Y]]
  %r:3 = scf.while (%a = %x, %b = %y, %dead = %x) : (f64, f64, f64) -> (f64, f64, f64) {
    %c = arith.cmpf olt, %a, %b : f64
    scf.condition(%c) %a, %b, %dead : f64, f64, f64
  } do {
  ^bb0(%a: f64, %b: f64, %dead: f64):
    // CHECK: %[[NEXT:.*]] = arith.addf %{{.*}}, %[[Y]]
    // CHECK-NEXT: scf.yield %[[NEXT]] : f64
    %next = arith.addf %a, %b : f64
    %more = arith.mulf %dead, %a : f64
    scf.yield %next, %b, %more : f64, f64, f64
  }
  return %r#0 : f64
}

// CHECK-LABEL: func.func @branches
// CHECK-SAME: (%[[X:.*]]: f64, %[[C:.*]]: i1)
func.func @branches(%x: f64, %c: i1) -> (f64, f64) {
  // CHECK-NEXT: %[[R:.*]] = scf.if %[[C]] -> (f64) {
  %r:3 = scf.if %c -> (f64, f64, f64) {
    %a = math.sin %x : f64
    %b = math.cos %x : f64
    scf.yield %a, %b, %x : f64, f64, f64
  } else {
    scf.yield %x, %x, %x : f64, f64, f64
  }
  // CHECK-NOT: math.cos
  // CHECK: return %[[R]], %[[X]]
  return %r#0, %r#2 : f64, f64
}

// CHECK-LABEL: func.func @nobody_reads_the_loop
func.func @nobody_reads_the_loop(%x: f64) -> f64 {
  // CHECK-NEXT: return
  %r = scf.while (%a = %x) : (f64) -> f64 {
    %c = arith.cmpf olt, %a, %x : f64
    scf.condition(%c) %a : f64
  } do {
  ^bb0(%a: f64):
    scf.yield %a : f64
  }
  return %x : f64
}
