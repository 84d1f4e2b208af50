"""The benchmark suite: its programs agree with one another, its harness runs, and executed instructions do not grow."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import benchmarks.kernels  # noqa: F401  registers them
from benchmarks import callgrind, figures, instructions, measure, performance, plot, tables
from benchmarks.kernel import KERNELS
from benchmarks.limits import LIMITS, UNITS
from benchmarks.peers import CONTENDERS, c_file, has


@pytest.mark.parametrize("name", KERNELS)
def test_both_forms_are_one_program(name: str) -> None:
    """NumPy and Python run both at a small size."""
    kernel = KERNELS[name](**KERNELS[name].small)
    forms = [form for form in (kernel.numpy, kernel.loops) if form is not None]
    values = [float(form(*kernel.arguments())) for form in forms]
    assert np.isfinite(values).all() and values[0] != 0
    np.testing.assert_allclose(values[-1], values[0], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_both_gradients_are_one(name: str) -> None:
    import wengert

    kernel = KERNELS[name](**KERNELS[name].small)
    positions = tuple(list(kernel.inputs).index(active) for active in kernel.active)
    forms = [form for form in (kernel.numpy, kernel.loops) if form is not None]
    gradients = [wengert.grad(form, argnums=positions)(*kernel.arguments()) for form in forms]
    for one, other in zip(gradients[0], gradients[-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(one).max())


def test_every_kernel_has_a_bound_and_its_c_form_the_same_inputs() -> None:
    assert set(LIMITS) == set(KERNELS)
    for name, definition in KERNELS.items():
        assert LIMITS[name].unit in UNITS and LIMITS[name].amount(definition.sizes) > 0
        if c_file(definition).exists():
            parameters = re.search(r"double program\((.*?)\)", c_file(definition).read_text(), re.DOTALL)
            assert parameters is not None
            names = re.findall(r"restrict (\w+)", parameters[1])
            assert names == list(definition(**definition.small).inputs), name


def test_the_harness_measures_one_kernel(tmp_path: Path) -> None:
    plan = measure.Plan(["wengert", "wengert:loops", "numpy"], ["small5"], seconds=0.01, sizes={"small5": {"n": 3}})
    announced: list[tuple[str, str]] = []
    results = measure.run(plan, tmp_path, lambda *pair: announced.append(pair))
    assert announced == plan.pairs() == [("small5", c) for c in plan.contenders]
    rows = results["small5"]
    assert all("error" not in row and "stopped" not in row for row in rows.values()), rows
    assert rows["wengert"]["value"] == pytest.approx(rows["numpy"]["value"], rel=1e-14)
    assert rows["wengert"]["gradient"] > 0 and "gradient" not in rows["numpy"]
    loaded = [dict(np.load(measure.gradient_file(tmp_path, "small5", name))) for name in figures.OURS]
    assert figures.distance(*loaded) < 1e-14


def test_what_fails_is_told(tmp_path: Path) -> None:
    plan = measure.Plan(["wengert"], ["small5"], sizes={"small5": {"m": 3}})
    row = measure.one(plan, "small5", "wengert", tmp_path)
    assert row["error"].startswith("TypeError")
    assert tables.failures({"small5": {"wengert": row}}) is not None


def recorded() -> dict[str, object]:
    """A run as it might have been recorded: wengert needs 1 and 2 ms, Enzyme 2 and 8."""
    ours = {"forward": 1e-3, "gradient": 2e-3, "first_forward": 0.2, "first_gradient": 0.5, "memory": 1e6,
            "agreement": 1e-15}
    theirs = {"forward": 2e-3, "gradient": 8e-3, "memory": 2e6}
    return {"machine": {"cpu": "a CPU", "cores": 2, "system": "Linux", "python": "3.13", "packages": {"numpy": "2"}},
            "rates": dict.fromkeys(UNITS, 1e9), "threads": 1, "rounds": 2,
            "results": {"lu": {"wengert": ours, "wengert:loops": {**ours, "forward": 2e-3}, "enzyme": theirs}}}


def test_tables_page_and_picture(tmp_path: Path) -> None:
    run = json.loads(json.dumps(recorded()))
    comparison = figures.compare(run["results"]["lu"], "gradient")
    assert (comparison.rival, comparison.ratio) == ("enzyme", 0.25)
    assert figures.over_forward(run["results"]["lu"]) == 2.0
    assert figures.form_ratio(run["results"]["lu"], "forward") == 0.5
    console = Console(width=200, record=True, file=io.StringIO())
    tables.show(console, run["results"], ["wengert", "enzyme"])
    shown = console.export_text()
    assert "Enzyme (C)" in shown and "0.25" in shown

    page = tmp_path / "page.md"
    page.write_text(f"before\n{performance.BEGIN}\nold\n{performance.END}\nafter\n")
    performance.write(run, page)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    bound = 2 * KERNELS["lu"].sizes["n"] ** 3 / 1e9 * 1e3
    assert f"| lu: {LIMITS['lu'].why} | {tables.number(bound)} | 2 |" in text
    pytest.importorskip("matplotlib")
    plot.draw(run["results"], tmp_path / "ratios.svg")
    assert "<svg" in (tmp_path / "ratios.svg").read_text()


def test_forms_of_peers_are_found_without_them() -> None:
    for name in CONTENDERS:
        assert any(has(name, definition) for definition in KERNELS.values())
    assert not has("torch", KERNELS["seidel_2d"]) and has("jaxalt", KERNELS["seidel_2d"])


CALLGRIND = """desc: Trigger: Client Request: lu.forward
ob=(1) /lib/libpython.so
fn=(1) call
0 7
cob=(2) ???
calls=1 0
0 900
ob=(2)
fn=(2) 0x40
0 500
+3 40
cob=(1)
calls=1 0
0 60
"""


def test_only_code_without_a_file_is_counted(tmp_path: Path) -> None:
    (tmp_path / "counts.1").write_text(CALLGRIND)
    assert callgrind.read(tmp_path) == {"lu.forward": 540}


def test_more_instructions_are_a_regression_and_fewer_are_not() -> None:
    before = {"lu": {"forward": 1000, "gradient": 1000}}
    assert instructions.regressions({"lu": {"forward": 1040, "gradient": 500}}, before) == []
    told = instructions.regressions({"lu": {"forward": 1000, "gradient": 1100}, "adi": {"forward": 1}}, before)
    assert told == ["lu, gradient: 1100 instructions, 1000 recorded (+10.0%)",
                    "adi, forward: 1 instructions, none recorded"]


def test_executed_instructions() -> None:
    """Of ten kernels, forward and gradient. If they have to grow: python -m benchmarks.instructions --update."""
    if reason := instructions.obstacle():
        pytest.skip(reason)
    found = instructions.count()
    assert set(found) == set(instructions.COUNTED)
    assert instructions.regressions(found, json.loads(instructions.RECORD.read_text())) == []
