"""What a user may choose about compilation; frozen, and entered at the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.errors import WengertValueError
from wengert.frontend.checkpoint_options import bytes_of, check_options

TARGETS = ("cpu", "cuda")


@dataclass(frozen=True)
class CompileOptions:
    """Options of `wengert.compile`.

    target: "cpu", or "cuda" (PTX for an NVIDIA GPU).
    precise: elementary functions from the scalar C library (at most 2 ulp) instead of the vector library (at most 4
        ulp), and sums of loops in the order of the loop.
    checkpoint, slots, memory: how loops are reversed (frontend/checkpoint_options.py).
    nan: "trap" (an error where a NaN is made) or "trap-inf" (and where an infinity is).
    kinks: "error" (where a derivative is taken at a kink).
    threads: how many run loops whose iterations are independent and whose work is worth it.
    check: compare custom rules with the derivatives of the functions they belong to, whenever one is called.
    """

    target: str = "cpu"
    precise: bool = False
    checkpoint: str | None = None
    slots: int | None = None
    memory: int | str | None = None
    nan: str | None = None
    kinks: str | None = None
    check: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"target {self.target!r} is none of {', '.join(map(repr, TARGETS))}")
        if not isinstance(self.threads, int) or isinstance(self.threads, bool) or not 1 <= self.threads <= 256:
            raise WengertValueError(f"threads={self.threads!r} means nothing", help="write a number from 1 to 256")
        check_options(self.checkpoint, self.slots, self.memory)
        if self.memory is not None and self.target == "cuda":
            raise WengertValueError("memory= is given for a GPU", why="what a kernel takes there is not predicted",
                                    help='write checkpoint="binomial", slots=..')
        _one_of("nan", self.nan, ("trap", "trap-inf"))
        _one_of("kinks", self.kinks, ("error",))
        if self.target == "cuda" and (self.nan is not None or self.kinks is not None):
            option = "nan" if self.nan is not None else "kinks"
            raise WengertValueError(f"{option}= and target='cuda' are both given",
                                    why="a kernel has no way yet to report the line to the caller",
                                    help="find the place with target='cpu'")

    def of_loops(self) -> dict[str, int]:
        """What concerns loops: they carry it too, so that it holds where the function is called by another."""
        if self.memory is not None:
            return {"diff.memory": bytes_of(self.memory)}
        return {} if self.slots is None else {"diff.slots": self.slots}

    def attributes(self) -> dict[str, Any]:
        """What the differentiation passes have to know: the attributes of the functions that are differentiated."""
        from wengert.dialects.op import encode_attributes

        found: dict[str, Any] = dict(self.of_loops())
        if self.nan is not None:
            found["diff.nan"] = self.nan
        if self.kinks is not None:
            found["diff.kinks"] = self.kinks
        return encode_attributes(found)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        listed = " or ".join(f'{option}="{word}"' for word in allowed)
        raise WengertValueError(f"{option}={value!r} means nothing", help=f"write {listed}, or leave it out")


DEFAULT = CompileOptions()
