"""A correctness of one's own, found beside the task that names it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from pytest_llmcal.tasks.correctness.registry import split_threshold
from pytest_llmcal.tasks.errors import TaskError


def import_beside(correctness: str, folder: Path) -> None:
    """Import the module that a correctness names from a folder, or else from the current one, if it lies there.

    It is known by its name from then on. What lies in neither is left to Python's own way to find modules.

    Parameters
    ----------
    correctness : str
        As a task description has it: ``"module:function"``, or any other, of which nothing is imported.
    folder : Path
        Where the description lies.

    Raises
    ------
    TaskError
        The module cannot be imported, or another one of its name is imported already.
    """
    module, colon, _ = split_threshold(correctness)[0].partition(":")
    if not colon:
        return
    for place in (folder, Path()):
        for file in (place / f"{module.replace('.', '/')}.py", place / module.replace(".", "/") / "__init__.py"):
            if file.is_file():
                _import(module, file.resolve(), place.resolve(), correctness)
                return


def _import(module: str, file: Path, folder: Path, correctness: str) -> None:
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        found = importlib.import_module(module)
    except Exception as error:
        # what a module of the user's raises may be anything
        raise TaskError(f"correctness {correctness!r}: {file} cannot be imported: {error}") from error
    finally:
        sys.path.remove(str(folder))
    if found.__file__ is None or Path(found.__file__).resolve() != file:
        raise TaskError(
            f"correctness {correctness!r}: {file} is meant, and a module of this name is imported already, "
            f"{found.__file__}; give one of them another name"
        )
