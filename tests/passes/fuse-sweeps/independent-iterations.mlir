// Where the iterations of the reverse loop may run in any order, they run in the primal loop, and nothing is taped.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(fuse-sweeps)' | FileCheck %s

// One element of %c belongs to each iteration; %d and %t are only added to.
// CHECK-LABEL: func.func @independent
// CHECK-SAME: (%[[X:[^ ]+]]: tensor<8xf64>, %[[K:[^ ]+]]: tensor<8xindex>, %[[D:[^ ]+]]: tensor<3xf64>)
func.func @independent(%x: tensor<8xf64>, %k: tensor<8xindex>, %d0: tensor<3xf64>) -> (f64, tensor<8xf64>, tensor<3xf64>, f64) {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %tape = "nd.empty"() {diff.tape = "f:0"} : () -> tensor<8xf64>
  // CHECK-NOT: diff.tape
  // CHECK: %[[C:[^ ]+]] = "nd.full"
  // CHECK: %[[R:[^ ]+]]:4 = scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[S:[^ ]+]] = %{{[^ ]+}}, %[[E:[^ ]+]] = %[[C]], %{{[^ ]+}} = %[[D]], %{{[^ ]+}} = %{{[^ ]+}})
  %r:2 = scf.for %i = %k0 to %k8 step %k1 iter_args(%s = %zero, %u = %tape) -> (f64, tensor<8xf64>) {
    %a = tensor.extract %x[%i] : tensor<8xf64>
    // CHECK: %[[V:[^ ]+]] = math.exp
    %e = math.exp %a : f64
    %w = tensor.insert %e into %u[%i] : tensor<8xf64>
    %n = arith.addf %s, %e : f64
    scf.yield %n, %w : f64, tensor<8xf64>
  }
  // CHECK: %[[O:[^ ]+]] = tensor.extract %[[E]][%[[I]]]
  // CHECK: %[[P:[^ ]+]] = arith.addf %[[O]], %[[V]]
  // CHECK: tensor.insert %[[P]] into %[[E]][%[[I]]]
  // CHECK: scf.yield
  // CHECK-NOT: scf.for
  // CHECK: return %[[R]]#0, %[[R]]#1, %[[R]]#2, %[[R]]#3
  %c0 = "nd.full"(%zero) : (f64) -> tensor<8xf64>
  %q:3 = scf.for %j = %k0 to %k8 step %k1 iter_args(%c = %c0, %d = %d0, %t = %zero) -> (tensor<8xf64>, tensor<3xf64>, f64) {
    %i = arith.subi %k7, %j : index
    %v = tensor.extract %r#1[%i] : tensor<8xf64>
    %o = tensor.extract %c[%i] : tensor<8xf64>
    %p = arith.addf %o, %v : f64
    %m = tensor.insert %p into %c[%i] : tensor<8xf64>
    %at = tensor.extract %k[%i] : tensor<8xindex>
    %f = tensor.extract %d[%at] : tensor<3xf64>
    %g = arith.addf %f, %v : f64
    %h = tensor.insert %g into %d[%at] : tensor<3xf64>
    %l = arith.addf %t, %v : f64
    scf.yield %m, %h, %l : tensor<8xf64>, tensor<3xf64>, f64
  }
  return %r#0, %q#0, %q#1, %q#2 : f64, tensor<8xf64>, tensor<3xf64>, f64
}

// A recurrence: the order matters.
// CHECK-LABEL: func.func @recurrence
func.func @recurrence(%x: tensor<8xf64>) -> (f64, f64) {
  %one = arith.constant 1.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  // CHECK: diff.tape
  %tape = "nd.empty"() {diff.tape = "f:0"} : () -> tensor<8xf64>
  // CHECK: scf.for
  %r:2 = scf.for %i = %k0 to %k8 step %k1 iter_args(%s = %one, %u = %tape) -> (f64, tensor<8xf64>) {
    %w = tensor.insert %s into %u[%i] : tensor<8xf64>
    %a = tensor.extract %x[%i] : tensor<8xf64>
    %n = arith.mulf %s, %a : f64
    scf.yield %n, %w : f64, tensor<8xf64>
  }
  // CHECK: scf.for
  %q = scf.for %j = %k0 to %k8 step %k1 iter_args(%t = %one) -> f64 {
    %i = arith.subi %k7, %j : index
    %v = tensor.extract %r#1[%i] : tensor<8xf64>
    %m = arith.mulf %t, %v : f64
    scf.yield %m : f64
  }
  return %r#0, %q : f64, f64
}

