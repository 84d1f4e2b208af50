"""What kernels can call: libm, libmvec, and BLAS and LAPACK out of SciPy, compared with NumPy."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest

from tests.runtime.kernels import error, mismatch, run_script
from wengert.runtime import host, jit
from wengert.runtime.entry import build_entry
from wengert.runtime.signature import KernelSignature, Slot

# C = A B, row-major (m, k) (k, n): the column-major C^T = B^T A^T
MATMUL = """
declare void @wengert_blas_dgemm(ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr)
@n = internal constant i8 78
@one = internal constant double 1.0
@zero = internal constant double 0.0
@m.size = internal constant i32 5
@n.size = internal constant i32 7
@k.size = internal constant i32 3
define void @matmul(ptr %a, ptr %b, ptr %c, ptr %err) {
  call void @wengert_blas_dgemm(ptr @n, ptr @n, ptr @n.size, ptr @m.size, ptr @k.size, ptr @one, ptr %b, ptr @n.size,
                                ptr %a, ptr @k.size, ptr @zero, ptr %c, ptr @n.size)
  ret void
}
"""


def test_dgemm_out_of_scipy() -> None:
    signature = KernelSignature("matmul", (Slot("f64", (5, 3)), Slot("f64", (3, 7))), (Slot("f64", (5, 7)),))
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((5, 3)), rng.standard_normal((3, 7))
    (c,) = build_entry(MATMUL, signature, mismatch, error)(a, b)
    np.testing.assert_allclose(c, a @ b, rtol=1e-14)


@pytest.mark.parametrize("routine", ["dgemm", "sgemm", "dgemv", "ddot", "dger", "dtrsm"])
def test_blas_routines_are_found(routine: str) -> None:
    assert host.symbol_address(host.blas_symbol(routine))


@pytest.mark.parametrize("routine", ["dgetrf", "dpotrf", "dsyevd", "dgesdd"])
def test_lapack_routines_are_found(routine: str) -> None:
    assert host.symbol_address(host.lapack_symbol(routine))


def test_scipy_is_imported_only_for_kernels_that_need_it() -> None:
    script = """
import sys
from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE, error, mismatch
from wengert.runtime.entry import build_entry
assert build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error)(3.0) == (9.0,)
print("scipy" in sys.modules, "mlir" in sys.modules)
"""
    assert run_script(script).split() == ["False", "False"]


def test_what_nobody_has() -> None:
    assert host.symbol_address("no_such_function") is None
    assert host.symbol_address("wengert_blas_no_such_routine") is None


@pytest.mark.parametrize("name", ["exp", "atan2", "expf", "cbrt", "erf", "lgamma", "malloc", "free", "memcpy"])
def test_functions_of_the_c_library(name: str) -> None:
    assert host.symbol_address(name)


def test_libmvec_where_it_is() -> None:
    if not host.libmvec_available():
        assert host.libmvec_isas() == ()
        pytest.skip("no libmvec here")
    assert "b" in host.libmvec_isas()
    text = """
    declare <2 x double> @_ZGVbN2v_exp(<2 x double>)
    define void @f(ptr %p) {
      %x = load <2 x double>, ptr %p, align 8
      %y = call <2 x double> @_ZGVbN2v_exp(<2 x double> %x)
      store <2 x double> %y, ptr %p, align 8
      ret void
    }"""
    library = jit.load(jit.emit_object(jit.optimize(text)))
    values = np.array([0.5, -3.0])
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.address("f"))(values.ctypes.data)
    np.testing.assert_allclose(values, np.exp([0.5, -3.0]), rtol=1e-15)


def test_the_host_has_a_name() -> None:
    assert host.cpu_name() in host.describe()
    assert host.triple() in host.describe()
    again = subprocess.run(
        [sys.executable, "-c", "from wengert.runtime import host; print(host.describe())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.strip() == host.describe()
