"""`wengert-opt`: read MLIR, run a pipeline of our passes and upstream's, print MLIR.

The options are spelled as in mlir-opt.  This file knows files, flags and exit codes; running passes is in `base`,
pipeline strings in `pipeline_text`, `--verify-diagnostics` in `expected_diagnostics`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import linecache
import re
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TextIO, get_type_hints

from wengert.dialects.bindings import ir
from wengert.dialects.context import OWN, make_context
from wengert.dialects.errors import WengertError, WengertValueError
from wengert.dialects.op import records
from wengert.passes.base import Pass, error_from_mlir, registered_passes, run_pipeline
from wengert.passes.expected_diagnostics import (
    Diagnostic,
    diagnostics_of,
    expected_diagnostics,
    from_mlir,
    mismatches,
)
from wengert.passes.pipeline_text import UPSTREAM_PASSES, load_passes, parse_pipeline

SPLIT_MARKER = "// -----"
_REPRODUCER = re.compile(r'mlir_reproducer:\s*\{[^}]*?pipeline:\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script: 0 when every chunk of the input went through, otherwise 1."""
    flags = _parser().parse_args(arguments)
    try:
        for plugin in flags.load_pass_plugin:
            _load_plugin(plugin)
        load_passes()
        if flags.list_passes or flags.show_dialects:
            print(_passes_text() if flags.list_passes else _dialects_text())
            return 0
        source = _read(flags.input)
        passes = parse_pipeline(_pipeline(flags, source))
        _check_names(flags.mlir_print_ir_after, passes)
        return _Driver(flags, passes, sys.stderr).run(source)
    except (WengertError, OSError) as error:
        print(_report(error), file=sys.stderr)
        return 1


