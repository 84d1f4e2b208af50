// Indices, and what is read with them from an argument, are computed again; a loop in i64 counts in index from 0 by 1.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f wrt=0},diff-linearize{function=f})' | FileCheck %s

func.func @f(%x: f64, %a: tensor<8xf64>, %p: tensor<8xi64>, %n: i64) -> f64 {
  %l2 = arith.constant 2 : i64
  %l3 = arith.constant 3 : i64
  %half = arith.constant 0.5 : f64
  %r = scf.for %i = %l2 to %n step %l3 iter_args(%u = %x) -> (f64) : i64 {
    %k = arith.index_cast %i : i64 to index
    %j = tensor.extract %p[%k] : tensor<8xi64>
    %l = arith.index_cast %j : i64 to index
    %e = tensor.extract %a[%l] : tensor<8xf64>
    %h = arith.mulf %e, %half : f64
    %v = arith.mulf %u, %h : f64
    scf.yield %v : f64
  }
  return %r : f64
}

// CHECK-LABEL: func.func private @f.fwd
// CHECK-NOT: diff.save
// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: (%{{.*}}: f64, %[[A:.*]]: tensor<8xf64>, %[[P:.*]]: tensor<8xi64>, %[[N:.*]]: i64, %[[DX:.*]]: f64)
// CHECK: %[[LENGTH:.*]] = arith.subi %[[N]], %[[L2:.*]] :
// CHECK-NEXT: %[[QUOTIENT:.*]] = arith.ceildivsi %[[LENGTH]], %[[L3:.*]] :
// CHECK-NEXT: %[[TRIPS:.*]] = arith.index_cast %[[QUOTIENT]] : i64 to index
// CHECK: scf.for %[[K:[^ ]+]] = {{.*}} to %[[TRIPS]] {{.*}} iter_args(%[[DU:.*]] = %[[DX]])
// CHECK-NEXT: %[[WIDE:.*]] = arith.index_cast %[[K]] : index to i64
// CHECK-NEXT: %[[STEPS:.*]] = arith.muli %[[WIDE]], %[[L3]]
// CHECK-NEXT: %[[I:.*]] = arith.addi %[[L2]], %[[STEPS]]
// CHECK-NEXT: %[[INDEX:.*]] = arith.index_cast %[[I]] : i64 to index
// CHECK-NEXT: %[[J:.*]] = tensor.extract %[[P]][%[[INDEX]]]
// CHECK-NEXT: %[[L:.*]] = arith.index_cast %[[J]]
// CHECK-NEXT: %[[E:.*]] = tensor.extract %[[A]][%[[L]]]
// CHECK-NEXT: %[[H:.*]] = arith.mulf %[[E]]
// CHECK-NEXT: arith.mulf %[[DU]], %[[H]]
