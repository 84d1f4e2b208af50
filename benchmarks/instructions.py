"""Counts the instructions that compiled code executes, and compares them with recorded counts.

Times on a shared machine differ by a factor; counts do not differ at all. Programs are compiled here for a fixed level
of x86-64, then run on small inputs in a process under valgrind's callgrind, which counts what is executed outside of
any library or program file: our code, and nothing of Python, BLAS or the C library.

    python -m benchmarks.instructions            # compare; exit status 1 if something takes more instructions
    python -m benchmarks.instructions --update   # record what is counted now
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT

#: Kernel -> the form that is counted, and sizes at which a run takes about a million instructions.
COUNTED: dict[str, tuple[str, dict[str, int]]] = {
    "jacobi_2d": ("numpy", {"n": 40, "steps": 10}),
    "seidel_2d": ("loops", {"n": 40, "steps": 10}),
    "adi": ("numpy", {"n": 40, "steps": 4}),
    "lu": ("loops", {"n": 40}),
    "covariance": ("loops", {"n": 60, "m": 30}),
    "ba": ("numpy", {"cameras": 5, "points": 200, "observations": 1000}),
    "lstm": ("loops", {"steps": 100}),
    "softdtw": ("loops", {"n": 60}),
    "heston": ("numpy", {"paths": 400, "steps": 20}),
    "nbody": ("loops", {"n": 32, "steps": 10}),
}
LEVEL = "x86-64-v3"  # valgrind does not know AVX-512
TOLERANCE = 0.05
RECORD = Path(__file__).with_name("instructions.json")
Counts = dict[str, dict[str, int]]


def obstacle() -> str | None:
    """Why nothing can be counted here, or None."""
    if platform.machine() != "x86_64" or sys.platform != "linux":
        return "instructions are counted on x86-64 Linux only"
    if shutil.which("valgrind") is None:
        return "valgrind is not installed: instructions cannot be counted"
    flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), "")
    if not {"avx2", "fma", "bmi2", "movbe"} <= set(flags.split()):
        return f"this CPU does not reach {LEVEL}"
    return None


def compile_into(folder: Path, kernels: list[str]) -> None:
    """Compile programs and gradients, a file each: object code, signature, inputs. In a process for LEVEL."""
    import benchmarks.kernels  # noqa: F401  registers them
    import wengert
    from benchmarks.kernel import KERNELS
    from wengert.frontend.arguments import flatten
    from wengert.frontend.specialize import trace_function
    from wengert.frontend.targets import Cpu
    from wengert.passes.pipeline import compile_to_llvmir
    from wengert.runtime.jit import emit_object, optimize

    for name in kernels:
        form, sizes = COUNTED[name]
        kernel = KERNELS[name](**sizes)
        program, names = getattr(kernel, form), list(kernel.inputs)
        active = tuple(names.index(name) for name in kernel.active)
        functions = {"forward": wengert.compile(program), "gradient": wengert.value_and_grad(program, argnums=active)}
        for what, function in functions.items():
            leaves, structure = flatten((tuple(kernel.inputs.values()), {}))
            module, plan = trace_function(function.py_func, leaves, structure, frozenset(), function.options)
            lowered = compile_to_llvmir(module, options=Cpu(function.options).options)
            code = emit_object(optimize(lowered.llvm_ir))
            (folder / f"{name}.{what}").write_bytes(pickle.dumps((code, plan.signature, plan.passed(leaves))))


def run_all(folder: Path) -> None:
    """Run each program that was compiled, once: under callgrind, which leaves a file with the counts for each."""
    from benchmarks import callgrind
    from wengert.runtime.fallback import fallback_entry
    from wengert.runtime.jit import load

    def failed(*words: object) -> BaseException:
        return RuntimeError(f"a call failed: {words}")

    for file in sorted(folder.iterdir()):
        code, signature, inputs = pickle.loads(file.read_bytes())
        entry = fallback_entry(load(code), signature, failed, failed)
        with callgrind.counting(file.name):
            entry(*inputs)


def count(kernels: list[str] | None = None) -> Counts:
    """Instructions of our code, by kernel, forward and gradient.

    Raises:
        RuntimeError: a process failed; the message ends with what it said.
    """
    from benchmarks import callgrind

    kernels = list(COUNTED) if kernels is None else kernels
    counts: Counts = {}
    with tempfile.TemporaryDirectory() as compiled, tempfile.TemporaryDirectory() as counted:
        step([sys.executable], "--compile", compiled, *kernels)
        step([*callgrind.command(Path(counted)), sys.executable], "--run", compiled)
        for label, instructions in callgrind.read(Path(counted)).items():
            name, _, what = label.rpartition(".")
            counts.setdefault(name, {})[what] = instructions
    return counts


def step(command: list[str], *arguments: str) -> None:
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    environment = {**os.environ, **threads, "PYTHONPATH": str(ROOT), "WENGERT_CPU": LEVEL}
    done = subprocess.run([*command, "-m", "benchmarks.instructions", *arguments], cwd=ROOT, env=environment,
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-2000:]}")


def regressions(found: Counts, recorded: Counts) -> list[str]:
    """What takes more instructions than recorded, beyond the tolerance, and what is not recorded."""
    lines = []
    for name, counts in found.items():
        for what, now in counts.items():
            before = recorded.get(name, {}).get(what)
            if before is None:
                lines.append(f"{name}, {what}: {now} instructions, none recorded")
            elif now > before * (1 + TOLERANCE):
                lines.append(f"{name}, {what}: {now} instructions, {before} recorded ({now / before - 1:+.1%})")
    return lines


def show(found: Counts, recorded: Counts) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="instructions executed by compiled code")
    for heading in ("kernel", "what", "recorded", "now", "change"):
        table.add_column(heading, justify="left" if heading in ("kernel", "what") else "right")
    for name, counts in found.items():
        for what, now in counts.items():
            before = recorded.get(name, {}).get(what)
            change = "-" if before is None else f"{now / before - 1:+.1%}"
            table.add_row(name, what, "-" if before is None else f"{before:,}", f"{now:,}", change)
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.instructions", description="Count executed instructions.")
    parser.add_argument("--update", action="store_true", help=f"write {RECORD.name}")
    parser.add_argument("--compile", nargs="+", metavar=("FOLDER", "KERNEL"), help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.compile:
        compile_into(Path(asked.compile[0]), asked.compile[1:])
        return 0
    if asked.run:
        run_all(asked.run)
        return 0
    if reason := obstacle():
        print(reason)
        return 2
    found = count()
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    show(found, recorded)
    if asked.update:
        RECORD.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    lines = regressions(found, recorded)
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
