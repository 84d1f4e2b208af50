"""The documents are true: every block of Python runs and prints what stands below it, every table is checked."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests.docs import tour
from wengert.dialects.op import records

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


# ---------------------------------------------------------------- blocks of Python


def blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """Pairs of a block of Python and the block of output that follows it directly, if any."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    for position, (language, body) in enumerate(fenced):
        if language == "python":
            following = fenced[position + 1] if position + 1 < len(fenced) else ("", "")
            yield body, following[1] if following[0] == "text" else None


WITH_BLOCKS = ["README.md", *(f"docs/{page.name}" for page in sorted(DOCS.glob("*.md"))
                              if "```python\n" in page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", WITH_BLOCKS)
def test_blocks_of_python_print_what_the_document_says(name: str, tmp_path: Path) -> None:
    """The blocks of a document are one program, run block by block; wengert reads their source from a file."""
    namespace: dict[str, Any] = {"__name__": "document"}
    found = list(blocks((ROOT / name).read_text(encoding="utf-8")))
    for number, (source, expected) in enumerate(found):
        path = tmp_path / str(number) / "example.py"
        path.parent.mkdir()
        path.write_text(source, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, str(path), "exec"), namespace)
        if expected is not None:
            output = printed.getvalue().replace(str(path), path.name)
            assert output.strip() == expected.strip(), f"{name}, block {number}"
    assert found


# ---------------------------------------------------------------- docstrings


#: The modules that public names come from, and those of the objects they return.
PUBLIC = sorted({home for name in wengert.__all__ if (home := getattr(getattr(wengert, name), "__module__", None))}
                | {"wengert.frontend.function", "wengert.frontend.stages"})


@pytest.mark.parametrize("name", PUBLIC)
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


def test_every_public_name_has_an_example() -> None:
    for name in wengert.__all__:
        value = getattr(wengert, name)
        if callable(value) and not isinstance(value, type):
            assert ">>> " in (value.__doc__ or ""), name


# ---------------------------------------------------------------- kinks


def rows(path: Path) -> list[list[str]]:
    """The cells of the table of a document, without its heading."""
    lines = [line.strip().strip("|") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.split(" | ")] for line in lines[2:]]


KINKS = rows(DOCS / "kinks.md")
IDS = [row[0] + " at " + row[1] for row in KINKS]


def at_kink(expression: str, point: str, folder: Path) -> tuple[Any, tuple[float, ...]]:
    """The function of a row, and where it is evaluated."""
    arguments: dict[str, float] = {}
    exec(point.replace(", ", "; "), {"inf": np.inf}, arguments)
    path = folder / "kink.py"
    imports = "import numpy as np; from scipy import special\n\n"
    source = f"{imports}def f({', '.join(arguments)}):\n    return {expression}\n"
    path.write_text(source, encoding="utf-8")
    namespace: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), namespace)
    return namespace["f"], tuple(arguments.values())


@pytest.mark.parametrize("expression, point, expected, reported", KINKS, ids=IDS)
def test_derivatives_at_kinks(expression: str, point: str, expected: str, reported: str, tmp_path: Path) -> None:
    """Each row of docs/kinks.md, in both modes, and what `kinks="error"` says of it."""
    f, at = at_kink(expression, point, tmp_path)
    values = [float(v) for v in expected.split(", ")]
    everything = tuple(range(len(at)))
    np.testing.assert_array_equal(wengert.grad(f, argnums=everything)(*at), values)
    for k, value in enumerate(values):
        unit = tuple(1.0 if k == j else 0.0 for j in everything)
        np.testing.assert_array_equal(wengert.jvp(f, at, unit)[1], value)
    told = wengert.compile(f, kinks="error")
    with np.errstate(all="ignore"):
        assert told(*at) == pytest.approx(f(*at))
    if reported == "none":
        np.testing.assert_array_equal(wengert.grad(told, argnums=everything)(*at), values)
        return
    for derivative in (lambda: wengert.grad(told, argnums=everything)(*at), lambda: wengert.jvp(told, at, at)):
        with pytest.raises(wengert.KinkError) as caught:
            derivative()
        assert caught.value.what == f"{reported} is at a kink"
        assert caught.value.position is not None and caught.value.position.line == 4


def test_every_operation_with_a_kink_has_rows() -> None:
    """As many as it has kinks.  The front end has no function that is 1/sqrt in one operation."""
    told = [re.sub(r"-?\d+\.\d+|[(), ]", "", row[3].split(" at ")[0]) for row in KINKS]
    for record in records():
        named = callable(record.symbol)
        forms = [{"kind": "max", "axes": (0,), "predicate": 2}, {"kind": "min", "axes": (0,), "predicate": 4}]
        for attributes in forms if named else forms[:1]:
            if record.kinks and record.name != "math.rsqrt":
                assert told.count(record.spelled(attributes)) >= len(record.kinks), record.name


# ---------------------------------------------------------------- the tour


def test_the_tour_shows_what_the_compiler_prints() -> None:
    """Every listing of docs/tour.md is what the stage prints today; `python -m tests.docs.tour` writes them anew."""
    text = (DOCS / "tour.md").read_text(encoding="utf-8")
    assert tour.regenerated(text) == text
