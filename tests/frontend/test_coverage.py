"""docs/coverage.md is what the table says, and what is refused has a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.coverage import MODULES, document, entry_of, public
from wengert.frontend.refusals import INSTEAD
from wengert.frontend.uncovered import REASONS

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
REFUSED = {"frombuffer", "frompyfunc"}  # their handlers say so
COVERED = {name for module in MODULES.values() for name, function in public(module) if entry_of(function)} - REFUSED


def test_the_page_is_what_the_table_says() -> None:
    """`python -m wengert.frontend.coverage > docs/coverage.md` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == document()


def test_what_is_covered_is_not_refused() -> None:
    assert not COVERED & {name for reason in REASONS for name in reason.names}
    assert not COVERED & INSTEAD.keys()


def test_a_function_has_one_reason() -> None:
    names = [name for reason in REASONS for name in reason.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["savetxt", "busday_count", "array2string", "nditer"])
def test_the_reason_is_in_the_message(name: str) -> None:
    reason = next(reason for reason in REASONS if name in reason.names)
    with pytest.raises(UnsupportedError) as refused:
        wengert.compile(lambda x: getattr(np, name)(x))(np.ones(3))
    assert reason.why in str(refused.value)
