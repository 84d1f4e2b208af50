"""The traces in progress in this thread, innermost last; needs no compiler."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wengert.frontend.trace import Trace

_active = threading.local()


def stack() -> list[Trace]:
    if not hasattr(_active, "stack"):
        _active.stack = []
    traces: list[Trace] = _active.stack
    return traces


def current() -> Trace:
    """The trace in progress in this thread."""
    return stack()[-1]


def tracing() -> bool:
    """Whether a trace is in progress in this thread."""
    return bool(stack())
