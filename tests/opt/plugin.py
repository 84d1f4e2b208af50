"""Passes that do what the tests of the pass machinery need; also the smallest example of a plug-in."""

import os
from dataclasses import dataclass

from wengert.dialects.bindings import ir, position_of, walk
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass


@register_pass("test-rename")
@dataclass(frozen=True)
class Rename(Pass):
    """Rename a function."""

    function: str
    to: str = "renamed"

    def run(self, module: ir.Module) -> None:
        for func in walk(module.operation, "func.func"):
            if func.attributes["sym_name"].value == self.function:
                func.attributes["sym_name"] = ir.StringAttr.get(self.to)


@register_pass("test-options")
@dataclass(frozen=True)
class Options(Pass):
    """One option of every type."""

    word: str = ""
    number: int = 1
    ratio: float = 0.5
    fast: bool = False
    numbers: tuple[int, ...] = (0,)
    words: tuple[str, ...] = ()
    max_depth: int | None = None

    def run(self, module: ir.Module) -> None:
        pass


@register_pass("test-refuse")
@dataclass(frozen=True)
class Refuse(Pass):
    """Refuse the first operation of a name."""

    op: str = "arith.addf"

    def run(self, module: ir.Module) -> None:
        for found in walk(module.operation, self.op)[:1]:
            raise UnsupportedError(f"{self.op} is refused", position_of(found.location), "it is a test", "use another")


@register_pass("test-break-ir")
@dataclass(frozen=True)
class BreakIR(Pass):
    """Leave functions without their terminator."""

    def run(self, module: ir.Module) -> None:
        for found in walk(module.operation, "func.return"):
            found.erase()


@register_pass("test-bug")
@dataclass(frozen=True)
class Bug(Pass):
    """Raise what a bug raises."""

    def run(self, module: ir.Module) -> None:
        raise KeyError("the bug")


@register_pass("test-abort")
@dataclass(frozen=True)
class Abort(Pass):
    """End the process, as a failed assertion in upstream does."""

    def run(self, module: ir.Module) -> None:
        os.abort()
