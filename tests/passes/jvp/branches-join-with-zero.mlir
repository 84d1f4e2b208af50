// Where one branch has a tangent and the other has none, the other yields a zero; an if without results is copied.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-jvp{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.jvp
// CHECK-SAME: (%[[X:.*]]: f64, %[[C:.*]]: i1, %[[DX:.*]]: f64)
func.func @f(%x: f64, %c: i1) -> f64 {
  %one = arith.constant 1.0 : f64
  %l0 = arith.constant 0 : i64
  // CHECK: scf.if %[[C]] {
  // CHECK-NEXT: "nd.check"
  scf.if %c {
    "nd.check"(%c, %l0, %l0) {kind = "ValueError", message = "no"} : (i1, i64, i64) -> ()
  }
  // CHECK: %[[R:.*]]:2 = scf.if %[[C]] -> (f64, f64) {
  // CHECK-NEXT: %[[Y:.*]] = math.exp %[[X]]
  // CHECK-NEXT: %[[DY:.*]] = arith.mulf %[[DX]], %[[Y]]
  // CHECK-NEXT: scf.yield %[[Y]], %[[DY]]
  // CHECK: else
  // CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK-NEXT: scf.yield %{{.*}}, %[[ZERO]]
  %r = scf.if %c -> f64 {
    %y = math.exp %x : f64
    scf.yield %y : f64
  } else {
    scf.yield %one : f64
  }
  // CHECK: return %[[R]]#0, %[[R]]#1
  return %r : f64
}
