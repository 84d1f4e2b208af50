"""What all run-time objects of control flow share: a site, the region around, and cleaning up a trial that failed.

Rewritten code drives a construct: `next(locals())` says whether the body runs (once more) and sets `vars`, the values
of the site's names for that turn; `with` around the body tells the construct how it ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from wengert.dialects.errors import Position, WengertError, WengertNameError
from wengert.frontend.journal import UNBOUND, Slot
from wengert.frontend.site import Site
from wengert.frontend.source import is_user_code
from wengert.frontend.trace import Detour, Region, current

Names = Mapping[str, Any]


class Construct:
    """One execution of one construct.

    Attributes:
        vars: the values of `site.names`, for the frame.
        traced: whether a body is being traced (a trial that may have to be undone).
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.trace = current()
        self.parent: Region = self.trace.region
        self.region: Region = self.parent
        self.op: Any = None
        self.traced = False
        self.vars: tuple[Any, ...] = ()

    def __enter__(self) -> Construct:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> bool:
        if error is None or not self.traced:
            return False
        self.abort()
        if isinstance(error, Exception) and self.recover(error):
            return True
        outermost = self.parent.parent is None  # an enclosing loop may know what to do
        if isinstance(error, UnboundLocalError) and not isinstance(error, WengertError) and outermost:
            raise WengertNameError(str(error), raised_at(tb)) from None
        if not isinstance(error, (WengertError, Detour)):
            error.__dict__["left_traced_code"] = True
        return False

    def recover(self, error: Exception) -> bool:
        """Whether the construct goes on in another way; called after the trial was undone."""
        return False

    def bind(self, names: Names) -> None:
        """Sets the values of the site's names in the frame."""
        self.vars = tuple(names.get(n, UNBOUND) for n in self.site.names)

    # ---- regions

    def open(self, block: Any, kind: str) -> None:
        """From here on code goes to `block`."""
        self.region = self.trace.region = Region(block, self.parent, kind)

    def close(self) -> None:
        """Ends the region: its changes are undone, its values cannot be used any more."""
        self.region.journal.undo()
        self.region.alive = False
        self.trace.region = self.parent

    def abort(self) -> None:
        """Undoes a trial and everything opened inside of it."""
        inner: Region | None = self.trace.region
        while inner is not None and inner is not self.parent:
            inner.journal.undo()
            inner.alive = False
            inner = inner.parent
        self.trace.region = self.parent
        if self.op is not None:
            self.op.erase()
            self.op = None
        self.traced = False


def store(slot: Slot, value: Any) -> None:
    """A store to a slot in the current region."""
    current().region.journal.before_store(slot)
    slot.put(value)


def raised_at(tb: TracebackType | None) -> Position | None:
    """The innermost place in rewritten code that an exception has passed."""
    found = None
    while tb is not None:
        code = tb.tb_frame.f_code
        if is_user_code(code):
            line, _, column, _ = list(code.co_positions())[tb.tb_lasti // 2]
            found = Position(code.co_filename, line or tb.tb_lineno, (column or 0) + 1)
        tb = tb.tb_next
    return found
