"""`wengert-opt` as a user calls it: files, flags, output, exit codes."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from wengert.passes.opt import main

PLUGIN = "--load-pass-plugin=tests.opt.plugin"
TEXT = """\
func.func @f(%x: f64) -> f64 {
  %0 = arith.addf %x, %x : f64
  %1 = arith.addf %x, %x : f64
  %2 = arith.mulf %0, %1 : f64
  return %2 : f64
}
"""


class Result:
    """What a run printed and returned."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Tool:
    """Calls `wengert-opt` in this process on a file with some text."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.capsys = folder / "input.mlir", capsys

    def __call__(self, *arguments: str, text: str = TEXT) -> Result:
        self.file.write_text(text)
        self.capsys.readouterr()
        code = main([str(self.file), PLUGIN, *arguments])
        return Result(code, *self.capsys.readouterr())


@pytest.fixture
def opt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(tmp_path, capsys)


def test_without_a_pipeline_it_parses_and_prints(opt: Tool) -> None:
    result = opt()
    assert (result.code, result.err) == (0, "")
    assert result.out.count("arith.addf") == 2


def test_our_passes_and_upstreams_mix(opt: Tool) -> None:
    result = opt("--pass-pipeline=builtin.module(func.func(cse),test-rename{function=f to=g},canonicalize)")
    assert result.code == 0
    assert result.out.count("arith.addf") == 1
    assert "func.func @g" in result.out


def test_an_output_file_is_written_only_on_success(opt: Tool, tmp_path: Path) -> None:
    output = tmp_path / "out.mlir"
    assert opt("--pass-pipeline=test-refuse", "-o", str(output)).code == 1
    assert not output.exists()
    result = opt("-o", str(output))
    assert (result.code, result.out) == (0, "")
    assert "func.func @f" in output.read_text()


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["-", "--pass-pipeline=cse"]) == 0
    assert capsys.readouterr().out.count("arith.addf") == 1
    monkeypatch.setattr(sys, "stdin", io.StringIO("\nfunc.func @f() -> f64 { return %0 : f64 }"))
    assert main([]) == 1
    assert capsys.readouterr().err == (
        "<stdin>:2:32: error: use of undeclared SSA value name\n"
        "    func.func @f() -> f64 { return %0 : f64 }\n"
        "                                   ^\n"
    )


def test_a_refusal_says_where_why_and_what_to_do(opt: Tool) -> None:
    result = opt("--pass-pipeline=test-refuse")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"{opt.file}:2:8: error: arith.addf is refused\n"
        "    %0 = arith.addf %x, %x : f64\n"
        "         ^\n"
        "why: it is a test\n"
        "help: use another\n"
        "in pass 'test-refuse'\n"
    )


def test_a_bug_in_a_pass_shows_its_traceback(opt: Tool) -> None:
    result = opt("--pass-pipeline=test-bug")
    assert result.code == 1
    assert "KeyError: 'the bug'\nin pass 'test-bug'" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pass-pipeline=builtin.module(cse"], "error: bad pipeline: expected a ',' or ')', found the end"),
        (["--pass-pipeline=test-renam"], "did you mean test-rename"),
        (["--run-reproducer"], "holds no reproducer"),
        (["--mlir-print-ir-after=sccp", "--pass-pipeline=cse"], "there is no pass 'sccp' in the pipeline"),
        (["--load-pass-plugin=absent.py"], "cannot load the plug-in absent.py"),
    ],
)
def test_wrong_arguments(opt: Tool, arguments: list[str], message: str) -> None:
    result = opt(*arguments)
    assert (result.code, result.out) == (1, "")
    assert message in result.err


def test_an_absent_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/does/not/exist.mlir"]) == 1
    assert "No such file" in capsys.readouterr().err


def test_print_ir_after(opt: Tool) -> None:
    pipeline = "--pass-pipeline=builtin.module(func.func(cse),test-rename{function=f},func.func(canonicalize))"
    result = opt(pipeline, "--mlir-print-ir-after-all")
    assert [line for line in result.err.splitlines() if line.startswith("//")] == [
        "// -----// IR Dump After func.func(cse) //----- //",
        "// -----// IR Dump After test-rename{function=f} //----- //",
        "// -----// IR Dump After func.func(canonicalize) //----- //",
    ]
    before, after = result.err.split("// -----// IR Dump After test-rename")
    assert "@f" in before
    assert "@renamed" in after
    assert opt(pipeline, "--mlir-print-ir-after=cse").err.count("IR Dump") == 1


def test_split_input_goes_on_after_a_failure(opt: Tool) -> None:
    text = "// -----\n".join([TEXT, "func.func @bad() -> f64 { return %0 : f64 }\n", TEXT.replace("@f", "@g")])
    result = opt("--split-input-file", text=text)
    assert result.code == 1
    assert f"{opt.file}:8:34: error: use of undeclared SSA value name" in result.err
    first, second = result.out.split("// -----\n")
    assert "@f" in first
    assert "@g" in second


def test_printing_flags(opt: Tool) -> None:
    assert '"arith.addf"(' in opt("--mlir-print-op-generic").out
    assert f'loc("{opt.file}":2:8)' in opt("--mlir-print-debuginfo", "--mlir-print-local-scope").out


def test_timing_lists_each_pass(opt: Tool) -> None:
    result = opt("--mlir-timing", "--pass-pipeline=func.func(cse),test-options{fast}")
    names = [line.split(")  ", 1)[1] for line in result.err.splitlines() if "%)" in line]
    assert names == ["Parser", "func.func(cse)", "test-options{fast=true}", "Output", "Total"]


def test_unregistered_dialects_need_a_flag(opt: Tool) -> None:
    text = '"foreign.op"() : () -> ()\n'
    assert opt(text=text).code == 1
    assert opt("--allow-unregistered-dialect", text=text).code == 0


def test_lists(opt: Tool) -> None:
    passes = opt("--list-passes").out
    assert "test-rename              Rename a function." in passes
    assert "function: str" in passes
    assert "  canonicalize" in passes
    assert "diff.stop_gradient" in opt("--show-dialects").out


# --verify-diagnostics: each comment below is about the line after it.
EXPECTED_REFUSAL = TEXT.replace("  %0", "  // expected-error@+1 {{addf is refused}}\n  %0")


@pytest.mark.parametrize(
    ("text", "pipeline"),
    [
        (TEXT, "cse"),
        (EXPECTED_REFUSAL, "test-refuse"),
        (EXPECTED_REFUSAL.replace("@+1", "@below"), "test-refuse"),
        (EXPECTED_REFUSAL.replace("}}\n", "}}\n  // expected-note@below {{it is a test}}\n").replace("@+1", "@below"),
         "test-refuse"),
        ("func.func @f() {\n  return // expected-error@above {{expect at least a terminator}}\n}", "test-break-ir"),
        (TEXT.replace("arith.mulf %0, %1 : f64", "arith.mulf %0, %1 : f32 // expected-error {{expects different type}}"
                      " expected-note@-2 {{prior use here}}"), "cse"),
    ],
)
def test_announced_errors_pass(opt: Tool, text: str, pipeline: str) -> None:
    result = opt("--verify-diagnostics", f"--pass-pipeline={pipeline}", text=text)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    ("text", "pipeline", "messages"),
    [
        (TEXT, "test-refuse", ["2: error: unexpected error: arith.addf is refused"]),
        (EXPECTED_REFUSAL, "cse", ['3: error: expected error "addf is refused" was not produced']),
        (EXPECTED_REFUSAL.replace("@+1", "@+2"), "test-refuse",
         ["3: error: unexpected error: arith.addf is refused",
          '4: error: expected error "addf is refused" was not produced']),
        (EXPECTED_REFUSAL.replace("-error", "-warning"), "test-refuse",
         ["3: error: unexpected error: arith.addf is refused",
          '3: error: expected warning "addf is refused" was not produced']),
    ],
)
def test_unannounced_and_missing_errors_fail(opt: Tool, text: str, pipeline: str, messages: list[str]) -> None:
    result = opt("--verify-diagnostics", f"--pass-pipeline={pipeline}", text=text)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [f"{opt.file}:{message}" for message in messages]


def test_a_bug_is_not_an_expected_diagnostic(opt: Tool) -> None:
    text = f"// expected-error@unknown {{{{the bug}}}}\n{TEXT}"
    assert opt("--verify-diagnostics", "--pass-pipeline=test-bug", text=text).code == 1


def test_a_failure_leaves_a_reproducer(opt: Tool, tmp_path: Path) -> None:
    reproducer = tmp_path / "reproducer.mlir"
    flag = f"--mlir-pass-pipeline-crash-reproducer={reproducer}"
    pipeline = '--pass-pipeline=cse,test-rename{function=f to="g h"},test-refuse{op=arith.mulf},canonicalize'
    failed = opt(flag, pipeline)
    assert f"reproduce with: wengert-opt {reproducer} --run-reproducer" in failed.err
    text = reproducer.read_text()
    assert 'pipeline: "builtin.module(test-refuse{op=arith.mulf},canonicalize)"' in text
    assert text.count("arith.addf") == 1
    again = opt("--run-reproducer", text=text)
    assert again.code == 1
    assert "arith.mulf is refused" in again.err
    assert opt(flag, "--pass-pipeline=cse").code == 0
    assert not reproducer.exists()


def test_an_abort_leaves_a_reproducer_too(tmp_path: Path) -> None:
    source, reproducer = tmp_path / "input.mlir", tmp_path / "reproducer.mlir"
    source.write_text(TEXT)
    command = [sys.executable, "-m", "wengert.passes.opt", str(source), "--pass-pipeline=cse,test-abort,sccp",
               f"--load-pass-plugin={Path(__file__).parent / 'plugin.py'}",
               f"--mlir-pass-pipeline-crash-reproducer={reproducer}"]
    assert subprocess.run(command, capture_output=True, check=False).returncode < 0
    assert 'pipeline: "builtin.module(test-abort,sccp)"' in reproducer.read_text()
