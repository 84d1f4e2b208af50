// RUN: wengert-opt %s --pass-pipeline='gpu-exact-sqrt' | FileCheck %s

// libdevice would take sqrt.approx for f32; its f64 root is exact.

// CHECK: llvm.call_intrinsic "llvm.nvvm.sqrt.rn.f"(%{{.*}}) : (f32) -> f32
// CHECK: math.sqrt %{{.*}} : f64
module attributes {gpu.container_module} {
  gpu.module @kernels {
    gpu.func @f(%x: memref<9xf32>, %y: memref<9xf64>) kernel {
      %i = gpu.thread_id x
      %a = memref.load %x[%i] : memref<9xf32>
      %b = math.sqrt %a : f32
      memref.store %b, %x[%i] : memref<9xf32>
      %c = memref.load %y[%i] : memref<9xf64>
      %d = math.sqrt %c : f64
      memref.store %d, %y[%i] : memref<9xf64>
      gpu.return
    }
  }
}
