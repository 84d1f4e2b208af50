"""The reading of the C heap."""

import sys

import numpy as np
import pytest

from wengert.runtime import memory


def test_it_sees_small_and_large_blocks() -> None:
    if memory.used_bytes() is None:
        pytest.skip("no mallinfo2 here")
    for size in (10_000, 10_000_000):
        before = memory.used_bytes() or 0
        block = np.ones(size, np.uint8)
        during = memory.used_bytes() or 0
        del block
        after = memory.used_bytes() or 0
        assert during - before >= size
        assert during - after >= size


def test_elsewhere_there_is_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    memory._mallinfo2.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory.used_bytes() is None
    monkeypatch.undo()
    memory._mallinfo2.cache_clear()
