// Loops over chunks become calls of the pool, with what they use in a frame.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(fork-calls)' | FileCheck %s

// CHECK-LABEL: llvm.func @f
// CHECK: llvm.call @f.loop0.fork
llvm.func @f(%x: !llvm.ptr, %s: f64) {
  llvm.call @f.loop0.fork(%x, %s) : (!llvm.ptr, f64) -> ()
  llvm.return
}

// CHECK: llvm.func internal @f.loop0(%{{.*}}: !llvm.ptr {llvm.noalias}
llvm.func @f.loop0(%x: !llvm.ptr {llvm.noalias}, %s: f64, %chunk: i64) attributes {sym_visibility = "private"} {
  %p = llvm.getelementptr %x[%chunk] : (!llvm.ptr, i64) -> !llvm.ptr, f64
  llvm.store %s, %p : f64, !llvm.ptr
  llvm.return
}

llvm.func @f.loop0.fork(%x: !llvm.ptr {llvm.noalias}, %s: f64)
    attributes {sym_visibility = "private", wengert.body = "f.loop0", wengert.chunks = 8 : i64, wengert.threads = 2 : i64} {
  llvm.return
}

// CHECK: llvm.func @wengert_fork(!llvm.ptr, !llvm.ptr, i64, i64)
// CHECK: llvm.func internal @f.loop0.fork(
// CHECK: llvm.store %{{.*}}, %[[FRAME:[^ ]+]] : !llvm.struct<(ptr, f64)>, !llvm.ptr
// CHECK: %[[START:.*]] = llvm.mlir.addressof @f.loop0.fork.chunk
// CHECK: llvm.call @wengert_fork(%[[START]], %[[FRAME]], %{{.*}}, %{{.*}})
// CHECK: llvm.func internal @f.loop0.fork.chunk(%[[PLACE:.*]]: !llvm.ptr, %[[CHUNK:.*]]: i64)
// CHECK: llvm.call @f.loop0(%{{.*}}, %{{.*}}, %[[CHUNK]])
