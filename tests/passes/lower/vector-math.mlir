// Declarations of libm functions list their vector variants, which are kept although nobody calls them yet.
// RUN: wengert-opt %s --pass-pipeline='builtin.module(math-library{isas=d,b})' | FileCheck %s

// CHECK: llvm.func @exp(f64) -> f64 attributes {memory_effects = {{.*}}errnoMem = none
// CHECK-SAME: "vector-function-abi-variant", "_ZGV_LLVM_N4v_exp(_ZGVdN4v_exp),_ZGV_LLVM_N2v_exp(_ZGVbN2v_exp)"
// CHECK: llvm.func @atan2f({{.*}}"_ZGV_LLVM_N8vv_atan2f(_ZGVdN8vv_atan2f),_ZGV_LLVM_N4vv_atan2f(_ZGVbN4vv_atan2f)"
// CHECK: llvm.func @fmod(f64, f64) -> f64{{$}}
// CHECK: llvm.func @_ZGVdN4v_exp(vector<4xf64>) -> vector<4xf64>
// CHECK-NOT: _ZGVe
// CHECK: llvm.mlir.global appending @llvm.compiler.used()
llvm.func @exp(f64) -> f64
llvm.func @atan2f(f32, f32) -> f32
llvm.func @fmod(f64, f64) -> f64
