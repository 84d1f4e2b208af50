"""Compiles MLIR text to PTX, in a process of its own: upstream's back ends abort the process when they fail.

Reads {name: text} as JSON from standard input; writes {name: PTX}, with the launch plans, to standard output.
"""

import json
import sys

from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.passes.nvptx import to_kernels, to_ptx


def main() -> None:
    compiled = {}
    for name, text in json.load(sys.stdin).items():
        print(f"compiling {name}", file=sys.stderr, flush=True)
        with make_context():
            module = ir.Module.parse(text)
            to_kernels(module)
            compiled[name] = to_ptx(module).text()
    json.dump(compiled, sys.stdout)


if __name__ == "__main__":
    main()
