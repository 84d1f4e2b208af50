"""`target="cuda"`: PTX for functions and their derivatives, what cannot be compiled, and that nothing runs yet."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert
from tests.passes.gpu_emulator import call
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.control import functions, symbol
from wengert.dialects.errors import UnsupportedError
from wengert.frontend import target_cuda
from wengert.frontend.target_cuda import GpuError
from wengert.runtime.cuda import find_ptxas


def fused(x):
    return np.sum(np.exp(-x**2) * np.tanh(x) + x)


def layer(w, b, x):
    h = np.tanh(x @ w + b)
    e = np.exp(h - np.max(h, axis=1).reshape(-1, 1))
    return np.mean(e / np.sum(e, axis=1).reshape(-1, 1) * h)


def differences(x):
    d = x[1:, :] - x[:-1, :]
    return np.sum(np.where(d > 0, d * d, np.abs(d)))


def logistic(x):
    return np.sum(special.expit(x) * special.log_expit(-x) + special.erfc(x))


CASES = {
    "logistic": (logistic, (np.linspace(-3, 3, 500),)),
    "fused": (fused, (np.linspace(-2, 2, 5000),)),
    "layer": (layer, (np.linspace(-1, 1, 12).reshape(4, 3), np.arange(3.0), np.linspace(0, 1, 80).reshape(20, 4))),
    "differences": (differences, (np.sin(np.arange(60.0)).reshape(12, 5),)),
}


def emulated(f: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
    """The flat results of the kernels of `f`, run on NumPy.."""
    text = wengert.compile(f, target="cuda").lower(*arguments).as_text("gpu")
    with make_context():
        module = ir.Module.parse(text)
        (host,) = functions(module)
        return call(module, symbol(host), arguments)


@pytest.mark.parametrize("name", CASES)
def test_a_value_and_its_gradient_by_the_emulator(name: str) -> None:
    f, arguments = CASES[name]
    everything = tuple(range(len(arguments)))
    value, gradient = wengert.value_and_grad(f, argnums=everything)(*arguments)
    got = emulated(wengert.value_and_grad(f, argnums=everything), arguments)
    for result, expected in zip(got, [value, *gradient], strict=True):
        np.testing.assert_allclose(result, np.ravel(expected), 1e-12, 1e-12)


def test_second_derivatives_by_the_emulator() -> None:
    x, v = np.linspace(-2, 2, 300), np.cos(np.arange(300.0))
    got = emulated(lambda x, v: wengert.jvp(wengert.grad(fused), (x,), (v,))[1], (x, v))
    np.testing.assert_allclose(got[0], wengert.hvp(fused, (x,), (v,)), 1e-12, 1e-12)


PROGRAM = """
import numpy as np, wengert
def fused(x):
    return np.sum(np.exp(-x**2) * np.tanh(x) + x)
stages = wengert.compile(wengert.value_and_grad(fused), target="cuda").lower(np.ones(5000))
print(" ".join(stages.names))
assert "llvm.func @value_and_gradient_0" in stages.as_text("nvvm")
print(stages.as_text("ptx"))
"""


@pytest.fixture(scope="module")
def printed() -> str:
    """The names of the stages, and PTX: made in a process of its own, as upstream aborts when its back end fails."""
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_stages(printed: str) -> None:
    assert printed.splitlines()[0] == "nd transposed linalg gpu nvvm ptx"


def test_ptx_of_a_value_and_its_gradient(printed: str) -> None:
    entries = re.findall(r"\.visible \.entry (\w+)\(", printed)
    launches = re.findall(r"launch (\w+)<<<", printed)
    assert entries == launches
    assert entries
    assert ".extern" not in printed
    assert "value_and_gradient(a0: f64[5000], a1: f64[1], a2: f64[5000])" in printed


@pytest.mark.skipif(find_ptxas() is None, reason="there is no ptxas here")
def test_ptxas_accepts_it(printed: str, tmp_path: Path) -> None:
    (tmp_path / "code.ptx").write_text(printed.partition("\n")[2])
    command = [str(find_ptxas()), "-arch=sm_90", "-o", str(tmp_path / "code.cubin"), str(tmp_path / "code.ptx")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


# ---------------------------------------------------------------- refusals


def with_a_loop(x):
    for _ in range(x.shape[0]):  # here
        x = x * 2.0
    return x


def with_a_branch(x):
    if np.sum(x) > 0:  # here
        return x
    return -x


def with_a_mutation(x):
    y = x * 3.0
    x += 1.0  # here
    return y


def with_a_check(x, n):
    return x * x[n]  # here


def with_a_function_of_scipy(x):
    return special.erfinv(x / 2)  # here


@pytest.mark.parametrize("f", [with_a_loop, with_a_branch, with_a_mutation, with_a_check, with_a_function_of_scipy])
def test_a_refusal_has_the_users_line(f: Callable[..., Any]) -> None:
    arguments = (np.ones(4), 2)[:len(inspect.signature(f).parameters)]
    lines, first = inspect.getsourcelines(f)
    (line,) = [first + i for i, text in enumerate(lines) if "# here" in text]
    with pytest.raises(UnsupportedError, match="cannot be compiled for the GPU") as refusal:
        wengert.compile(f, target="cuda").lower(*arguments)
    assert refusal.value.position is not None
    assert (Path(refusal.value.position.file).name, refusal.value.position.line) == (Path(__file__).name, line)
    assert "target='cpu'" in refusal.value.help


# ---------------------------------------------------------------- running


def test_running_without_a_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_cuda, "find_driver", lambda: None)
    with pytest.raises(GpuError, match="cannot be run here") as error:
        wengert.compile(fused, target="cuda")(np.ones(3))
    assert "no CUDA driver was found" in str(error.value)
    assert "as_text('ptx')" in str(error.value)


def test_running_with_a_driver_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_cuda, "find_driver", object)
    with pytest.raises(GpuError, match="not available yet"):
        wengert.compile(fused, target="cuda")(np.ones(3))
