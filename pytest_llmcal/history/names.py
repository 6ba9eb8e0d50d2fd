"""Where a baseline of a name lies."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_llmcal.history.errors import BaselineError

# Begins with a letter or digit, so that no name leaves the folder or hides in it.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def baseline_path(folder: Path, name: str) -> Path:
    """Return the file of a named baseline.

    Raises
    ------
    BaselineError
        If the name holds anything but letters, digits, ``.``, ``_`` and ``-``.

    Examples
    --------
    >>> baseline_path(Path("baselines"), "release-1.4").as_posix()
    'baselines/release-1.4.json'
    """
    if not _NAME.fullmatch(name):
        raise BaselineError(f"{name!r} is no name of a baseline; allowed are letters, digits, '.', '_' and '-'")
    return folder / f"{name}.json"
