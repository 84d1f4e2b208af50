"""The command `wengert`: its subcommands, and what the doctor finds."""

import subprocess
import sys
from pathlib import Path

import pytest

import wengert
from wengert.__main__ import main
from wengert.frontend import doctor


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"wengert {wengert.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["dome"], ["demo", "--outptu=x"]])
def test_a_wrong_command_line_ends_with_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert "usage: wengert" in capsys.readouterr().err


def test_the_doctor_finds_everything_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for subject in [*doctor.REQUIRED, "CPU", "MLIR", "BLAS", "FileCheck", "ptxas", "CUDA driver", "trial"]:
        assert subject in printed
    assert "Everything wengert needs is here." in printed


def test_the_doctor_says_what_is_missing() -> None:
    hide = "import sys; sys.modules.update(mlir=None, rich=None, llvmlite=None)"
    code = f"{hide}; from wengert.__main__ import main; sys.exit(main(['doctor']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    missing = [line for line in result.stdout.splitlines() if line.startswith("MISSING")]
    assert [line.split()[1] for line in missing[:2]] == ["cpu:", "mlir:"]
    assert "pip install xtc-mlir-python-bindings" in missing[1]
    assert "of the things that wengert needs." in result.stdout


def test_the_doctor_names_an_absent_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.REQUIRED, "wengert-needs-this", "a test")
    monkeypatch.setitem(doctor.OPTIONAL, "wengert-likes-this", ("a test", "get it"))
    found = {finding.subject: finding for finding in doctor.findings()}
    assert found["wengert-needs-this"].state == "missing"
    assert doctor.SUPPORTED in found["wengert-needs-this"].help
    assert (found["wengert-likes-this"].state, found["wengert-likes-this"].help) == ("absent", "get it")


def test_ptxas_is_found_in_a_toolkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ptxas").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    assert doctor.find_ptxas() == tmp_path / "bin" / "ptxas"
