"""Object code on disk, so that a function compiled once loads in a millisecond in the next process.

An entry is a file named by its key: a magic word, the digest of the object code, the object code. Files are written
beside their place and moved there (`os.replace`), so readers see whole files only and need no lock; a file that does
not have its own checksum is dropped and written again. Nothing is unpickled. Object code that is loaded is run, so a
directory is made for its owner alone, and one that everybody can write is not used.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from wengert.runtime.digests import BYTES, digest_of, key_of

_MAGIC = b"wengert object 2\n"
_SUFFIX = ".o"
_PACKAGES = ("llvmlite", "numpy", "xtc-mlir-python-bindings")
DEFAULT_MAX_BYTES = 512 * 2**20


def cache_key(*parts: str | bytes) -> str:
    """The key of object code made from `parts`: IR text, pipeline, options.

    What else it depends on is added: versions of Python, NumPy, LLVM and MLIR, the source of this layer (which writes
    the entries), and the CPU with its features.
    """
    from wengert.runtime import host  # imports LLVM

    return key_of(*parts, _versions(), source_digest(Path(__file__).parent), host.describe())


@functools.cache
def _versions() -> str:
    from importlib import metadata

    versions = [sys.version, sys.implementation.cache_tag or ""]
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{package}={metadata.version(package)}")
    return " ".join(versions)


@functools.cache
def source_digest(directory: Path) -> str:
    """The digest of the Python files below `directory`: object code made by other sources is not ours."""
    parts: list[bytes] = []
    for path in sorted(directory.rglob("*.py")):
        data = path.read_bytes()
        parts += [f"{path.relative_to(directory)} {len(data)}\n".encode(), data]
    return digest_of(*parts).hex()


def default_directory() -> Path:
    """Where the user's caches live on this system, for example `~/.cache/wengert`."""
    import platformdirs

    return platformdirs.user_cache_path("wengert")


#: Bytes this process has put into a directory since it was last measured.
_written: dict[Path, int] = {}


class ObjectCache:
    """Files under `directory` (default: `default_directory()`), at most `max_bytes` of them.

    When the bound is passed, what was not used for longest goes. Failing to write is not an error: a cache on a full or
    read-only disk is an empty one.

    >>> import tempfile; cache = ObjectCache(tempfile.mkdtemp())
    >>> cache.put(cache_key("module {}"), b"code"); cache.get(cache_key("module {}"))
    b'code'
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.directory = Path(directory) if directory is not None else default_directory()
        self.max_bytes = max_bytes

    def _path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError(f"{key!r} is not a key made by cache_key")
        return self.directory / f"{key}{_SUFFIX}"

    def _trusted(self) -> bool:
        """Whether the directory exists and not everybody can put code there."""
        try:
            return not self.directory.stat().st_mode & stat.S_IWOTH
        except OSError:
            return False

    def get(self, key: str) -> bytes | None:
        """The object code kept under `key`, or None. A damaged file is removed."""
        path = self._path(key)
        if not self._trusted():
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head = len(_MAGIC) + BYTES
        code = data[head:]
        if data[:head] != _MAGIC + digest_of(code):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return code

    def put(self, key: str, code: bytes) -> None:
        """Keeps `code` under `key`, for this process and others."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._trusted():
                return
            import tempfile  # takes longer than reading an entry

            descriptor, name = tempfile.mkstemp(dir=self.directory, prefix=".", suffix=".tmp")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_MAGIC + digest_of(code) + code)
                os.replace(name, path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
            # Measuring the directory takes a millisecond for every hundred files: not at every put.
            written = _written.get(self.directory, self.max_bytes) + len(code)
            if written >= self.max_bytes // 64:
                self._trim()
                written = 0
            _written[self.directory] = written

    def _trim(self) -> None:
        files = sorted(self._files(), key=lambda file: file[1].st_mtime_ns)
        excess = sum(status.st_size for _, status in files) - self.max_bytes
        for path, status in files:
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            excess -= status.st_size

    def _files(self) -> Iterable[tuple[Path, os.stat_result]]:
        """All files of ours, leftovers of interrupted writes included."""
        for path in self.directory.iterdir():
            if path.suffix in (_SUFFIX, ".tmp"):
                with contextlib.suppress(OSError):
                    yield path, path.stat()

    def clear(self) -> None:
        """Removes everything kept."""
        with contextlib.suppress(OSError):
            for path, _ in list(self._files()):
                path.unlink(missing_ok=True)
