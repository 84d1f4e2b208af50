// An op that a C function computes becomes a call of it: declared once, of float64, without effects.  One that returns
// several numbers is called from a function that has places for them; one that SciPy lacks is defined.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(external-calls)' | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[X:.*]]: f64, %[[Y:.*]]: f32)
func.func @f(%x: f64, %y: f32) -> (f64, f32, f64, f64, f64) {
  // CHECK: %[[SKIP:.*]] = arith.constant 0 : i32
  // CHECK: llvm.call @wengert_special_d_erfinv(%[[X]], %[[SKIP]]) : (f64, i32) -> f64
  %a = "nd.erfinv"(%x) : (f64) -> f64
  // CHECK: %[[WIDE:.*]] = arith.extf %[[Y]] : f32 to f64
  // CHECK: %[[INVERSE:.*]] = llvm.call @wengert_special_d_erfinv(%[[WIDE]]
  // CHECK: arith.truncf %[[INVERSE]] : f64 to f32
  %b = "nd.erfinv"(%y) : (f32) -> f32
  // CHECK: %[[ORDER:.*]] = arith.fptosi %[[X]] : f64 to i64
  // CHECK: llvm.call @wengert_special_ld_expn(%[[ORDER]], %[[X]]
  %c = "nd.expn"(%x, %x) : (f64, f64) -> f64
  // CHECK: llvm.call @wengert.fresnel.1(%[[X]]) : (f64) -> f64
  %d = "nd.fresnel_c"(%x) : (f64) -> f64
  // CHECK: call @wengert.zeta(%[[X]], %[[X]])
  %e = "nd.zeta"(%x, %x) : (f64, f64) -> f64
  return %a, %b, %c, %d, %e : f64, f32, f64, f64, f64
}

// CHECK: llvm.func @wengert_special_d_erfinv(f64, i32) -> f64 attributes {memory_effects = #llvm.memory_effects<other = none
// CHECK-NOT: llvm.func @wengert_special_d_erfinv
// CHECK: llvm.func @wengert_special_dpp_fresnel(f64, !llvm.ptr, !llvm.ptr)
// CHECK: llvm.func internal @wengert.fresnel.1(%{{.*}}: f64) -> f64
// CHECK: func.func private @wengert.zeta
