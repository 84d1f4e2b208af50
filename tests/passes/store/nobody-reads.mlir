// Without a linear or a reverse function there is nobody to store residuals for.
// RUN: wengert-opt %s --verify-diagnostics --pass-pipeline='builtin.module(diff-store{function=f})'

// expected-error@+1 {{there is neither @f.lin nor @f.rev}}
func.func private @f.fwd(%x: f64) -> f64 {
  "diff.save"(%x) {id = 0} : (f64) -> ()
  return %x : f64
}
