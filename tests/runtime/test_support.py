"""What `wengert doctor` and the import error say."""

import importlib.util
import platform
import sys
from typing import Any

import pytest

from tests.runtime.kernels import run_script
from wengert.runtime import support


def test_nothing_is_missing_here() -> None:
    assert support.missing() == []
    assert "everything wengert needs is here" in support.report()


def test_missing_packages_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec

    def absent(name: str, *args: Any) -> Any:
        return None if name in ("mlir", "llvmlite") else find_spec(name, *args)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    llvmlite, mlir = support.missing()
    assert "llvmlite is not installed" in llvmlite.what
    assert "xtc-mlir-python-bindings is not installed (MLIR)" in mlir.what
    assert mlir.help == f"{sys.executable} -m pip install 'xtc-mlir-python-bindings==22.1.8.4'"
    assert mlir.help in support.report()


@pytest.mark.parametrize(
    ("system", "machine", "supported"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", False),
        ("win32", "AMD64", False),
        ("linux", "riscv64", False),
    ],
)
def test_platforms(monkeypatch: pytest.MonkeyPatch, system: str, machine: str, supported: bool) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    assert (support.missing() == []) is supported
    if not supported:
        assert f"{system} on {machine} is not supported" in support.report()


def test_musl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    (problem,) = support.missing()
    assert "glibc" in problem.what


@pytest.mark.parametrize(
    ("version", "supported"), [((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)]
)
def test_pythons(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], supported: bool) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    assert (support.missing() == []) is supported


def test_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_implementation", lambda: "PyPy")
    assert support.missing()[0].what == "PyPy is not supported"


def test_it_imports_nothing_that_may_be_missing() -> None:
    script = """
import sys, importlib.util
spec = importlib.util.spec_from_file_location("support", "runtime/support.py")
module = importlib.util.module_from_spec(spec)
sys.modules["support"] = module
spec.loader.exec_module(module)
module.report()
print([name for name in ("numpy", "scipy", "llvmlite", "mlir", "rich") if name in sys.modules])
"""
    assert run_script(script).strip() == "[]"
