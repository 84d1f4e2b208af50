"""Checksums and keys: BLAKE2b with 32 bytes.

From the interpreter's own module where there is one: `hashlib` loads OpenSSL first, which takes longer than everything
that is hashed when a function comes from the disk.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter built without it
    from hashlib import blake2b

BYTES = 32


def digest_of(*parts: bytes) -> bytes:
    """The digest of some bytes, one after another."""
    found = blake2b(digest_size=BYTES)
    for part in parts:
        found.update(part)
    return found.digest()


def key_of(*parts: str | bytes) -> str:
    """A key of parts; they are hashed with their lengths, so ("ab", "c") is not ("a", "bc")."""
    found = blake2b(digest_size=BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "little"))
        found.update(data)
    return found.hexdigest()
