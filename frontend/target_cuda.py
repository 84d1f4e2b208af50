"""The GPU target: PTX for a function and its derivatives, and how its kernels are launched.

It compiles functions of elementwise operations, broadcasts, reductions and products on arrays; loops, branches on data
and arguments that change are refused with the user's position.  No GPU, driver or CUDA toolkit is needed to compile.
Running on a GPU is not available yet: a call is an error that says what is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from wengert.dialects.bindings import position_of
from wengert.dialects.control import functions
from wengert.dialects.errors import WengertError
from wengert.frontend.options import CompileOptions
from wengert.frontend.plan import Plan
from wengert.frontend.stages import Stages
from wengert.passes.base import run_pipeline
from wengert.passes.nvptx import DeviceCode, to_kernels, to_ptx
from wengert.passes.pipeline import DIFFERENTIATION, ND
from wengert.passes.storage_facts import DropDecisions
from wengert.runtime.cuda import find_driver


class GpuError(WengertError, RuntimeError):
    """Code for a GPU cannot be run."""


class Cuda:
    """NVIDIA GPUs, by PTX."""

    def __init__(self, options: CompileOptions) -> None:
        self.options = options

    def compile(self, module: Any, plan: Plan, mismatch: Callable[..., Any]) -> NoReturn:
        """Always an error.

        Raises:
            GpuError: there is no driver; or there is, and nothing that launches kernels through it yet.
        """
        position = position_of(functions(module)[0].location)
        help_ = "f.lower(*args).as_text('ptx') is the compiled code; target='cpu' runs the function"
        if find_driver() is None:
            raise GpuError("this function is compiled for a CUDA GPU and cannot be run here", position,
                           why="no CUDA driver was found on this machine (libcuda.so.1)", help=help_)
        raise GpuError("running on a GPU is not available yet", position,
                       why="kernels are compiled, but nothing launches them through the CUDA driver", help=help_)

    def stages(self, module: Any, plan: Plan) -> Stages:
        """nd, transposed (after differentiation), linalg, gpu, nvvm and ptx; the last two are made when asked for.

        Raises:
            UnsupportedError: the function has something that cannot become a kernel; with its position.
        """
        texts: dict[str, str] = {}

        def record(stage: str, module: Any) -> None:
            texts[stage] = module.operation.get_asm()

        run_pipeline(module, ND)
        record("nd", module)
        run_pipeline(module, (*DIFFERENTIATION, DropDecisions()))
        record("transposed", module)
        to_kernels(module, record)

        @functools.cache
        def code() -> DeviceCode:
            return to_ptx(module, observer=record)

        def nvvm() -> str:
            code()
            return texts["nvvm"]

        return Stages({**texts, "nvvm": nvvm, "ptx": lambda: code().text()})
