"""Tasks that a package brings: ``"world/qa"`` is asked of whoever registered ``world``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.task import Task

GROUP = "pytest_llmcal.tasks"
"""Entry point group; each entry is the first part of a name and a function from the name to the task."""


def registered_loader(name: str) -> Callable[[str], Task] | None:
    """Find who loads a name, None if nobody registered its first part.

    Raises
    ------
    TaskError
        Two packages registered the same first part.
    """
    prefix, slash, _ = name.partition("/")
    if not slash:
        return None
    found = {entry.value: entry for entry in entry_points(group=GROUP, name=prefix)}
    if len(found) > 1:
        raise TaskError(f"task {name!r}: {' and '.join(sorted(found))} are both registered for {prefix!r}")
    for entry in found.values():
        loader: Callable[[str], Task] = entry.load()
        return loader
    return None
