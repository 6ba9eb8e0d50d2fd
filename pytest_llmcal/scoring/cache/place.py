"""Where the cache lies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "LLMCAL_CACHE_DIR"
"""Of the environment; says where instead."""


def cache_folder() -> Path:
    """Return the folder of the cache: that of ``LLMCAL_CACHE_DIR``, else one of the user's.

    Raises
    ------
    OSError
        The user has no home.
    """
    if os.environ.get(VARIABLE, "").strip():
        return Path(os.environ[VARIABLE]).expanduser().absolute()
    return _of_the_user() / "pytest-llmcal"


def _of_the_user() -> Path:
    asked = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if asked.is_absolute():  # the specification has relative ones ignored
        return asked
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    try:
        home = Path.home()
    except RuntimeError as error:
        raise OSError(f"the user has no home folder; say with {VARIABLE} where it shall be") from error
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
