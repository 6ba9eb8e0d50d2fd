"""Keeps the item scores of a run: each process writes what it measured, the one that sees all reports joins them.

They go through files and not on test reports, where other plugins keep every report in memory until the
end. Each is written as soon as it is first measured, so that a worker's crash takes nothing with it.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakSet

import pytest

from pytest_llmcal.plugin.stash import ITEMS

if TYPE_CHECKING:
    from pytest_llmcal.history.items import ItemScores
    from pytest_llmcal.scores import Scores

_FOLDER = "llmcal_items"


class ItemSpool:
    """A folder for the item scores of one run, made when the first are kept.

    Attributes
    ----------
    folder : Path
        Shared by all processes of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: WeakSet[Scores] = WeakSet()

    def keep(self, scores: Scores, model: str | None) -> None:
        """Write scores down, once, under what the run calls their model.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        from pytest_llmcal.history.item_file import write_scores
        from pytest_llmcal.history.items import digest

        if scores in self._seen:
            return
        named = scores._with(about=replace(scores.about, model=model), before=None)
        path = self.folder / f"{digest(named)}.parquet"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_scores((named,), path)
        self._seen.add(scores)

    def joined(self) -> ItemScores:
        """Return what all processes kept."""
        from pytest_llmcal.history.item_file import read_scores
        from pytest_llmcal.history.items import ItemScores

        return ItemScores.of(scores for path in sorted(self.folder.glob("*.parquet")) for scores in read_scores(path))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was kept."""
        return not self.folder.is_dir()


def pytest_configure(config: pytest.Config) -> None:
    """Agree on a folder; a worker of pytest-xdist takes that of its controller."""
    told = getattr(config, "workerinput", {}).get(_FOLDER)
    config.stash[ITEMS] = ItemSpool(Path(told or Path(tempfile.gettempdir()) / f"llmcal-{uuid4().hex}"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker the folder."""
    node.workerinput[_FOLDER] = str(node.config.stash[ITEMS].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder, once all workers are done."""
    if ITEMS in config.stash and not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[ITEMS].folder, ignore_errors=True)
