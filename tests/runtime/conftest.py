"""`build` makes an entry both ways, so every test that uses it holds for the generated code and for the fallback."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.kernels import Build, error, mismatch
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.fallback import fallback_entry
from wengert.runtime.jit import load
from wengert.runtime.signature import KernelSignature


def _generated(
    code: str, signature: KernelSignature, on_mismatch: Callable[..., Any] = mismatch, **options: Any
) -> Callable[..., Any]:
    return build_entry(code, signature, on_mismatch, error, **options)


def _fallback(
    code: str, signature: KernelSignature, on_mismatch: Callable[..., Any] = mismatch, **options: Any
) -> Callable[..., Any]:
    return fallback_entry(load(compile_kernel(code, signature, **options)), signature, on_mismatch, error, **options)


@pytest.fixture(params=[_generated, _fallback], ids=["generated", "fallback"])
def build(request: pytest.FixtureRequest) -> Build:
    """`build(code, signature, on_mismatch=mismatch, tree=...) -> entry`."""
    made: Build = request.param
    return made
