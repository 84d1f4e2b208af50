// A rectangular nest gets one dimension a loop; the tape is created before the nest and carried through it.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-store{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.fwd
// CHECK-SAME: (%[[X:[^ ,:)]+]]: f64, %[[N:[^ ,:)]+]]: index) -> (f64, tensor<?x3xf64>)
// CHECK-SAME: diff.tapes = 1
func.func private @f.fwd(%x: f64, %n: index) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k3 = arith.constant 3 : index
  // CHECK: %[[ROWS:[^ ,:)]+]] = arith.maxsi %[[N]]
  // CHECK: %[[EMPTY:[^ ,:)]+]] = "nd.empty"(%[[ROWS]]) {{.*}} : (index) -> tensor<?x3xf64>
  // CHECK: %[[OUT:[^ ,:)]+]]:2 = scf.for %[[I:[^ ,:)]+]] = {{.*}} iter_args(%{{.*}} = %[[X]], %[[OUTER:[^ ,:)]+]] = %[[EMPTY]])
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%p = %x) -> f64 {
    // CHECK: scf.for %[[J:[^ ,:)]+]] = {{.*}}, %[[TAPE:[^ ]+]] = %[[OUTER]])
    %q = scf.for %j = %k0 to %k3 step %k1 iter_args(%s = %p) -> f64 {
      // CHECK: tensor.insert %{{.*}} into %[[TAPE]][%[[I]], %[[J]]]
      "diff.save"(%s, %i, %j) {id = 4} : (f64, index, index) -> ()
      %t = arith.mulf %s, %s : f64
      // What nobody asks for is not stored.
      // CHECK-NOT: diff.save
      "diff.save"(%t, %i, %j) {id = 5} : (f64, index, index) -> ()
      scf.yield %t : f64
    }
    scf.yield %q : f64
  }
  // CHECK: return %[[OUT]]#0, %[[OUT]]#1
  return %r : f64
}

// CHECK-LABEL: func.func private @f.lin
// CHECK-SAME: (%{{.*}}: f64, %{{.*}}: index, %{{.*}}: f64, %[[TAPE:[^ ,:)]+]]: tensor<?x3xf64>) -> f64
func.func private @f.lin(%x: f64, %n: index, %dx: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k3 = arith.constant 3 : index
  // CHECK: scf.for %[[I:[^ ,:)]+]] = %
  %r = scf.for %i = %k0 to %n step %k1 iter_args(%dp = %dx) -> f64 {
    // CHECK: scf.for %[[J:[^ ,:)]+]] = %
    %q = scf.for %j = %k0 to %k3 step %k1 iter_args(%ds = %dp) -> f64 {
      // CHECK: tensor.extract %[[TAPE]][%[[I]], %[[J]]]
      %s = "diff.saved"(%i, %j) {id = 4} : (index, index) -> f64
      %unused = "diff.saved"(%i, %j) {id = 5} : (index, index) -> f64
      %a = arith.mulf %s, %ds : f64
      %b = arith.addf %a, %a : f64
      scf.yield %b : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
}
