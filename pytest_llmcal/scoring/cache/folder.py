"""The fingerprint of a folder, remembered as long as nothing in it changes."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from pytest_llmcal.scoring.cache.identity import encoded, framed
from pytest_llmcal.scoring.cache.store import Store
from pytest_llmcal.scoring.folders import fingerprint, read_files

_SETTLED = 2 * 10**9
"""Nanoseconds: a younger file may change again without another time, which some file systems keep to 2 seconds."""


def remembered_fingerprint(folder: Path, store: Store) -> str:
    """Return `fingerprint` of a folder, read from its files only where one of them is new or was touched.

    A file is the same as long as path, size, inode and the times of its last change are, of which
    the one of its inode cannot be set by hand.
    """
    files = [(str(path), path.stat()) for path in read_files(folder)]
    parts = [
        framed(
            encoded(path), *(str(number).encode() for number in (at.st_size, at.st_ino, at.st_mtime_ns, at.st_ctime_ns))
        )
        for path, at in files
    ]
    signature = hashlib.sha256(framed(*parts)).digest()
    known = store.fingerprint(signature)
    if known is None:
        youngest = max((max(at.st_mtime_ns, at.st_ctime_ns) for _, at in files), default=0)
        settled = youngest < time.time_ns() - _SETTLED
        known = fingerprint(folder)
        if settled:
            store.keep_fingerprint(signature, known)
    return known
