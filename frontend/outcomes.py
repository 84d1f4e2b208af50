"""What loaded code does to the process beside returning values: it prints, and its checks fail. Needs no compiler."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.errors import Position
from wengert.runtime.foreign import forget, printer, take


def enter_prints(rows: Sequence[Any]) -> None:
    """Make what code writes known to the process under the symbols it calls; to be done before the code is loaded."""
    if not rows:
        return
    from wengert.dialects.texts import number_dtype, stored_dtype, write

    for symbol, template, stream, kinds, pairs in rows:
        values = [(stored_dtype(kind), (0,) * rank) if rank >= 0 else number_dtype(kind) for kind, rank in pairs]
        printer(symbol, functools.partial(write, stream, template, kinds), values)


def error_of(checks: list[Any]) -> Callable[..., BaseException]:
    """What an entry calls to get the exception for a failed check."""

    def error(number: int, *values: int) -> BaseException:
        from wengert.dialects.failures import RAISED, failed_check
        from wengert.dialects.texts import COMPOSED, take_message

        kind, message, file, line, column = checks[number - 1]
        if not message.startswith(COMPOSED):
            take_message()
        if kind == RAISED:
            return take(values[0])
        forget()
        return failed_check(kind, message, values, Position(file, line, column) if file else None)

    return error
