"""Writes one function of LLVM IR as text, block by block. Knows IR syntax and the entries' address table, no more."""

from __future__ import annotations

from wengert.runtime.python_abi import TABLE


def symbol(name: str) -> str:
    """A global name as IR writes it; in quotes, because Python's names (`<lambda>`, `λ`) are not LLVM's."""
    return f'@"{name}"'


class FunctionWriter:
    """`value` names what an instruction gives, `check` goes on only when its condition holds.

    `table` is the symbol of the table of addresses (`python_abi.TABLE`) through which C functions and objects are
    reached. Branches are laid out with the first label as the likely one (metadata `!1`; `!0` is the empty node).
    """

    def __init__(self, header: str, table: str) -> None:
        self.header = header
        self.table = table
        self.allocas: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def text(self) -> str:
        """The whole function."""
        return "\n".join([f"{self.header} {{", "start:", *self.allocas, *self.lines, "}\n"])

    def fresh(self, stem: str) -> str:
        """A name not used before in this function."""
        self.count += 1
        return f"{stem}{self.count}"

    def line(self, text: str) -> None:
        """An instruction without a result."""
        self.lines.append(f"  {text}")

    def label(self, name: str) -> None:
        """The start of a block."""
        self.lines.append(f"{name}:")

    def value(self, text: str) -> str:
        """An instruction with a result; its name."""
        name = self.fresh("%v")
        self.line(f"{name} = {text}")
        return name

    def alloca(self, kind: str) -> str:
        """Memory of the frame, allocated once in the first block."""
        name = self.fresh("%slot")
        self.allocas.append(f"  {name} = alloca {kind}, align 16")
        return name

    def offset(self, base: str, offset: int) -> str:
        """The address `offset` bytes after `base`."""
        return self.value(f"getelementptr inbounds i8, ptr {base}, i64 {offset}")

    def field(self, kind: str, base: str, offset: int) -> str:
        """What is stored `offset` bytes after `base`."""
        return self.value(f"load {kind}, ptr {self.offset(base, offset)}")

    def fixed(self, name: str) -> str:
        """The address in the table under `name`."""
        return self.entry_of_table(TABLE[name])

    def entry_of_table(self, number: int) -> str:
        """The address at this place of the table."""
        return self.value(f"load ptr, ptr {self.offset(symbol(self.table), 8 * number)}, !invariant.load !0")

    def call(self, result: str, function: str, arguments: str) -> str:
        """Calls a function of the table that returns a value."""
        return self.value(f"call {result} {self.fixed(function)}({arguments})")

    def call_void(self, function: str, arguments: str) -> None:
        """Calls a function of the table that returns nothing."""
        self.line(f"call void {self.fixed(function)}({arguments})")

    def equal(self, kind: str, left: str, right: str | int) -> str:
        """Whether two integers or pointers are equal."""
        return self.value(f"icmp eq {kind} {left}, {right}")

    def branch(self, condition: str, likely: str, unlikely: str) -> None:
        """Ends the block."""
        self.line(f"br i1 {condition}, label %{likely}, label %{unlikely}, !prof !1")

    def check(self, condition: str, otherwise: str) -> None:
        """Goes on in a new block if the condition holds, otherwise to the label `otherwise`."""
        following = self.fresh("ok")
        self.branch(condition, following, otherwise)
        self.label(following)
