"""Settings of the whole test run."""

import os
from pathlib import Path

import hypothesis
import pytest

import wengert
from wengert.frontend import kept

# Tests that may abort the process run in a subprocess, which must import the same wengert.
os.environ["PYTHONPATH"] = str(Path(wengert.__file__).parent.parent)

# Compiling takes as long as it takes: no deadline.
hypothesis.settings.register_profile("wengert", deadline=None, print_blob=True)
hypothesis.settings.load_profile("wengert")


@pytest.fixture(autouse=True)
def _always_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are of the compiler: what an earlier run has kept on disk must not answer for it."""
    monkeypatch.setattr(kept, "enabled", False)
