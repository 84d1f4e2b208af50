"""The messages a user meets first, in full: what, where, why, what to do; and no frame of the compiler.

`python -m tests.errors.test_messages` writes messages.txt anew; read the difference before it is committed.
"""

from __future__ import annotations

import copy
import linecache
import traceback
from pathlib import Path

import pytest

import wengert
from tests.errors import refused

GOLDEN = Path(__file__).parent / "messages.txt"
SOURCE = refused.__file__


def error_of(name: str) -> BaseException:
    """What calling a refused function raises."""
    call, arguments = refused.CASES[name]
    with pytest.raises(Exception) as caught:
        call(*copy.deepcopy(arguments))
    return caught.value


def shown(name: str) -> str:
    """The class and the message of a refusal, with the file's name for its path."""
    error = error_of(name)
    return f"{type(error).__name__}: {error}".replace(SOURCE, Path(SOURCE).name)


def golden() -> dict[str, str]:
    sections = GOLDEN.read_text(encoding="utf-8").split("==== ")[1:]
    return {name: text.strip("\n") for name, _, text in (section.partition("\n") for section in sections)}


@pytest.mark.parametrize("name", refused.CASES)
def test_message(name: str) -> None:
    assert shown(name) == golden()[name]


@pytest.mark.parametrize("name", refused.CASES)
def test_the_caret_stands_under_the_code_and_no_compiler_frame_shows(name: str) -> None:
    error = error_of(name)
    position = getattr(error, "position", None)
    if position is not None:
        assert position.file == SOURCE
        line = linecache.getline(SOURCE, position.line)
        assert position.column <= len(line.rstrip()), "the caret points past the end of the line"
        assert line[max(position.column - 1, 0)] != " " or position.column == 0
    home = str(Path(wengert.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(home)]
    called = {"__call__", "jvp", "vjp", "as_text", "<lambda>"}
    assert [f"{frame.filename}: {frame.name}" for frame in frames if frame.name not in called] == []


def test_every_message_is_for_a_program() -> None:
    assert set(golden()) == set(refused.CASES)


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"==== {name}\n{shown(name)}\n\n" for name in refused.CASES), encoding="utf-8")
