"""Kernels written by hand in LLVM IR, after the kernel ABI, and how the tests build entries for them."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from wengert.runtime.signature import KernelSignature, Slot

VECTOR = Slot("f64", (8,))

# y = x * x
SQUARE = """
define void @square(double %x, ptr %y, ptr %err) {
  %xx = fmul double %x, %x
  store double %xx, ptr %y
  ret void
}
"""
SQUARE_SIGNATURE = KernelSignature("square", (Slot("f64"),), (Slot("f64"),))

# c = a + b
ADD = """
define void @add(ptr noalias %a, ptr noalias %b, ptr noalias %c, ptr %err) {
  %x = load <8 x double>, ptr %a, align 8
  %y = load <8 x double>, ptr %b, align 8
  %z = fadd <8 x double> %x, %y
  store <8 x double> %z, ptr %c, align 8
  ret void
}
"""
ADD_SIGNATURE = KernelSignature("add", (VECTOR, VECTOR), (VECTOR,))

# a += b, and the last element before
INCREMENT = """
define void @increment(ptr noalias %a, ptr noalias %b, ptr %last, ptr %err) {
  %x = load <8 x double>, ptr %a, align 8
  %y = load <8 x double>, ptr %b, align 8
  %z = fadd <8 x double> %x, %y
  store <8 x double> %z, ptr %a, align 8
  %before = extractelement <8 x double> %x, i64 7
  store double %before, ptr %last
  ret void
}
"""
INCREMENT_SIGNATURE = KernelSignature("increment", (VECTOR, VECTOR), (VECTOR, Slot("f64")), (0, None))

# gives its four scalars back
ECHO = """
define void @echo(double %a, float %b, i64 %c, i8 %d, ptr %ra, ptr %rb, ptr %rc, ptr %rd, ptr %err) {
  store double %a, ptr %ra
  store float %b, ptr %rb
  store i64 %c, ptr %rc
  store i8 %d, ptr %rd
  ret void
}
"""
_SCALARS = (Slot("f64"), Slot("f32"), Slot("i64"), Slot("i1"))
ECHO_SIGNATURE = KernelSignature("echo", _SCALARS, _SCALARS)

# fills an array with 1.0; records failed check number `code` with the values 7 and -9
FAIL = """
define void @fail(i64 %code, ptr %array, ptr %scalar, ptr %err) {
  store <8 x double> splat (double 1.0), ptr %array, align 8
  store double 2.0, ptr %scalar
  store i64 %code, ptr %err
  %a = getelementptr i64, ptr %err, i64 1
  store i64 7, ptr %a
  %b = getelementptr i64, ptr %err, i64 2
  store i64 -9, ptr %b
  ret void
}
"""
FAIL_SIGNATURE = KernelSignature("fail", (Slot("i64"),), (VECTOR, Slot("f64")))

# the first n rows of a, in memory that is handed over; n < 0 is an error
ROWS = """
declare ptr @malloc(i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define void @rows(ptr %a, i64 %n, ptr %words, ptr %other, i64 %count, ptr %err) {
  %signed = ashr i64 %n, 63
  %magnitude = xor i64 %n, %signed
  %more = icmp sgt i64 %magnitude, %count
  %rows = select i1 %more, i64 %count, i64 %magnitude
  %bytes = mul i64 %rows, 24
  %memory = call ptr @malloc(i64 %bytes)
  call void @llvm.memcpy.p0.p0.i64(ptr %memory, ptr %a, i64 %bytes, i1 false)
  store ptr %memory, ptr %words
  %extent = getelementptr i64, ptr %words, i64 1
  store i64 %rows, ptr %extent
  %width = getelementptr i64, ptr %words, i64 2
  store i64 3, ptr %width
  %others = call ptr @malloc(i64 %rows)
  call void @llvm.memcpy.p0.p0.i64(ptr %others, ptr %a, i64 %rows, i1 false)
  store ptr %others, ptr %other
  %extents = getelementptr i64, ptr %other, i64 1
  store i64 %rows, ptr %extents
  %code = and i64 %signed, 1
  store i64 %code, ptr %err
  ret void
}
"""
_ANY_ROWS = Slot("f64", (None, 3))
ROWS_SIGNATURE = KernelSignature("rows", (_ANY_ROWS, Slot("i64")), (_ANY_ROWS, Slot("i8", (None,))))

# tells that it runs (flags[0] = 1), then waits until another thread sets flags[1], at most `limit` turns; was it set?
WAIT = """
define void @wait(ptr %flags, i64 %limit, ptr %seen, ptr %err) {
start:
  store atomic i64 1, ptr %flags seq_cst, align 8
  %flag = getelementptr i64, ptr %flags, i64 1
  br label %turn
turn:
  %i = phi i64 [0, %start], [%next, %again]
  %set = load atomic i64, ptr %flag seq_cst, align 8
  %done = icmp ne i64 %set, 0
  br i1 %done, label %end, label %again
again:
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %limit
  br i1 %more, label %turn, label %end
end:
  %result = phi i64 [1, %turn], [0, %again]
  store i64 %result, ptr %seen
  ret void
}
"""
WAIT_SIGNATURE = KernelSignature("wait", (Slot("i64", (2,)), Slot("i64")), (Slot("i64", (2,)), Slot("i64")), (0, None))


def empty_kernel(signature: KernelSignature) -> str:
    """A kernel of the signature (arrays only) that does nothing."""
    parameters = ", ".join(["ptr"] * (len(signature.arguments) + len(signature.returned) + 1))
    return f"define void @{signature.name}({parameters}) {{\n  ret void\n}}\n"


def mismatch(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """An `on_mismatch` that says it was called."""
    return ("mismatch", args, kwargs)


def error(code: int, a: int, b: int, c: int) -> BaseException:
    """An `on_error` that keeps what was recorded."""
    return IndexError(code, a, b, c)


Build = Callable[..., Callable[..., Any]]


def run_script(script: str, timeout: float = 120) -> str:
    """Runs Python that may crash in a process of its own; its standard output. Fails if that does not end well."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
