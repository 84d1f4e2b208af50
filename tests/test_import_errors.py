"""What `import wengert` costs, and what it says where the compiler cannot run."""

import os
import subprocess
import sys

import pytest

import wengert


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"} | environment
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=variables)


def test_import_loads_nothing_heavy() -> None:
    result = run("import sys, wengert; print([m for m in ('mlir', 'llvmlite', 'numpy', 'scipy') if m in sys.modules])")
    assert result.stdout.strip() == "[]", result.stderr


def test_no_library_path_is_needed() -> None:
    result = run("from wengert.dialects.context import make_context; make_context(); print('loaded')")
    assert result.stdout.strip() == "loaded", result.stderr


def test_every_public_name_exists() -> None:
    for name in wengert.__all__:
        assert getattr(wengert, name) is not None
    assert set(wengert.__all__) <= set(dir(wengert))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'wengert' has no attribute 'gard'"):
        _ = wengert.gard


@pytest.mark.parametrize("name", ["grad", "compile"])
def test_without_mlir_the_error_says_what_is_supported(name: str) -> None:
    result = run(f"import sys; sys.modules['mlir'] = None; from wengert import {name}; {name}(lambda x: x * x)(3.0)")
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: wengert needs the MLIR bindings of LLVM 22.1")
    assert "pip install xtc-mlir-python-bindings==22.1.8.4" in last
    assert "Linux (x86-64 and aarch64" in last
    assert "macOS (arm64)" in last
