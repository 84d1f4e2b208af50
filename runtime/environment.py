"""The environment variables wengert reads. Every one of them is read here and nowhere else.

| variable | meaning |
|---|---|
| `WENGERT_DUMP_IR=dir` | one numbered file a pass is written to `dir` |
| `WENGERT_DISABLE_JIT=1` | functions run as plain Python |
| `WENGERT_CACHE_DIR=dir` | where object code is kept between runs |
| `WENGERT_CPU=x86-64-v3` | code is made for this level of x86-64 (`x86-64` to `x86-64-v4`), not for the CPU at hand |
| `WENGERT_LOG=recompiles,passes,memory` | what is logged to standard error |
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

LOG_TOPICS = ("recompiles", "passes", "memory")
CPU_LEVELS = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """The environment, typed. None means that the variable is not set."""

    dump_ir: Path | None = None
    disable_jit: bool = False
    cache_dir: Path | None = None
    log: frozenset[str] = field(default_factory=frozenset)
    cpu: str | None = None


def settings() -> Settings:
    """The settings as the environment is now.

    Raises ValueError, naming the variable and what it may be, for a switch that is neither on nor off, for an
    unknown log topic or level: a misspelt variable must not be ignored silently.
    """
    return Settings(
        dump_ir=_path("WENGERT_DUMP_IR"),
        disable_jit=_switch("WENGERT_DISABLE_JIT"),
        cache_dir=_path("WENGERT_CACHE_DIR"),
        cpu=_level("WENGERT_CPU"),
        log=_topics("WENGERT_LOG"),
    )


def _path(name: str) -> Path | None:
    text = os.environ.get(name, "").strip()
    return Path(text).expanduser() if text else None


def _switch(name: str) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text not in _TRUE + _FALSE:
        raise ValueError(f"{name}={text!r} is neither on ({', '.join(_TRUE)}) nor off ({', '.join(_FALSE[1:])})")
    return text in _TRUE


def _level(name: str) -> str | None:
    text = os.environ.get(name, "").strip()
    if text and text not in CPU_LEVELS:
        raise ValueError(f"{name}={text!r} is none of {', '.join(CPU_LEVELS)}")
    return text or None


def _topics(name: str) -> frozenset[str]:
    topics = frozenset(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())
    unknown = sorted(topics - set(LOG_TOPICS))
    if unknown:
        raise ValueError(f"{name} has no topic {', '.join(unknown)}; there are {', '.join(LOG_TOPICS)}")
    return topics
