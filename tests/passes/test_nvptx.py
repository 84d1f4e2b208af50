"""PTX of programs and of every elementwise op: complete, exact where IEEE is, and accepted by ptxas if there is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.passes.nvptx_programs import PROGRAMS
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.op import Op, records
from wengert.passes.gpu_kernel import NO_KERNEL
from wengert.passes.nvptx import CheckTranslatable
from wengert.runtime.cuda import find_ptxas

ROOT = Path(__file__).parents[2]
CONVERSIONS = {"arith.extf": "f64", "arith.truncf": "f32", "arith.sitofp": "f64", "arith.uitofp": "f64",
               "arith.fptosi": "i64", "arith.index_cast": "index", "arith.extui": "i64", "arith.extsi": "i64",
               "arith.trunci": "i1"}
PREDICATES = frozenset({"arith.cmpf", "arith.cmpi", "math.isnan", "math.isinf", "math.isfinite"})
SOURCES = {"arith.extf": "f32", "arith.sitofp": "i64", "arith.uitofp": "i64", "arith.extui": "i1", "arith.extsi": "i1",
           "arith.trunci": "i64", "arith.index_cast": "i64"}


def function_of(op: Op, element: str) -> str:
    """A function that applies an op to arrays, named like the op."""
    source = SOURCES.get(op.name, element)
    target = "i1" if op.name in PREDICATES else CONVERSIONS.get(op.name, source)
    attributes = " {predicate = 4 : i64}" if op.name in ("arith.cmpf", "arith.cmpi") else ""
    operands = [f"%x{i}" for i in range(len(op.operands))]
    types = [f"tensor<70x{source}>" for _ in operands]
    if op.name == "arith.select":
        types[0] = "tensor<70xi1>"
    listed = ", ".join(f"{v}: {t}" for v, t in zip(operands, types))
    result = f"tensor<70x{target}>"
    name = op.name.replace(".", "_")
    return (f'func.func @{name}({listed}) -> {result} {{\n  %y = "{op.name}"({", ".join(operands)}){attributes} : '
            f'({", ".join(types)}) -> {result}\n  return %y : {result}\n}}')


def elementwise(element: str) -> list[Op]:
    """The arithmetic ops on floats, or those on integers."""
    floats = element in ("f64", "f32")
    arithmetic = [op for op in records() if op.name.startswith(("arith.", "math.")) and op.operands]
    on_floats = {op.name for op in arithmetic if op.family == "elementwise"}
    on_floats |= PREDICATES - {"arith.cmpi"} | {"arith.select", "arith.fptosi", "arith.truncf"}
    elsewhere = {*NO_KERNEL, *(["arith.truncf"] if element == "f32" else [])}
    return [op for op in arithmetic if (op.name in on_floats) == floats and op.name not in elsewhere]


def texts() -> dict[str, str]:
    """Modules that hold everything to be compiled, each program a function named after it."""
    modules = {"programs": "\n".join(p.text.replace("@f", f"@{p.name}", 1) for p in PROGRAMS)}
    for element in ("f64", "f32", "i64"):
        modules[element] = "\n".join(function_of(op, element) for op in elementwise(element))
    modules["multiply_add"] = """func.func @f(%x: tensor<70xf64>, %y: tensor<70xf64>) -> tensor<70xf64> {
  %p = arith.mulf %x, %y : tensor<70xf64>
  %s = arith.addf %p, %y : tensor<70xf64>
  return %s : tensor<70xf64>
}"""
    return modules


@pytest.fixture(scope="module")
def compiled() -> dict[str, str]:
    """PTX by the name of the module."""
    command = [sys.executable, "-m", "tests.passes.nvptx_worker"]
    result = subprocess.run(command, input=json.dumps(texts()), capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, f"the compiler ended with {result.returncode}: {result.stderr[-2000:]}"
    return dict(json.loads(result.stdout))


def entries(ptx: str) -> list[str]:
    return re.findall(r"^\.visible \.entry (\w+)\(", ptx, re.MULTILINE)


@pytest.mark.parametrize("name", texts())
def test_ptx_is_complete(name: str, compiled: dict[str, str]) -> None:
    ptx = compiled[name]
    launched = re.findall(r"^//   launch (\w+)<<<", ptx, re.MULTILINE)
    assert sorted(launched) == sorted(entries(ptx))
    assert ".target sm_90" in ptx
    assert ".extern" not in ptx
    assert "ld.global" in ptx
    assert "st.global" in ptx


def test_there_is_a_kernel_for_every_op(compiled: dict[str, str]) -> None:
    for element in ("f64", "f32", "i64"):
        assert {f"{op.name.replace('.', '_')}_0" for op in elementwise(element)} <= set(entries(compiled[element]))
    assert len(elementwise("f64")) > 40
    assert len(elementwise("i64")) > 20


@pytest.mark.skipif(find_ptxas() is None, reason="there is no ptxas here")
@pytest.mark.parametrize("name", texts())
def test_ptxas_accepts_it(name: str, compiled: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "code.ptx").write_text(compiled[name])
    command = [str(find_ptxas()), "-arch=sm_90", "-o", str(tmp_path / "code.cubin"), str(tmp_path / "code.ptx")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "code.cubin").read_bytes().startswith(b"\x7fELF")


def body_of(ptx: str, entry: str) -> str:
    """The instructions of one kernel."""
    return ptx.partition(f".entry {entry}(")[2].partition("\n}")[0]


def test_square_roots_and_quotients_are_correctly_rounded(compiled: dict[str, str]) -> None:
    for element in ("f64", "f32"):
        assert f"sqrt.rn.{element}" in body_of(compiled[element], "math_sqrt_0")
        assert f"div.rn.{element}" in body_of(compiled[element], "arith_divf_0")


def test_single_precision_arithmetic_neither_approximates_nor_flushes(compiled: dict[str, str]) -> None:
    for op in ("math.sqrt", "arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.maximumf", "arith.minimumf"):
        body = body_of(compiled["f32"], op.replace(".", "_") + "_0")
        assert "st.global" in body
        assert not re.search(r"\.approx|\.ftz", body), op


def test_separate_operations_are_not_fused(compiled: dict[str, str]) -> None:
    body = body_of(compiled["multiply_add"], "f_0")
    assert "mul.rn.f64" in body
    assert "add.rn.f64" in body
    assert "fma" not in body


def test_a_reduction_adds_up_in_shared_memory_between_barriers(compiled: dict[str, str]) -> None:
    body = body_of(compiled["programs"], "fused_sum_5000_0")
    assert ".shared" in body
    assert body.count("bar.sync") == 8  # 128, 64, .., 1: unrolled
    assert "atom" not in body


@pytest.fixture
def context() -> Iterator[None]:
    with make_context(), ir.Location.unknown():
        yield


@pytest.mark.usefixtures("context")
def test_what_would_abort_the_translation_is_refused() -> None:
    module = ir.Module.parse("""module attributes {gpu.container_module} {
  gpu.module @kernels {
    llvm.func @f(%x: f64) -> f64 {
      %y = math.exp %x : f64
      llvm.return %y : f64
    }
  }
}""")
    with pytest.raises(UnsupportedError, match=r"math\.exp has no translation") as refusal:
        CheckTranslatable().run(module)
    assert refusal.value.position is not None
    assert refusal.value.position.line == 4
