"""Checksums: what is read is what was written, and under this key."""

from __future__ import annotations

import hashlib

_LENGTH = 8


def sealed(key: bytes, payload: bytes) -> bytes:
    """Append a checksum of key and payload, 8 bytes: damage goes unnoticed once in 2**64 times."""
    return payload + hashlib.blake2b(key + payload, digest_size=_LENGTH).digest()


def unsealed(key: bytes, kept: object) -> bytes | None:
    """Return the payload, None where it or the key is not what it was.

    Examples
    --------
    >>> unsealed(b"key", sealed(b"key", b"answer"))
    b'answer'
    >>> unsealed(b"kex", sealed(b"key", b"answer")) is None
    True
    """
    if not isinstance(kept, bytes) or len(kept) < _LENGTH:  # damage turns a column's type into another, too
        return None
    payload = kept[:-_LENGTH]
    return payload if sealed(key, payload) == kept else None
