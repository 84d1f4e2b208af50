"""From text to code in memory: what is refused, and how long code stays."""

import ctypes
import hashlib
from typing import Any

import pytest

from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE, run_script
from wengert.runtime import jit
from wengert.runtime.entry import compile_kernel

CALLS_EXP = """
declare double @exp(double)
define double @f(double %x) {
  %y = call double @exp(double %x)
  ret double %y
}
define internal double @helper(double %x) noinline {
  ret double %x
}
define hidden double @concealed(double %x) noinline {
  ret double %x
}
"""


def as_function(library: jit.Library, symbol: str) -> Any:
    function: Any = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(library.address(symbol))
    function.lease = library.lease
    return function


def test_text_to_code() -> None:
    library = jit.load(jit.emit_object(jit.optimize(CALLS_EXP)))
    assert as_function(library, "f")(0.0) == 1.0
    assert library.symbols == {"f"}
    with pytest.raises(KeyError):
        library.address("helper")


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_levels(level: int) -> None:
    module = jit.optimize(SQUARE, level=level)
    assert "@square" in str(module)
    assert "square:" in jit.emit_assembly(module, level=level)
    assert jit.load(jit.emit_object(module, level=level)).symbols == {"square"}


def test_text_is_optimised() -> None:
    text = "define i64 @f() {\n %a = add i64 40, 2\n %b = mul i64 %a, 1\n ret i64 %b\n}"
    assert "ret i64 42" in str(jit.optimize(text))


def test_optimised_text_can_be_taken_as_it_is() -> None:
    text = str(jit.optimize(CALLS_EXP))
    assert jit.emit_object(text) == jit.emit_object(jit.optimize(CALLS_EXP))
    assert "callq\texp" in jit.emit_assembly(text) or "bl\t" in jit.emit_assembly(text)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "define i32 @f() {\n  ret i64 0\n}",
        "define void @f() {\n  br label %nowhere\n}",
        "define void @f() {",
    ],
)
def test_text_llvm_does_not_accept(text: str) -> None:
    with pytest.raises(jit.CompilationError, match="error"):
        jit.optimize(text)


def test_a_module_that_parses_but_does_not_verify() -> None:
    text = """
    define i64 @f(i1 %c) {
    start:
      br i1 %c, label %left, label %end
    left:
      %x = add i64 1, 2
      br label %end
    end:
      ret i64 %x
    }"""
    with pytest.raises(jit.CompilationError, match="does not dominate"):
        jit.optimize(text)


def test_unresolved_symbols_are_named() -> None:
    text = """
    declare void @no_such_function()
    declare void @wengert_blas_nonsense()
    declare double @exp(double)
    define double @f(double %x) {
      call void @no_such_function()
      call void @wengert_blas_nonsense()
      %y = call double @exp(double %x)
      ret double %y
    }"""
    code = jit.emit_object(jit.optimize(text))
    with pytest.raises(jit.UnresolvedSymbolError, match="no_such_function, wengert_blas_nonsense") as caught:
        jit.load(code)
    assert caught.value.symbols == ("no_such_function", "wengert_blas_nonsense")


def test_symbols_of_the_caller() -> None:
    callback = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: x + 1)
    address = ctypes.cast(callback, ctypes.c_void_p).value
    assert address is not None
    text = CALLS_EXP.replace("@exp", "@mine")
    library = jit.load(jit.emit_object(jit.optimize(text)), symbols={"mine": address})
    assert as_function(library, "f")(2.0) == 3.0


def test_damaged_object_code() -> None:
    script = """
from tests.runtime.kernels import SQUARE
from wengert.runtime import jit
code = jit.emit_object(jit.optimize(SQUARE))
for data in (b"", b"text" * 50, code[:100], code[:-30], code[: len(code) // 2], b"\\x7fELF\\x02\\x01" + bytes(500)):
    try:
        print("loaded", jit.load(data).address("square"))
    except (ValueError, jit.CompilationError, KeyError) as error:
        print("refused")
print(jit.load(code).symbols)
"""
    assert run_script(script).splitlines() == ["refused"] * 6 + ["frozenset({'square'})"]


def test_two_libraries_with_one_name() -> None:
    texts = [f"define double @f(double %x) {{\n %y = fadd double %x, {k}.0\n ret double %y\n}}" for k in range(3)]
    libraries = [jit.load(jit.emit_object(jit.optimize(text))) for text in texts]
    assert [as_function(library, "f")(0.5) for library in libraries] == [0.5, 1.5, 2.5]


def test_compiling_and_loading_in_threads() -> None:
    script = """
import ctypes, threading
from wengert.runtime import jit
results = {}
def work(k):
    for i in range(3):
        text = f"define double @f(double %x) {{\\n %y = fmul double %x, {k}.0\\n ret double %y\\n}}"
        library = jit.load(jit.emit_object(jit.optimize(text)))
        results[k, i] = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(library.address("f"))(2.0)
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert results == {(k, i): 2.0 * k for k in range(8) for i in range(3)}
"""
    run_script(script)


def test_code_is_unmapped_when_nobody_holds_it() -> None:
    script = """
import gc, weakref
from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE, error, mismatch
from wengert.runtime import jit
from wengert.runtime.entry import build_entry, compile_kernel
unloaded = []
unload = jit._unload
jit._unload = lambda tracker: (unloaded.append(1), unload(tracker))
code = compile_kernel(SQUARE, SQUARE_SIGNATURE)
library = jit.load(code)
entry = build_entry(library, SQUARE_SIGNATURE, mismatch, error)
del library
gc.collect()
assert not unloaded and entry(3.0) == (9.0,)
del entry
assert len(unloaded) == 1
for _ in range(50):
    build_entry(jit.load(code), SQUARE_SIGNATURE, mismatch, error)(1.0)
assert len(unloaded) == 51
"""
    run_script(script)


def test_object_code_does_not_depend_on_the_process() -> None:
    """Neither addresses nor anything random: what one process compiled, another loads."""
    script = """
from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE
from wengert.runtime.entry import compile_kernel
import hashlib
print(hashlib.sha256(compile_kernel(SQUARE, SQUARE_SIGNATURE)).hexdigest())
"""
    assert run_script(script).strip() == hashlib.sha256(compile_kernel(SQUARE, SQUARE_SIGNATURE)).hexdigest()
