"""`raise`, `assert` and `try` in code some of which runs later.

`raise` and a failed `assert` under traced control flow become run-time checks; so do out-of-range indices.  A check
cannot be caught: an `except` clause around one is refused.  Errors found while compiling cannot be caught either.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from wengert.dialects.bindings import walk
from wengert.dialects.errors import UnsupportedError, WengertError
from wengert.dialects.failures import kind_of_exception
from wengert.dialects.texts import COMPOSED, LITERAL
from wengert.frontend.branches import EXPRESSION, If
from wengert.frontend.comparison import negated, truth
from wengert.frontend.site import Site
from wengert.frontend.texts import Text, emit, joined, pieces_of
from wengert.frontend.trace import Detour, Region, current
from wengert.frontend.values import Scalar, Traced


def runs_for_certain() -> bool:
    """Whether the code that is traced now runs exactly once, whatever the run-time values are."""
    region: Region | None = current().region
    while region is not None:
        if region.kind != "function":
            return False
        region = getattr(region, "outer", None)
    return True


def raise_(error: Callable[[], Any], cause: Callable[[], Any] | None = None) -> None:
    """`raise error() from cause()`: now, or as a check that fails when the code is reached."""
    exception = error()
    if isinstance(exception, type) and issubclass(exception, BaseException):
        exception = exception()
    if not isinstance(exception, BaseException):
        raise TypeError("exceptions must derive from BaseException")
    if runs_for_certain():
        if cause is not None:
            raise exception from cause()
        raise exception
    _fail_with(kind_of_exception(type(exception)), _message_of(exception))


def _message_of(exception: BaseException) -> str | Text:
    """What `str(exception)` shows."""
    arguments = exception.args
    if not any(isinstance(x, (Text, Traced)) for x in arguments):
        return str(exception)
    shown = arguments[0] if len(arguments) == 1 else arguments
    return joined(pieces_of(shown))


def _fail_with(kind: str, text: str | Text) -> None:
    """A check that fails, with a text of the user."""
    if isinstance(text, Text):
        emit(text, "message")
        current().check(False, kind, COMPOSED)
    else:
        current().check(False, kind, LITERAL + text)


def assert_(condition: Any, message: Callable[[], Any] | None) -> None:
    """`assert condition, message()`; the message is evaluated where the condition does not hold."""
    known = truth(condition)
    if isinstance(known, Scalar):
        failed = If(negated(known), EXPRESSION)
        shown: Any = "assertion failed"
        while failed.next({}):
            with failed:
                if failed.then and message is not None:
                    shown = joined(pieces_of(message()))
                    if isinstance(shown, Text):
                        emit(shown, "message")
        text = COMPOSED if isinstance(shown, Text) else LITERAL + shown
        current().check(known, "AssertionError", text)
    elif not known:
        raise_(lambda: AssertionError(*([message()] if message is not None else [])))


class Try:
    """Stands by a `try` with `except` clauses, and refuses what they cannot do in compiled code."""

    refusals = (WengertError, Detour)

    def __init__(self, site: Site) -> None:
        self.site = site
        self.checks = _count_checks()

    def left(self) -> None:
        """At the end of the body."""
        if _count_checks() != self.checks:
            self.refuse("it may fail at run time, and such an error cannot be caught in compiled code")

    def caught(self) -> None:
        """At the start of a handler."""
        error = sys.exc_info()[1]
        if error is not None and getattr(error, "left_traced_code", False):
            self.refuse("whether the error is raised depends on a run-time value")
        self.left()

    def refuse(self, why: str) -> NoReturn:
        raise UnsupportedError(
            "an except clause around code that is compiled to run later",
            self.site.position,
            why,
            "test the condition with `if` before, instead of catching the error",
        )


def _count_checks() -> int:
    trace = current()
    region: Any = trace.region
    while region.parent is not None:
        region = region.parent
    return len(walk(region.func, "nd.check"))


