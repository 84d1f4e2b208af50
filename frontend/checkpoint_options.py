"""The options of `compile` about checkpointing: what they may be.  Assumes nothing of the rest."""

from __future__ import annotations

import re
from typing import Any

from wengert.dialects.errors import WengertTypeError, WengertValueError

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def bytes_of(memory: int | str) -> int:
    """A number of bytes, from an int or a text such as "64MB".  KB, MB, GB are decimal; KiB, MiB, GiB are powers of 2.

    Raises:
        WengertValueError: the text is no such amount, or the amount is not positive.
        WengertTypeError: it is neither int nor text.
    """
    help_ = 'write a positive int, or a text such as "64MB" or "1.5 GiB"'
    if isinstance(memory, bool) or not isinstance(memory, (int, str)):
        raise WengertTypeError(f"memory={memory!r} is no number of bytes", help=help_)
    if isinstance(memory, str):
        found = _AMOUNT.fullmatch(memory)
        units = {name.lower(): size for name, size in _UNITS.items()}
        if found is None or found[2].lower() not in units:
            raise WengertValueError(f"memory={memory!r} is no number of bytes", help=help_,
                                    why="the units are " + ", ".join(_UNITS))
        amount = int(float(found[1]) * units[found[2].lower()])
    else:
        amount = memory
    if amount <= 0:
        raise WengertValueError(f"memory={memory!r} is not positive", help=help_)
    return amount


def check_options(checkpoint: Any, slots: Any, memory: Any) -> None:
    """Refuse options of `compile` that mean nothing.

    Raises:
        WengertValueError, WengertTypeError: a word, number or combination that has no meaning.
    """
    if checkpoint not in (None, "binomial"):
        raise WengertValueError(f"checkpoint={checkpoint!r} is no kind of checkpointing",
                                help='write checkpoint="binomial", with slots= or memory=')
    if slots is not None and (isinstance(slots, bool) or not isinstance(slots, int)):
        raise WengertTypeError(f"slots={slots!r} is no int", help="slots is how many states of a loop are stored")
    if slots is not None and slots < 1:
        raise WengertValueError(f"slots={slots} is less than 1", why="the state a loop begins with has to be stored",
                                help="store at least one state; slots=1 runs a loop of n steps about n*n/2 steps long")
    if slots is not None and memory is not None:
        raise WengertValueError("slots= and memory= are both given", why="each of them decides how much is stored",
                                help="leave one of them out")
    if slots is not None and checkpoint is None:
        raise WengertValueError("slots= is given without checkpoint=", help='write checkpoint="binomial" too')
    if checkpoint is not None and slots is None and memory is None:
        raise WengertValueError(f"checkpoint={checkpoint!r} without slots= or memory=",
                                why="one of them says how many states may be stored",
                                help='write slots=10, or memory="64MB"')
    if memory is not None:
        bytes_of(memory)
