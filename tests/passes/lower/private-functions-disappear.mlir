// RUN: wengert-opt %s --pass-pipeline='builtin.module(drop-private)' | FileCheck %s

// CHECK-DAG: func.func private @called() {
// CHECK-DAG: func.func private @called_by_it()
// CHECK-DAG: func.func @program()
// CHECK-NOT: func.func
func.func private @called_by_it()
func.func private @called() {
  call @called_by_it() : () -> ()
  return
}
func.func @program() {
  call @called() : () -> ()
  return
}
func.func private @calls_itself() {
  call @calls_itself() : () -> ()
  return
}
