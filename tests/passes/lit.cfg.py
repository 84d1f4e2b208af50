"""lit's configuration: tests are .mlir files with RUN lines; `wengert-opt` and `FileCheck` are found by themselves."""

import os
import sys
from pathlib import Path

import lit.formats
import llvm

config.name = "wengert-passes"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = str(Path(__file__).parent)
config.test_exec_root = lit_config.params.get("exec_root", config.test_source_root)

tools = Path(next(iter(llvm.__path__))) / "bin"
commands = {
    "wengert-opt": f'"{sys.executable}" -m wengert.passes.opt',
    "FileCheck": f'"{tools / "FileCheck"}" --enable-var-scope',
    "not": f'"{tools / "not"}"',
}
for word, command in commands.items():  # as a word of its own, not as part of a file name
    config.substitutions.append((rf"(?<![\w./-]){word}(?![\w./-])", command))
config.substitutions.append(("%python", f'"{sys.executable}"'))
config.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", str(Path(__file__).parents[2]))
