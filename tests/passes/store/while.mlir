// A while is counted first: of the copy only the slice that feeds the condition is left.  Data decide, so writes are checked.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-store{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.fwd
func.func private @f.fwd(%x: f64, %tolerance: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f64
  // CHECK: %[[COUNTED:[^ ,:)]+]]:2 = scf.while
  // CHECK-NOT: math.sin
  // CHECK: %[[SIZE:[^ ,:)]+]] = arith.maxsi %[[COUNTED]]#1
  // CHECK: "nd.empty"(%[[SIZE]])
  // CHECK: scf.while
  %r:3 = scf.while (%y = %x, %e = %x, %k = %k0) : (f64, f64, index) -> (f64, f64, index) {
    %c = arith.cmpf ogt, %e, %tolerance : f64
    scf.condition(%c) %y, %e, %k : f64, f64, index
  } do {
  ^bb0(%y: f64, %e: f64, %k: index):
    // CHECK: "nd.check"
    // CHECK: %[[POSITION:[^ ,:)]+]] = arith.minsi
    // CHECK: tensor.insert %{{.*}} into %{{.*}}[%[[POSITION]]]
    "diff.save"(%y, %k) {id = 0} : (f64, index) -> ()
    %z = math.sin %y : f64
    %f = arith.mulf %e, %half : f64
    %l = arith.addi %k, %k1 : index
    scf.yield %z, %f, %l : f64, f64, index
  }
  // A number saved outside of loops is handed over as it is.
  // CHECK: return %{{.*}}#0, %{{.*}}, %{{.*}} : f64, tensor<?xf64>, i64
  "diff.save"(%r#2) {id = 1} : (index) -> ()
  return %r#0 : f64
}

// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: %[[TAPE:[^ ]*]]: tensor<?xf64>, %[[COUNT:[^ ]*]]: i64
func.func private @f.lin(%x: f64, %tolerance: f64, %dx: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %n = "diff.saved"() {id = 1} : () -> index
  %r = scf.for %k = %k0 to %n step %k1 iter_args(%dy = %dx) -> f64 {
    %y = "diff.saved"(%k) {id = 0} : (index) -> f64
    %c = math.cos %y : f64
    %dz = arith.mulf %c, %dy : f64
    scf.yield %dz : f64
  }
  return %r : f64
}
