// The window of x is zero where the loop begins and cleared where it ends: each iteration clears it first instead, and
// what is added there overwrites.  After the loop it is cleared once.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(raise-windows)' | FileCheck %s
// RUN: wengert-opt %s --pass-pipeline='builtin.module(raise-windows,lower-tensors,bufferize,window-rows,canonicalize)' \
// RUN:   | FileCheck %s --check-prefix=ROWS

// CHECK-LABEL: func.func @f
func.func @f(%y: tensor<9xf64>, %n: index) -> tensor<9xf64> {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = "nd.full"(%zero) : (f64) -> tensor<9xf64>
  // CHECK: %[[LOOP:.*]] = scf.for {{.*}} iter_args(%[[X:.*]] = %{{.*}})
  // CHECK: "nd.add_windows"(%[[X]],
  // CHECK-SAME: cleared = 1
  // CHECK-SAME: static_offsets = array<i64: 1, 0, 2>
  // CHECK-NOT: tensor.insert_slice
  // CHECK: scf.yield
  // CHECK: tensor.insert_slice %{{.*}} into %[[LOOP]][1] [7] [1]

  // One pass over the row: borders written out, the core without a load of what it overwrites.
  // ROWS-LABEL: func.func @f
  // ROWS: scf.for
  // ROWS: %[[BEFORE:.*]] = memref.load %[[ARRAY:.*]][%c0]
  // ROWS: arith.addf %[[BEFORE]],
  // ROWS: memref.store %{{.*}}, %[[ARRAY]][%c0]
  // ROWS: memref.store %{{.*}}, %[[ARRAY]][%c1]
  // ROWS: scf.for %[[P:.*]] = %c2 to %c7
  // ROWS-NOT: memref.load %[[ARRAY]]
  // ROWS: memref.store %{{.*}}, %[[ARRAY]][%[[P]]]
  // ROWS: memref.store %{{.*}}, %[[ARRAY]][%c7]
  // ROWS: memref.load %[[ARRAY]][%c8]
  // ROWS: memref.store %{{.*}}, %[[ARRAY]][%c8]
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%x = %start) -> (tensor<9xf64>) {
    %e = tensor.extract_slice %y[1] [7] [1] : tensor<9xf64> to tensor<7xf64>
    %a = tensor.extract_slice %x[0] [7] [1] : tensor<9xf64> to tensor<7xf64>
    %b = arith.addf %a, %e {nd.accumulate} : tensor<7xf64>
    %x1 = tensor.insert_slice %b into %x[0] [7] [1] : tensor<7xf64> into tensor<9xf64>
    %c = tensor.extract_slice %x1[2] [7] [1] : tensor<9xf64> to tensor<7xf64>
    %d = arith.addf %c, %e {nd.accumulate} : tensor<7xf64>
    %x2 = tensor.insert_slice %d into %x1[2] [7] [1] : tensor<7xf64> into tensor<9xf64>
    %z = "nd.full"(%zero) : (f64) -> tensor<7xf64>
    %x3 = tensor.insert_slice %z into %x2[1] [7] [1] : tensor<7xf64> into tensor<9xf64>
    scf.yield %x3 : tensor<9xf64>
  }
  return %r : tensor<9xf64>
}
