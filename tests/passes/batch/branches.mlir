// A branch runs if an example takes it, on values of the first that does; a store under a mask writes back what is there.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(diff-batch{function=f size=8 batched=0,1},simplify)' | FileCheck %s

// CHECK-LABEL: func.func private @f.batched
// CHECK-SAME: (%[[X:.*]]: tensor<8xf64>, %[[A:.*]]: tensor<8x4xf64>, %[[I:.*]]: index)
func.func @f(%x: f64, %a: tensor<4xf64>, %i: index) -> (f64, tensor<4xf64>) {
  %zero = arith.constant 0.0 : f64
  // CHECK: %[[C:.*]] = arith.cmpf ogt, %[[X]]
  // CHECK: %[[ANY:.*]] = "nd.reduce"(%[[C]]) {{.*}}kind = "any"
  // CHECK: %[[R:.*]]:2 = scf.if %[[ANY]] -> (tensor<8xf64>, tensor<8x4xf64>)
  %c = arith.cmpf ogt, %x, %zero : f64
  %r:2 = scf.if %c -> (f64, tensor<4xf64>) {
    // CHECK: %[[FIRST:.*]] = arith.index_cast
    // CHECK: %[[OTHER:.*]] = tensor.extract %[[X]][%[[FIRST]]]
    // CHECK: %[[STOPPED:.*]] = "diff.stop_gradient"(%[[OTHER]])
    // CHECK: %[[FILLED:.*]] = "nd.full"(%[[STOPPED]])
    // CHECK: %[[SAFE:.*]] = arith.select %[[C]], %[[X]], %[[FILLED]]
    // CHECK: %[[Y:.*]] = math.sqrt %[[SAFE]]
    // CHECK: %[[THERE:.*]] = tensor.extract_slice %[[A]][0, %[[I]]] [8, 1] [1, 1]
    // CHECK: %[[NEW:.*]] = arith.select %[[C]], %[[Y]], %[[THERE]]
    // CHECK: tensor.insert_slice %[[NEW]] into %[[A]][0, %[[I]]] [8, 1] [1, 1]
    %y = math.sqrt %x : f64
    %b = tensor.insert %y into %a[%i] : tensor<4xf64>
    scf.yield %y, %b : f64, tensor<4xf64>
  } else {
    scf.yield %zero, %a : f64, tensor<4xf64>
  }
  // The numbers are selected, the array is not.
  // CHECK: %[[NUMBER:.*]] = arith.select %[[C]], %[[R]]#0
  // CHECK-NEXT: return %[[NUMBER]], %[[R]]#1
  return %r#0, %r#1 : f64, tensor<4xf64>
}
