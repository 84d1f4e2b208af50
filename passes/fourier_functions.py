"""The Fourier transform of one row as a function that calls NumPy's (runtime/fourier.py), in the place of the row."""

from __future__ import annotations

from wengert.passes.fortran import FortranFunction


def _fft(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """One transform of n complex numbers, which are pairs in memory; a byte says which way."""
    function = FortranFunction(name, element, ("n", "two", "x", "ldx"))
    external = f"wengert_fft_{'d' if element == 'f64' else 's'}loop"
    function.externals[external] = 4
    stores = [("%args", k, value, "!llvm.ptr") for k, value in enumerate(("%row", "%factor", "%row"))]
    stores += [("%dimensions", k, value, "i64") for k, value in enumerate(("%one", "%n", "%n"))]
    stores += [("%steps", k, value, "i64") for k, value in enumerate(("%zero", "%zero", "%zero", "%width", "%width"))]
    function.lines.append(f"""%three = llvm.mlir.constant(3 : i64) : i64
  %five = llvm.mlir.constant(5 : i64) : i64
  %bytes = llvm.mlir.constant({function.width} : i64) : i64
  %width = arith.muli %ldx, %bytes : i64
  %row = llvm.inttoptr %x : i64 to !llvm.ptr
  %unit = arith.constant 1.0 : {element}
  %factor = llvm.alloca %one x {element} : (i64) -> !llvm.ptr
  llvm.store %unit, %factor : {element}, !llvm.ptr
  %way = arith.constant {0 if "inverse" in flags else 1} : i8
  %data = llvm.alloca %one x i8 : (i64) -> !llvm.ptr
  llvm.store %way, %data : i8, !llvm.ptr
  %args = llvm.alloca %three x !llvm.ptr : (i64) -> !llvm.ptr
  %dimensions = llvm.alloca %three x i64 : (i64) -> !llvm.ptr
  %steps = llvm.alloca %five x i64 : (i64) -> !llvm.ptr""")
    for memory, k, value, type_ in stores:
        place = f"%{memory[1:]}{k}"
        function.lines.append(f"""{place} = llvm.getelementptr {memory}[{k}] : (!llvm.ptr) -> !llvm.ptr, {type_}
  llvm.store {value}, {place} : {type_}, !llvm.ptr""")
    pointers = ", ".join(["!llvm.ptr"] * 4)
    function.lines.append(f"llvm.call @{external}(%args, %dimensions, %steps, %data) : ({pointers}) -> ()")
    return function.text()


#: By the names that lowerings give.
TRANSFORMS = {"fft": _fft}
