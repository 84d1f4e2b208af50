"""The environment variables, typed."""

from pathlib import Path

import pytest

from wengert.runtime.environment import Settings, settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DUMP_IR", "DISABLE_JIT", "CACHE_DIR", "LOG", "CPU"):
        monkeypatch.delenv(f"WENGERT_{name}", raising=False)


def test_nothing_set() -> None:
    assert settings() == Settings(None, False, None, frozenset())


def test_everything_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_DUMP_IR", "/tmp/ir")
    monkeypatch.setenv("WENGERT_DISABLE_JIT", "1")
    monkeypatch.setenv("WENGERT_CACHE_DIR", "~/cache")
    monkeypatch.setenv("WENGERT_LOG", "passes, memory,")
    monkeypatch.setenv("WENGERT_CPU", "x86-64-v2")
    log = frozenset({"passes", "memory"})
    assert settings() == Settings(Path("/tmp/ir"), True, Path.home() / "cache", log, "x86-64-v2")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("ON", True), ("0", False), ("", False)])
def test_switches(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("WENGERT_DISABLE_JIT", text)
    assert settings().disable_jit is value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("WENGERT_DISABLE_JIT", "perhaps", "WENGERT_DISABLE_JIT='perhaps' is neither on"),
        ("WENGERT_LOG", "passes,recompile", "WENGERT_LOG has no topic recompile; there are recompiles, passes, memory"),
        ("WENGERT_CPU", "x86-64-v5", "WENGERT_CPU='x86-64-v5' is none of x86-64, x86-64-v2, x86-64-v3, x86-64-v4"),
    ],
)
def test_misspelt_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str, message: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=message):
        settings()
