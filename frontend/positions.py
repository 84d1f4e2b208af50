"""Where in the user's source we are: the position of the statement that is being traced, and errors that carry it.

Assumes that rewritten code keeps the user's file names, lines and columns (source.py).  Code objects are told apart by
identity, because hashing one walks all of its constants.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NoReturn

import numpy as np

import wengert
from wengert.dialects.errors import Position, UnsupportedError, WengertError
from wengert.frontend.source import is_user_code

_PACKAGE = str(Path(wengert.__file__).parent)
_NUMPY = str(Path(np.__file__).parent)
_STANDARD_LIBRARY = sysconfig.get_path("stdlib")


@dataclass
class _Code:
    """What is known of a code object; holding it keeps its id from being reused."""

    code: CodeType
    rewritten: bool
    foreign: bool
    columns: list[tuple[int | None, int | None, int | None, int | None]] | None = None


_codes: dict[int, _Code] = {}
_positions: dict[tuple[int, int], Position] = {}


def _learn(code: CodeType) -> _Code:
    file = code.co_filename
    library = file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file
    inner = file.startswith((_PACKAGE, _NUMPY, "<frozen")) or library
    known = _codes[id(code)] = _Code(code, is_user_code(code) and not file.startswith(_PACKAGE), not inner)
    return known


def user_frame() -> FrameType | None:
    """The innermost frame of rewritten code; where none is active, the innermost one that is no library's."""
    frame: FrameType | None = sys._getframe(1)
    foreign = None
    while frame is not None:
        known = _codes.get(id(frame.f_code)) or _learn(frame.f_code)
        if known.rewritten:
            return frame
        if foreign is None and known.foreign:
            foreign = frame
        frame = frame.f_back
    return foreign


def frame_key(frame: FrameType) -> tuple[int, int]:
    """Identifies a place in code that stays alive: the code object and the instruction."""
    return id(frame.f_code), frame.f_lasti


def position_in(frame: FrameType) -> Position:
    """The position of the instruction a frame is at."""
    key = frame_key(frame)
    position = _positions.get(key)
    if position is None:
        known = _codes.get(id(frame.f_code)) or _learn(frame.f_code)
        if known.columns is None:
            known.columns = list(frame.f_code.co_positions())
        line, _, column, _ = known.columns[frame.f_lasti // 2]
        position = Position(frame.f_code.co_filename, line or frame.f_lineno, (column or 0) + 1)
        _positions[key] = position
    return position


def user_position() -> Position | None:
    """The place in the user's source that is being traced, or None outside of it."""
    frame = user_frame()
    return None if frame is None else position_in(frame)


def definition_of(function: Any) -> Position | None:
    """Where a function is defined: its `def`, below its decorators; None for what is not written in Python."""
    code = getattr(getattr(function, "py_func", function), "__code__", None)
    if code is None:
        return None
    line = code.co_firstlineno
    while linecache.getline(code.co_filename, line).lstrip().startswith(("@", "#")):
        line += 1
    return Position(code.co_filename, line)


def fail(what: str, why: str = "", help: str = "", error: type[WengertError] = UnsupportedError) -> NoReturn:
    """Refuses what the user's code does at the position that is being traced."""
    raise error(what, user_position(), why, help)
