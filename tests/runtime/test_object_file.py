"""The reader of symbol tables, on the object formats of all platforms."""

import pytest
from llvmlite import binding as llvm

from wengert.runtime.object_file import read_symbols

TEXT = """
@table = global [4 x ptr] zeroinitializer
@text = internal constant [3 x i8] c"abc"
declare double @exp(double)
declare void @wengert_blas_dgemm()
define double @kernel(double %x) {
  %y = call double @exp(double %x)
  call void @wengert_blas_dgemm()
  ret double %y
}
define internal void @helper() noinline {
  ret void
}
define hidden void @concealed() noinline {
  call void @helper()
  ret void
}
"""


def object_for(triple: str) -> bytes:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        machine = llvm.Target.from_triple(triple).create_target_machine(reloc="pic", codemodel="small")
    except RuntimeError:
        pytest.skip(f"this LLVM has no target {triple}")
    module = llvm.parse_assembly(TEXT, context=llvm.create_context())
    module.triple, module.data_layout = triple, str(machine.target_data)
    return bytes(machine.emit_object(module))


@pytest.mark.parametrize(
    "triple", ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "arm64-apple-macosx", "x86_64-apple-macosx"]
)
def test_symbols(triple: str) -> None:
    symbols = read_symbols(object_for(triple))
    assert symbols.defined == {"kernel", "table"}
    assert symbols.undefined == {"exp", "wengert_blas_dgemm"}


def test_no_object_file() -> None:
    with pytest.raises(ValueError, match="neither 64-bit ELF nor Mach-O"):
        read_symbols(b"MZ, a Windows program")
    with pytest.raises(ValueError, match="damaged"):
        read_symbols(object_for(llvm.get_default_triple())[:200])
