// Additions to a number that loops only add to may be done in any order; all others keep theirs.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(reassociate)' | FileCheck %s

// Through an inner loop and both sides of a branch.
// CHECK-LABEL: func.func @sums
func.func @sums(%a: tensor<8xf64>, %b: tensor<8xi1>) -> f64 {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  %r = scf.for %i = %k0 to %k8 step %k1 iter_args(%s = %zero) -> f64 {
    %x = tensor.extract %a[%i] : tensor<8xf64>
    // CHECK: arith.addf %{{[^ ]+}}, %{{[^ ]+}} fastmath<reassoc>
    %t = arith.addf %x, %s : f64
    %u = scf.for %j = %k0 to %k8 step %k1 iter_args(%v = %t) -> f64 {
      %y = tensor.extract %a[%j] : tensor<8xf64>
      // CHECK: %[[Z:[^ ]+]] = arith.addf %[[Y:[^ ]+]], %[[Y]] : f64
      %z = arith.addf %y, %y : f64
      // CHECK: arith.subf %{{[^ ]+}}, %[[Z]] fastmath<reassoc>
      %w = arith.subf %v, %z : f64
      scf.yield %w : f64
    }
    %c = tensor.extract %b[%i] : tensor<8xi1>
    %d = scf.if %c -> f64 {
      // CHECK: arith.addf %{{[^ ]+}}, %{{[^ ]+}} fastmath<reassoc>
      %e = arith.addf %u, %x : f64
      scf.yield %e : f64
    } else {
      scf.yield %u : f64
    }
    scf.yield %d : f64
  }
  return %r : f64
}

// A compensated sum looks at its partial sums.
// CHECK-LABEL: func.func @compensated
// CHECK-NOT: reassoc
func.func @compensated(%a: tensor<8xf64>) -> f64 {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  %r:2 = scf.for %i = %k0 to %k8 step %k1 iter_args(%s = %zero, %c = %zero) -> (f64, f64) {
    %x = tensor.extract %a[%i] : tensor<8xf64>
    %y = arith.subf %x, %c : f64
    %t = arith.addf %s, %y : f64
    %h = arith.subf %t, %s : f64
    %l = arith.subf %h, %y : f64
    scf.yield %t, %l : f64, f64
  }
  return %r#0 : f64
}

// So do a running sum that is stored, an alternating sum, a sum that begins anew, two that trade places; and no product.
// CHECK-LABEL: func.func @others
// CHECK-NOT: reassoc
func.func @others(%a: tensor<8xf64>, %b: tensor<8xi1>) -> (tensor<8xf64>, f64, f64, f64, f64, f64) {
  %zero = arith.constant 0.0 : f64
  %k0 = arith.constant 0 : index
  %k1 = arith.constant 1 : index
  %k8 = arith.constant 8 : index
  %r:6 = scf.for %i = %k0 to %k8 step %k1 iter_args(%m = %a, %s = %zero, %t = %zero, %u = %zero, %v = %zero, %p = %zero)
      -> (tensor<8xf64>, f64, f64, f64, f64, f64) {
    %x = tensor.extract %a[%i] : tensor<8xf64>
    %n = arith.addf %s, %x : f64
    %o = tensor.insert %n into %m[%i] : tensor<8xf64>
    %t1 = arith.subf %x, %t : f64
    %c = tensor.extract %b[%i] : tensor<8xi1>
    %u1 = scf.if %c -> f64 {
      %e = arith.addf %u, %x : f64
      scf.yield %e : f64
    } else {
      scf.yield %zero : f64
    }
    %v1 = arith.addf %v, %x : f64
    %p1 = arith.mulf %p, %x : f64
    scf.yield %o, %n, %t1, %v1, %u1, %p1 : tensor<8xf64>, f64, f64, f64, f64, f64
  }
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5 : tensor<8xf64>, f64, f64, f64, f64, f64
}
