// A constant half-integer exponent, up to 2.5, becomes products and a square root.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(half-powers)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:[^ ,:)]+]]: f64
// CHECK: %[[P:[^ ,:)]+]] = arith.select
// CHECK-NEXT: %[[ROOT:[^ ,:)]+]] = math.sqrt %[[P]]
// CHECK-NEXT: %[[C:[^ ,:)]+]] = arith.mulf %[[P]], %[[ROOT]]
// CHECK: arith.divf %{{.*}}, %[[C]]
// CHECK: math.powf
// CHECK: math.powf
// CHECK: math.powf
func.func @f(%x: f64, %y: f64) -> (f64, f64, f64, f64) {
  %a = arith.constant -1.5 : f64
  %b = arith.constant 3.5 : f64
  %c = arith.constant 0.75 : f64
  %p = math.powf %x, %a : f64
  %q = math.powf %x, %b : f64
  %r = math.powf %x, %c : f64
  %s = math.powf %x, %y : f64
  return %p, %q, %r, %s : f64, f64, f64, f64
}
