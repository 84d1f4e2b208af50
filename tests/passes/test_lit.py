"""Every .mlir file below this folder is one test, run by lit."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.mlir") if "Inputs" not in path.parts)


def run_lit(target: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lit.main import main; main()", "-v", "--no-progress-bar", "-j1"]
    command += [f"--param=exec_root={scratch}", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("file", FILES)
def test_lit(file: str, tmp_path: Path) -> None:
    result = run_lit(HERE / file, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_wrong_check_line_fails(tmp_path: Path) -> None:
    (tmp_path / "lit.cfg.py").write_text((HERE / "lit.cfg.py").read_text())
    (tmp_path / "wrong.mlir").write_text("// RUN: wengert-opt %s | FileCheck %s\n// CHECK: func.func @absent\n")
    result = run_lit(tmp_path / "wrong.mlir", tmp_path)
    assert result.returncode == 1
    assert "expected string not found" in result.stdout
