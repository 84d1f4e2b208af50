"""What a user may choose about compilation; frozen, and entered at the top."""

from __future__ import annotations

from dataclasses import dataclass

TARGETS = ("cpu", "cuda")


@dataclass(frozen=True)
class CompileOptions:
    """Options of `wengert.compile`.

    target: "cpu", or "cuda" (PTX for an NVIDIA GPU).
    precise: elementary functions from the scalar C library (at most 2 ulp) instead of the vector library (at most 4
        ulp).
    """

    target: str = "cpu"
    precise: bool = False

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"target {self.target!r} is none of {', '.join(map(repr, TARGETS))}")