// The reverse loop begins with what the primal one has summed up.
// CHECK-LABEL: func.func @needs_the_sum
func.func @needs_the_sum(%x: tensor<8xf64>) -> f64 {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %tape = "nd.empty"() {diff.tape = "f:0"} : () -> tensor<8xf64>
  // CHECK: %[[R:[^ ]+]]:2 = scf.for
  %r:2 = scf.for %i = %k0 to %k8 step %k1 iter_args(%s = %zero, %u = %tape) -> (f64, tensor<8xf64>) {
    %a = tensor.extract %x[%i] : tensor<8xf64>
    %w = tensor.insert %a into %u[%i] : tensor<8xf64>
    %n = arith.addf %s, %a : f64
    scf.yield %n, %w : f64, tensor<8xf64>
  }
  // CHECK: %[[F:[^ ]+]] = math.exp %[[R]]#0
  %f = math.exp %r#0 : f64
  // CHECK: scf.for
  %q = scf.for %j = %k0 to %k8 step %k1 iter_args(%t = %zero) -> f64 {
    %i = arith.subi %k7, %j : index
    %v = tensor.extract %r#1[%i] : tensor<8xf64>
    %g = arith.mulf %v, %f : f64
    %m = arith.addf %t, %g : f64
    scf.yield %m : f64
  }
  return %q : f64
}

// An element of a neighbouring iteration; elements that are overwritten, not added to; another element of the tape.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-4: scf.for
func.func @others(%x: tensor<8xf64>, %k: tensor<8xindex>) -> (tensor<9xf64>, tensor<3xf64>, f64) {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k6 = arith.constant 6 : index
  %k7 = arith.constant 7 : index
  %k8 = arith.constant 8 : index
  %tape = "nd.empty"() {diff.tape = "f:0"} : () -> tensor<8xf64>
  %r = scf.for %i = %k0 to %k8 step %k1 iter_args(%u = %tape) -> tensor<8xf64> {
    %a = tensor.extract %x[%i] : tensor<8xf64>
    %w = tensor.insert %a into %u[%i] : tensor<8xf64>
    scf.yield %w : tensor<8xf64>
  }
  %c0 = "nd.full"(%zero) : (f64) -> tensor<9xf64>
  %q = scf.for %j = %k0 to %k8 step %k1 iter_args(%c = %c0) -> tensor<9xf64> {
    %i = arith.subi %k7, %j : index
    %n = arith.addi %i, %k1 : index
    %v = tensor.extract %r[%i] : tensor<8xf64>
    %o = tensor.extract %c[%n] : tensor<9xf64>
    %p = arith.mulf %o, %v : f64
    %m = tensor.insert %p into %c[%i] : tensor<9xf64>
    scf.yield %m : tensor<9xf64>
  }
  %s = scf.for %i = %k0 to %k8 step %k1 iter_args(%u = %tape) -> tensor<8xf64> {
    %a = tensor.extract %x[%i] : tensor<8xf64>
    %b = math.exp %a : f64
    %w = tensor.insert %b into %u[%i] : tensor<8xf64>
    scf.yield %w : tensor<8xf64>
  }
  %d0 = "nd.full"(%zero) : (f64) -> tensor<3xf64>
  %y = scf.for %j = %k0 to %k8 step %k1 iter_args(%c = %d0) -> tensor<3xf64> {
    %i = arith.subi %k7, %j : index
    %v = tensor.extract %s[%i] : tensor<8xf64>
    %at = tensor.extract %k[%i] : tensor<8xindex>
    %m = tensor.insert %v into %c[%at] : tensor<3xf64>
    scf.yield %m : tensor<3xf64>
  }
  return %q, %y, %zero : tensor<9xf64>, tensor<3xf64>, f64
}
