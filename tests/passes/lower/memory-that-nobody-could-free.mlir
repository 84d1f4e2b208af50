// RUN: wengert-opt %s --pass-pipeline='builtin.module(place-buffers)' --verify-diagnostics

func.func @f(%c: i1, %a: memref<?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %r = scf.if %c -> (memref<?xf64>) {
    %size = arith.addi %n, %n : index
    // expected-error@+3 {{an array of a size known only inside a loop or branch is used after it}}
    // expected-note@+2 {{its memory could not be freed}}
    // expected-note@+1 {{create it before the loop or branch, with a size known there}}
    %x = memref.alloc(%size) : memref<?xf64>
    scf.yield %x : memref<?xf64>
  } else {
    scf.yield %a : memref<?xf64>
  }
  %e = memref.load %r[%c0] : memref<?xf64>
  return %e : f64
}
