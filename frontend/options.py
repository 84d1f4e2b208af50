"""What a user may choose about compilation; frozen, and entered at the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.op import encode_attributes
from wengert.frontend.checkpoint_options import bytes_of, check_options

TARGETS = ("cpu", "cuda")


@dataclass(frozen=True)
class CompileOptions:
    """Options of `wengert.compile`.

    target: "cpu", or "cuda" (PTX for an NVIDIA GPU).
    precise: elementary functions from the scalar C library (at most 2 ulp) instead of the vector library (at most 4
        ulp).
    checkpoint, slots, memory: how loops are reversed (frontend/checkpoint_options.py).
    check: compare custom rules with the derivatives of the functions they belong to, whenever one is called.
    """

    target: str = "cpu"
    precise: bool = False
    checkpoint: str | None = None
    slots: int | None = None
    memory: int | str | None = None
    check: bool = False

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"target {self.target!r} is none of {', '.join(map(repr, TARGETS))}")
        check_options(self.checkpoint, self.slots, self.memory)

    def attributes(self) -> dict[str, Any]:
        """What the differentiation passes have to know: the attributes of the functions that are differentiated."""
        found: dict[str, Any] = {}
        if self.slots is not None:
            found["diff.slots"] = self.slots
        if self.memory is not None:
            found["diff.memory"] = bytes_of(self.memory)
        return encode_attributes(found)


DEFAULT = CompileOptions()