@dataclass
class _Driver:
    """One run over an input."""

    flags: argparse.Namespace
    passes: tuple[Pass, ...]
    log: TextIO
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return "<stdin>" if self.flags.input == "-" else str(self.flags.input)

    def run(self, source: str) -> int:
        chunks = _chunks(source, self.flags.split_input_file)
        outputs = [self.chunk(text, whole=len(chunks) == 1) for text in chunks]
        succeeded = all(output is not None for output in outputs)
        text = f"{SPLIT_MARKER}\n".join(output for output in outputs if output is not None)
        if self.flags.o == "-":
            sys.stdout.write(text)
        elif succeeded:
            Path(self.flags.o).write_text(text)
        if self.flags.mlir_timing and self.seconds:
            self.log.write(_timing_text(self.seconds))
        return 0 if succeeded else 1

    def chunk(self, text: str, whole: bool) -> str | None:
        """The printed result for one piece of the input, or None when it failed (the log says why)."""
        with make_context() as context:
            context.allow_unregistered_dialects = self.flags.allow_unregistered_dialect
            verifying = self.flags.verify_diagnostics
            produced: list[Diagnostic] = []

            def note(diagnostic: Any) -> bool:
                produced.extend(from_mlir(diagnostic, self.file))
                return True

            if verifying:
                context.attach_diagnostic_handler(note)
            output = None
            try:
                output = self.transform(text, whole)
            except (WengertError, ir.MLIRError) as error:
                if not verifying:
                    print(_report(error, self.file), file=self.log)
                produced.extend(diagnostics_of(error, self.file))
            except Exception:  # a bug in a pass: everything that helps to find it
                traceback.print_exc(file=self.log)
                return None
        if not verifying:
            return output
        wrong = mismatches(expected_diagnostics(text), produced)
        for diagnostic in wrong:
            print(f"{self.file}:{diagnostic.line}: error: {diagnostic.message}", file=self.log)
        return None if wrong else output or ""

    def transform(self, text: str, whole: bool) -> str:
        start = time.perf_counter()
        # A file read by MLIR has its name in the locations; text has "-", which reports replace by the name.
        parse_file = whole and self.flags.input != "-"
        module = ir.Module.parseFile(self.file) if parse_file else ir.Module.parse(text)
        self.count("Parser", start)
        for position, pass_ in enumerate(self.passes):
            self.one_pass(module, pass_, self.passes[position:])
        start = time.perf_counter()
        output = self.asm(module)
        self.count("Output", start)
        if self.flags.mlir_pass_pipeline_crash_reproducer:
            Path(self.flags.mlir_pass_pipeline_crash_reproducer).unlink(missing_ok=True)
        return output

    def one_pass(self, module: Any, pass_: Pass, remaining: Sequence[Pass]) -> None:
        reproducer = self.flags.mlir_pass_pipeline_crash_reproducer
        if reproducer:  # before the pass: it may abort the process
            Path(reproducer).write_text(_reproducer_text(self.asm(module), remaining))
        start = time.perf_counter()
        try:
            run_pipeline(module, [pass_])
        except Exception as error:
            if reproducer:
                error.add_note(f"reproduce with: wengert-opt {reproducer} --run-reproducer")
            raise
        self.count(str(pass_), start)
        if self.flags.mlir_print_ir_after_all or _innermost_name(pass_) in self.flags.mlir_print_ir_after:
            self.log.write(f"// -----// IR Dump After {pass_} //----- //\n{self.asm(module)}\n")

    def count(self, name: str, start: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def asm(self, module: Any) -> str:
        text = module.operation.get_asm(
            enable_debug_info=self.flags.mlir_print_debuginfo,
            print_generic_op_form=self.flags.mlir_print_op_generic,
            use_local_scope=self.flags.mlir_print_local_scope,
        )
        return f"{text.rstrip()}\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wengert-opt", allow_abbrev=False,
        description="Run wengert's and upstream MLIR's passes on a file of MLIR.",
        epilog="example: wengert-opt f.mlir --pass-pipeline='builtin.module(simplify,func.func(cse),symbol-dce)'",
    )

    def switch(name: str, help_: str) -> None:
        parser.add_argument(name, action="store_true", help=help_)

    add = parser.add_argument
    add("input", nargs="?", default="-", help="file of MLIR; '-' (default) reads the standard input")
    add("-o", metavar="FILE", default="-", help="write the result here, not to the standard output")
    add("--pass-pipeline", metavar="PIPELINE", default="", help="passes to run; wengert's and upstream's mix")
    add("--split-input-file", nargs="?", const=SPLIT_MARKER, metavar="MARKER",
        help=f"process the pieces between lines that begin with '{SPLIT_MARKER}' one by one")
    switch("--verify-diagnostics", "compare errors with the expected-error comments of the input")
    switch("--allow-unregistered-dialect", "accept operations of unknown dialects")
    switch("--mlir-print-ir-after-all", "print the IR to the standard error after every pass")
    add("--mlir-print-ir-after", metavar="PASS", type=lambda text: text.split(","), default=[],
        help="print the IR after these passes (comma-separated)")
    switch("--mlir-print-op-generic", "print operations in the generic form")
    switch("--mlir-print-debuginfo", "print locations")
    switch("--mlir-print-local-scope", "print locations and attributes in place, without aliases")
    switch("--mlir-timing", "print the time of each pass to the standard error")
    add("--mlir-pass-pipeline-crash-reproducer", metavar="FILE", default="",
        help="when a pass fails, even by aborting, leave the IR before it and the rest of the pipeline here")
    switch("--run-reproducer", "run the pipeline that is written in the input")
    add("--load-pass-plugin", metavar="MODULE", action="append", default=[],
        help="import a Python module, or a .py file, that registers passes; may be repeated")
    switch("--list-passes", "list the passes and their options")
    switch("--show-dialects", "list wengert's dialects and their operations")
    return parser


def _read(input_: str) -> str:
    if input_ != "-":
        return Path(input_).read_text()
    text = sys.stdin.read()
    linecache.cache["<stdin>"] = (len(text), None, text.splitlines(keepends=True), "<stdin>")
    return text


