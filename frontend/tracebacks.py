"""Tracebacks of refusals: the user's frames, without the compiler's.

A refusal says where the user's code is at fault; the frames of the compiler between the user's call and the user's
function say nothing to the user.  What is no refusal keeps its traceback, because it is a bug of the compiler.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from types import TracebackType

import wengert
from wengert.dialects.errors import WengertError

_HIDDEN = (str(Path(wengert.__file__).parent), sysconfig.get_path("stdlib"))


def without_compiler(error: WengertError) -> WengertError:
    """The error with a traceback of user frames only; as it is when another error caused it."""
    if error.__cause__ is not None:
        return error
    frames: list[TracebackType] = []
    frame = error.__traceback__
    while frame is not None:
        if not frame.tb_frame.f_code.co_filename.startswith(_HIDDEN):
            frames.append(frame)
        frame = frame.tb_next
    traceback: TracebackType | None = None
    for frame in reversed(frames):
        traceback = TracebackType(traceback, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return error.with_traceback(traceback)
