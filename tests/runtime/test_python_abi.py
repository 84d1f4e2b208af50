"""The check of object layouts, and that a layout that differs leads to the fallback, not to a wrong answer."""

from typing import Any

import pytest

from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE, error, mismatch, run_script
from wengert.runtime import python_abi
from wengert.runtime.entry import build_entry


def test_this_python_has_the_layout() -> None:
    assert python_abi.layout_problem() is None


def test_the_table_has_an_index_for_every_name() -> None:
    assert sorted(python_abi.TABLE.values()) == list(range(len(python_abi.TABLE)))


@pytest.mark.parametrize(
    ("field", "offset"),
    [
        ("OBJECT_TYPE", 0),
        ("SCALAR_VALUE", 0),
        ("ARRAY_DATA", 8),
        ("ARRAY_NDIM", 12),
        ("ARRAY_DESCRIPTOR", -8),
        ("ARRAY_FLAGS", 4),
        ("DESCRIPTOR_BYTE_ORDER", 1),
        ("DESCRIPTOR_TYPE_NUMBER", -4),
        ("HEAD", None),
    ],
)
def test_another_layout_is_noticed_and_the_fallback_used(field: str, offset: int | None) -> None:
    if offset is None:
        change = "python_abi._NUMPY_ARRAY_TYPE = 3"
    else:
        change = f"python_abi.{field} = python_abi.{field} + {offset or 8 * (1 if field == 'SCALAR_VALUE' else -1)}"
    script = f"""
from tests.runtime.kernels import *
from wengert.runtime import python_abi
{change}
problem = python_abi.layout_problem()
assert problem is not None
from wengert.runtime.entry import build_entry
entry = build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error)
assert entry(3.0) == (9.0,) and entry(3)[0] == "mismatch"
print(problem, type(entry).__name__)
"""
    assert run_script(script).split()[-1] == "function"


def test_build_entry_uses_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    def problem() -> str | None:
        return "another Python"

    monkeypatch.setattr(python_abi, "layout_problem", problem)
    entry: Any = build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error, tree=0)
    assert type(entry).__name__ == "function"
    assert entry(3.0) == 9.0
