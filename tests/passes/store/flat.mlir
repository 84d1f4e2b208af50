// A triangular nest gets a flat tape of exact capacity; where each inner loop begins is a residual of the outer one.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-store{function=f})' | FileCheck %s

// CHECK-LABEL: func.func private @f.fwd
// CHECK-SAME: (%[[X:[^ ,:)]+]]: f64) -> (f64, tensor<?xf64>, tensor<5xi64>)
func.func private @f.fwd(%x: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k5 = arith.constant 5 : index
  // The counting run: the outer loop, with one addition.
  // CHECK: %[[TOTAL:[^ ,:)]+]] = scf.for %[[I:[^ ,:)]+]] = {{.*}} iter_args(%[[SUM:[^ ,:)]+]] = %{{.*}}) -> (index) {
  // CHECK-NEXT: %[[TRIPS:[^ ,:)]+]] = arith.maxsi %[[I]]
  // CHECK-NEXT: %[[NEXT:[^ ,:)]+]] = arith.addi %[[SUM]], %[[TRIPS]]
  // CHECK-NEXT: scf.yield %[[NEXT]]
  // CHECK: "nd.empty"(%[[TOTAL]]) {{.*}} : (index) -> tensor<?xf64>
  // CHECK: "nd.empty"() {{.*}} : () -> tensor<5xi64>
  // CHECK: scf.for %[[I:[^ ,:)]+]] = {{.*}} %[[BASE:[^ ]*]] = %c0)
  %r = scf.for %i = %k0 to %k5 step %k1 iter_args(%p = %x) -> f64 {
    // CHECK: %[[STORED:[^ ,:)]+]] = arith.index_cast %[[BASE]] : index to i64
    // CHECK: tensor.insert %[[STORED]] into %{{.*}}[%[[I]]]
    // CHECK: scf.for %[[J:[^ ,:)]+]] = %
    %q = scf.for %j = %k0 to %i step %k1 iter_args(%s = %p) -> f64 {
      // CHECK: %[[POSITION:[^ ,:)]+]] = arith.addi %[[BASE]], %[[J]]
      // CHECK: tensor.insert %{{.*}} into %{{.*}}[%[[POSITION]]]
      "diff.save"(%s, %i, %j) {id = 0} : (f64, index, index) -> ()
      %t = arith.mulf %s, %s : f64
      scf.yield %t : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
}

// The base is read once for each inner loop.
// CHECK-LABEL: func.func private @f.rev
// CHECK-SAME: %[[TAPE:[^ ,:)]+]]: tensor<?xf64>, %[[BASES:[^ ,:)]+]]: tensor<5xi64>) -> f64
func.func private @f.rev(%x: f64, %ct: f64) -> f64 {
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k4 = arith.constant 4 : index
  %k5 = arith.constant 5 : index
  // CHECK: scf.for
  %r = scf.for %k = %k0 to %k5 step %k1 iter_args(%a = %ct) -> f64 {
    // CHECK: %[[I:[^ ,:)]+]] = arith.subi
    // CHECK: %[[READ:[^ ,:)]+]] = tensor.extract %[[BASES]][%[[I]]]
    // CHECK: %[[BASE:[^ ,:)]+]] = arith.index_cast %[[READ]] : i64 to index
    %i = arith.subi %k4, %k : index
    %last = arith.subi %i, %k1 : index
    // CHECK: scf.for
    %q = scf.for %l = %k0 to %i step %k1 iter_args(%b = %a) -> f64 {
      // CHECK: %[[J:[^ ,:)]+]] = arith.subi
      // CHECK: %[[POSITION:[^ ,:)]+]] = arith.addi %[[BASE]], %[[J]]
      // CHECK: tensor.extract %[[TAPE]][%[[POSITION]]]
      %j = arith.subi %last, %l : index
      %s = "diff.saved"(%i, %j) {id = 0} : (index, index) -> f64
      %t = arith.mulf %s, %b : f64
      %u = arith.addf %t, %t : f64
      scf.yield %u : f64
    }
    scf.yield %q : f64
  }
  return %r : f64
}