def _chunks(source: str, marker: str | None) -> list[str]:
    """The pieces of the input; empty lines in front keep the line numbers right."""
    if marker is None:
        return [source]
    chunks: list[str] = []
    lines: list[str] = []
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        if line.startswith(marker):
            chunks.append("".join(lines))
            lines = ["\n"] * number
        else:
            lines.append(line)
    return [*chunks, "".join(lines)]


def _pipeline(flags: argparse.Namespace, source: str) -> str:
    if not flags.run_reproducer:
        return str(flags.pass_pipeline)
    match = _REPRODUCER.search(source)
    if match is None:
        raise WengertValueError(f"{flags.input} holds no reproducer", why="it has no mlir_reproducer resource",
                                help="--mlir-pass-pipeline-crash-reproducer=FILE writes one")
    return re.sub(r"\\(.)", r"\1", match[1])


def _reproducer_text(ir_text: str, passes: Sequence[Pass]) -> str:
    """The IR with the pipeline in upstream's format, which mlir-opt reads too."""
    pipeline = re.sub(r'(["\\])', r"\\\1", f"builtin.module({','.join(map(str, passes))})")
    return f"""{ir_text}
{{-#
  external_resources: {{
    mlir_reproducer: {{
      pipeline: "{pipeline}",
      disable_threading: true,
      verify_each: true
    }}
  }}
#-}}
"""


def _innermost_name(pass_: Pass) -> str:
    """`cse` for `func.func(cse{...})`."""
    return str(pass_).partition("{")[0].rpartition("(")[2].rstrip(")")


def _check_names(names: Sequence[str], passes: Sequence[Pass]) -> None:
    present = [_innermost_name(pass_) for pass_ in passes]
    for name in names:
        if name not in present:
            raise WengertValueError(f"--mlir-print-ir-after: there is no pass '{name}' in the pipeline",
                                    why=f"it has: {', '.join(present) or 'no passes'}")


def _load_plugin(plugin: str) -> None:
    if not plugin.endswith(".py"):
        importlib.import_module(plugin)
        return
    spec = importlib.util.spec_from_file_location(Path(plugin).stem, plugin)
    if spec is None or spec.loader is None or not Path(plugin).exists():
        raise WengertValueError(f"cannot load the plug-in {plugin}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)


def _report(error: Exception, file: str = "-") -> str:
    """An error as text, `file:line:col: error: what` first."""
    if isinstance(error, ir.MLIRError):
        error = error_from_mlir(error)
    if isinstance(error, WengertError):
        position = error.position
        if position is not None and position.file == "-":
            position = replace(position, file=file)
        detail = WengertError(f"error: {error.what}", position, error.why, error.help)
        return "\n".join([str(detail), *getattr(error, "__notes__", ())])
    return f"wengert-opt: error: {error}"


def _timing_text(seconds: dict[str, float]) -> str:
    rule = f"===-{'-' * 73}-==="
    total = sum(seconds.values())
    rows = [f"  {wall:9.4f} ({wall / total:6.1%})  {name}" for name, wall in {**seconds, "Total": total}.items()]
    title = "... Execution time report ...".center(len(rule)).rstrip()
    summary = f"  Total Execution Time: {total:.4f} seconds"
    return "\n".join([rule, title, rule, summary, "", "  ----Wall Time----  ----Name----", *rows, ""])


def _passes_text() -> str:
    lines = ["wengert's passes:"]
    for name, cls in registered_passes().items():
        lines.append(f"  {name:24} {(cls.__doc__ or '').strip().splitlines()[0]}")
        types = get_type_hints(cls)
        lines += [f"      {f.name.replace('_', '-')}: {inspect.formatannotation(types[f.name])}" for f in fields(cls)]
    return "\n".join([*lines, "", "upstream's passes, among others:", *(f"  {name}" for name in UPSTREAM_PASSES)])


def _dialects_text() -> str:
    lines = []
    for dialect in OWN:
        names = [op.name for op in records() if op.name.startswith(f"{dialect}.")]
        lines += [f"{dialect}:", *(f"  {name}" for name in names)]
    return "\n".join([*lines, "and all dialects of upstream MLIR"])


if __name__ == "__main__":
    sys.exit(main())
