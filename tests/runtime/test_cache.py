"""The object cache: what was put comes back, what was damaged does not, and others cannot plant code."""

import os
import threading
from pathlib import Path

import pytest

from tests.runtime.kernels import SQUARE, SQUARE_SIGNATURE, error, mismatch, run_script
from wengert.runtime.cache import ObjectCache, cache_key, default_directory, source_digest
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.jit import load

KEY, OTHER = cache_key("one"), cache_key("two")


@pytest.fixture
def cache(tmp_path: Path) -> ObjectCache:
    return ObjectCache(tmp_path / "cache")


def files(cache: ObjectCache) -> list[Path]:
    return sorted(cache.directory.iterdir())


def test_round_trip(cache: ObjectCache) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, b"code")
    cache.put(OTHER, b"")
    assert (cache.get(KEY), cache.get(OTHER)) == (b"code", b"")
    cache.put(KEY, b"new code")
    assert ObjectCache(cache.directory).get(KEY) == b"new code"
    cache.clear()
    assert cache.get(KEY) is None


def test_a_function_compiled_in_another_process(cache: ObjectCache) -> None:
    script = f"""
from tests.runtime.kernels import *
from wengert.runtime.cache import ObjectCache, cache_key
from wengert.runtime.entry import compile_kernel
ObjectCache({str(cache.directory)!r}).put(cache_key(SQUARE), compile_kernel(SQUARE, SQUARE_SIGNATURE))
"""
    run_script(script)
    code = cache.get(cache_key(SQUARE))
    assert code == compile_kernel(SQUARE, SQUARE_SIGNATURE)
    assert build_entry(load(code), SQUARE_SIGNATURE, mismatch, error)(3.0) == (9.0,)


@pytest.mark.parametrize("damage", ["cut", "flipped", "extended", "empty", "text"])
def test_damaged_files_are_dropped_and_written_again(cache: ObjectCache, damage: str) -> None:
    cache.put(KEY, b"object code " * 20)
    (path,) = files(cache)
    data = path.read_bytes()
    flipped = data[:-7] + bytes([data[-7] ^ 1]) + data[-6:]
    texts = {"cut": data[:-1], "flipped": flipped, "extended": data + b"\0", "empty": b"", "text": b"hello"}
    path.write_bytes(texts[damage])
    assert cache.get(KEY) is None
    assert files(cache) == []
    cache.put(KEY, b"object code " * 20)
    assert cache.get(KEY) == b"object code " * 20


def test_the_size_is_bounded_and_the_least_used_goes(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "cache", max_bytes=3500)
    keys = [cache_key(str(k)) for k in range(4)]
    for k, key in enumerate(keys[:3]):
        cache.put(key, bytes(1000))
        os.utime(cache.directory / f"{key}.o", (k, k))
    assert cache.get(keys[0]) is not None  # used now
    cache.put(keys[3], bytes(1000))
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]


def test_interrupted_writes_count_and_go(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path / "cache", max_bytes=2000)
    cache.put(KEY, b"")
    leftover = cache.directory / ".half.tmp"
    leftover.write_bytes(bytes(5000))
    os.utime(leftover, (0, 0))
    cache.put(OTHER, bytes(100))
    assert not leftover.exists()
    assert cache.get(OTHER) == bytes(100)


def test_no_place_to_write_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    cache = ObjectCache(blocked / "cache")
    cache.put(KEY, b"code")
    assert cache.get(KEY) is None


def test_a_directory_everybody_can_write_is_not_used(cache: ObjectCache) -> None:
    cache.put(KEY, b"code")
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    cache.directory.chmod(0o777)
    assert cache.get(KEY) is None
    cache.put(OTHER, b"code")
    cache.directory.chmod(0o700)
    assert cache.get(OTHER) is None
    assert cache.get(KEY) == b"code"


def test_keys_are_names_of_nothing_else(cache: ObjectCache) -> None:
    for key in ("../../etc/passwd", "", "a/b", "a.b"):
        with pytest.raises(ValueError, match="not a key"):
            cache.get(key)


def test_the_key_depends_on_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        cache_key(),
        cache_key(""),
        cache_key("ab", "c"),
        cache_key("a", "bc"),
        cache_key("abc"),
        cache_key(b"abcd"),
    }
    assert len(keys) == 6
    assert cache_key("text") == cache_key(b"text")
    before = cache_key("text")
    for name in ("host.describe", "cache._versions", "cache.source_digest"):
        with monkeypatch.context() as patch:
            patch.setattr(f"wengert.runtime.{name}", lambda *args: "another")
            assert cache_key("text") != before, name
    assert cache_key("text") == before


def test_the_digest_of_sources(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    first = source_digest(tmp_path)
    source_digest.cache_clear()
    (tmp_path / "a.py").write_text("x = 2")
    assert source_digest(tmp_path) != first


def test_many_writers_of_one_key(cache: ObjectCache) -> None:
    payloads = [bytes([k]) * 5000 for k in range(8)]
    wrong = []

    def work(payload: bytes) -> None:
        for _ in range(20):
            cache.put(KEY, payload)
            if cache.get(KEY) not in payloads:
                wrong.append(payload[0])

    threads = [threading.Thread(target=work, args=(payload,)) for payload in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert [path.suffix for path in files(cache)] == [".o"]


def test_the_default_place_belongs_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_directory().name == "wengert"
    assert ObjectCache().directory == default_directory()
