// Branches that a comparison of floats decides are executed one after the other: no float is read, indices are clamped,
// and a write adds to what is there.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-dependencies{function=f wrt=0,1},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.dependencies
// CHECK-SAME: (%{{.*}}: tensor<6xf64>, %{{.*}}: tensor<6xf64>, %[[I:.*]]: index, %[[X:.*]]: tensor<6xi64>, %[[R:.*]]: tensor<6xi64>) -> tensor<6xi64>
func.func @f(%x: tensor<6xf64>, %r: tensor<6xf64>, %i: index) -> tensor<6xf64> {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f64
  %first = tensor.extract %x[%c0] : tensor<6xf64>
  %flag = arith.cmpf ogt, %first, %one : f64
  // CHECK-NOT: scf.if
  %y = scf.if %flag -> (tensor<6xf64>) {
    // CHECK: %[[LOW:.*]] = arith.minsi %[[I]], %[[LAST:.*]] : index
    // CHECK: %[[AT:.*]] = arith.maxsi %{{.*}}, %[[LOW]] : index
    // CHECK: %[[V:.*]] = tensor.extract %[[X]][%[[AT]]] : tensor<6xi64>
    %v = tensor.extract %x[%i] : tensor<6xf64>
    // CHECK: %[[OLD:.*]] = tensor.extract %[[R]][%[[AT]]] : tensor<6xi64>
    // CHECK: %[[NEW:.*]] = arith.ori %[[V]], %[[OLD]]
    // CHECK: tensor.insert %[[NEW]] into %[[R]][%[[AT]]]
    %a = tensor.insert %v into %r[%i] : tensor<6xf64>
    scf.yield %a : tensor<6xf64>
  } else {
    %a = tensor.insert %one into %r[%c0] : tensor<6xf64>
    scf.yield %a : tensor<6xf64>
  }
  return %y : tensor<6xf64>
}
