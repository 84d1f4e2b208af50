"""Compile a module by the lowering pipeline, call it, and compare it with the interpreter.

Only what lies below the front end is used: the pipeline, LLVM, and a call by ctypes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir, is_tensor
from wengert.dialects.control import find_function, function_types
from wengert.dialects.interpret import run
from wengert.dialects.op import DTYPES, dtype_name
from wengert.passes.base import run_pipeline
from wengert.passes.expand import DiffExpand
from wengert.passes.pipeline import LoweredModule, LoweringOptions, compile_to_llvmir
from wengert.runtime import jit
from wengert.runtime.host import libmvec_isas

#: How the machine that runs the tests would be compiled for.
NATIVE = LoweringOptions(vector_isas=libmvec_isas(), vector_width=512 if "e" in libmvec_isas() else 0)
_SCALARS = {"f64": ctypes.c_double, "f32": ctypes.c_float, "i64": ctypes.c_int64, "index": ctypes.c_int64,
            "i1": ctypes.c_int8}


class Compiled:
    """A kernel: called with arrays and scalars it returns the list of its results.

    Args:
        into: result number -> the argument it is written into; that argument is changed and returned.
    """

    def __init__(self, text: str, name: str = "f", into: Mapping[int, int] | None = None,
                 options: LoweringOptions = NATIVE, record: bool = False) -> None:
        module = ir.Module.parse(text)
        self._arguments, self._results = function_types(find_function(module, name))
        self.lowered: LoweredModule = compile_to_llvmir(module, options=options, record=record)
        self._library = jit.load(jit.emit_object(jit.optimize(self.lowered.llvm_ir)))
        self._address = self._library.address(name)
        self._into = dict(into or {})
        self.failure = np.zeros(4, np.int64)

    def __call__(self, *arguments: Any) -> list[Any]:
        kinds: list[Any] = []
        values: list[Any] = []
        kept = [np.ascontiguousarray(a) if is_tensor(t) else a for a, t in zip(arguments, self._arguments, strict=True)]
        for argument, type_ in zip(kept, self._arguments, strict=True):
            kind = ctypes.c_void_p if is_tensor(type_) else _SCALARS[dtype_name(type_)]
            scalar = argument if kind in (ctypes.c_double, ctypes.c_float, ctypes.c_void_p) else int(argument)
            kinds.append(kind)
            values.append(argument.ctypes.data if is_tensor(type_) else scalar)
        results = []
        for k, type_ in enumerate(self._results):
            if k in self._into:
                results.append(kept[self._into[k]])
                continue
            results.append(np.full(type_.shape if is_tensor(type_) else (), 99, DTYPES[dtype_name(type_)]))
            kinds.append(ctypes.c_void_p)
            values.append(results[-1].ctypes.data)
        self.failure[:] = 0
        ctypes.CFUNCTYPE(None, *kinds, ctypes.c_void_p)(self._address)(*values, self.failure.ctypes.data)
        return results


def interpreted(text: str, arguments: Sequence[Any], name: str = "f") -> list[Any]:
    """The results by the interpreter, after declared derivatives are defined."""
    module = ir.Module.parse(text)
    run_pipeline(module, [DiffExpand()])
    return run(module, name, arguments)


def assert_close(got: Sequence[Any], expected: Sequence[Any], tolerance: float = 1e-12) -> None:
    """Floats agree to the tolerance (float32 to 1e-5), everything else exactly."""
    for k, (x, y) in enumerate(zip(got, expected, strict=True)):
        x, y = np.asarray(x), np.asarray(y)
        assert x.dtype == y.dtype and x.shape == y.shape, f"result {k}: {x.dtype}{x.shape}, not {y.dtype}{y.shape}"
        exact = not np.issubdtype(x.dtype, np.floating)
        allowed = 0.0 if exact else 1e-5 if x.dtype == np.float32 else tolerance
        np.testing.assert_allclose(x, y, rtol=allowed, atol=allowed, err_msg=f"result {k}")


def check_lowering(text: str, arguments: Sequence[Any], name: str = "f", into: Mapping[int, int] | None = None,
                   tolerance: float = 1e-12, options: LoweringOptions = NATIVE) -> Compiled:
    """Compiled and interpreted agree, and arguments that are not results keep their values."""
    expected = interpreted(text, arguments, name)
    copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    kernel = Compiled(text, name, into, options)
    got = kernel(*copies)
    assert_close(got, expected, tolerance)
    assert kernel.failure[0] == 0
    for k, (copy, argument) in enumerate(zip(copies, arguments, strict=True)):
        if k not in (into or {}).values():
            np.testing.assert_array_equal(copy, argument, err_msg=f"argument {k} was changed")
    return kernel


def leaked_bytes(call: Callable[[], Any], times: int = 50) -> int:
    """How much the C heap has grown after `times` calls."""
    from wengert.runtime.memory import used_bytes
    call()
    before = used_bytes() or 0
    for _ in range(times):
        call()
    return (used_bytes() or 0) - before
