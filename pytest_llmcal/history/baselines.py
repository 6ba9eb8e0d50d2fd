"""Baselines by name: a folder of plain files, to commit or to keep as an artefact of CI."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_llmcal.history.baseline import update
from pytest_llmcal.history.errors import BaselineError
from pytest_llmcal.history.items import ItemScores
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.history.names import baseline_path
from pytest_llmcal.records import Run


def bless(path: Path, new: Kept, *, force: bool = False) -> Path:
    """Put what a run measured into a baseline, gate by gate; what the run did not see stays.

    Parameters
    ----------
    path : Path
        The baseline's ``.json``; made where there is none. Item scores lie beside it.
    new : Kept
        A run with its item scores.
    force : bool
        Take an incomplete or undecided run too.

    Returns
    -------
    Path
        The baseline's file.

    Raises
    ------
    BaselineError
        If the run is incomplete or undecided and nobody forces it.
    RunError, ItemFileError
        If the file is no run.
    """
    nothing = Kept(replace(new.run, gates=(), models=(), complete=True, problems=()))
    before = Kept.read(path) if path.exists() else nothing
    run = update(before.run, new.run, force=force)
    written = run.write(path)
    before.items.updated(new.items).write_beside(path)
    return written


@dataclass(frozen=True)
class Baselines:
    """A folder of baselines.

    Attributes
    ----------
    folder : Path
        ``NAME.json`` is a run, ``NAME.items.parquet`` holds its item scores.
    """

    folder: Path

    def names(self) -> list[str]:
        """Return the names there are, in order: ``release-1.9`` before ``release-1.10``."""
        return sorted((path.stem for path in self.folder.glob("*.json")), key=_natural)

    def path(self, name: str) -> Path:
        """Return the file of a name, whether or not it is there."""
        return baseline_path(self.folder, name)

    def read(self, name: str) -> Run:
        """Return a baseline.

        Raises
        ------
        BaselineError
            If there is none of this name; the text lists those there are.
        """
        path = self.path(name)
        if not path.is_file():
            raise BaselineError(
                f"there is no baseline {name!r} in {self.folder}; there are: {', '.join(self.names()) or 'none'}"
            )
        return Run.read(path)

    def save(self, name: str, run: Path, *, updates: bool = False, force: bool = False) -> Path:
        """Keep a run by a name.

        Parameters
        ----------
        name : str
            Letters, digits, ``.``, ``_`` and ``-``.
        run : Path
            A ``run.json``, with its item scores beside it.
        updates : bool
            Where there is one of this name, put the run's gates in place of its.
        force : bool
            Take an incomplete or undecided run too.

        Raises
        ------
        BaselineError
            If there is one of this name and ``updates`` was not said, or as ``bless`` does.
        """
        path = self.path(name)
        if path.exists() and not updates:
            raise BaselineError(
                f"there is a baseline {name!r} in {self.folder}; take another name, or put the gates of this run in "
                "place of its with --update"
            )
        return bless(path, Kept.read(run), force=force)

    def item_scores(self, name: str) -> ItemScores:
        """Return the item scores of a baseline."""
        return ItemScores.beside(self.path(name))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]
