"""Scores that a run reads instead of asking a model: which files, whose, and to what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_llmcal.plugin.shelves import LoadError

if TYPE_CHECKING:
    from pytest_llmcal.scores import Scores

FLAG = "--llmcal-scores"
_IN_FOLDERS = ("samples_*.jsonl", "samples_*.jsonl.gz", "*.eval")


@dataclass(frozen=True)
class Logs:
    """What other programs wrote down.

    Attributes
    ----------
    files : tuple of str
        As they were given.
    scores : mapping of str to mapping of str to Scores
        By model and task.
    unread : tuple of str
        Why files in folders were not read: a harness leaves much there that says nothing about confidence.
    """

    files: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Scores]]
    unread: tuple[str, ...] = ()

    @property
    def only_task(self) -> str | None:
        """The task, where the files hold one alone."""
        tasks = {task for of_model in self.scores.values() for task in of_model}
        return tasks.pop() if len(tasks) == 1 else None

    def get(self, model: str, task: str) -> Scores:
        """Return what a model answered to a task.

        Raises
        ------
        LoadError
            If the files do not hold it; the sentence says what they hold.
        """
        if task not in self.scores[model]:
            there = ", ".join(map(repr, self.scores[model]))
            unread = "".join(f" Not read: {reason}." for reason in self.unread)
            raise LoadError(
                f"{FLAG} holds no answers of {model} to the task {task!r}; it holds {there}. A gate's marker names its "
                f"task, and --llmcal-task TASK puts another in its place.{unread}"
            )
        return self.scores[model][task]


class AnsweredTask:
    """A task of which only the answers are at hand, in place of a `Task`.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def test(self) -> NoReturn:
        """Its items, which no file of scores holds."""
        raise LoadError(_no_items(self.name, "score(task) and the scores fixture give the answers to all of them"))

    @property
    def calibration(self) -> NoReturn:
        """Items to fit a calibrator on, which no file of scores holds."""
        raise LoadError(_no_items(self.name, "scores.split(0.5) parts the answers, so that a calibrator can be fitted"))


def _no_items(task: str, instead: str) -> str:
    return f"This run reads scores ({FLAG}) and has no items of the task {task!r}: {instead}."


def refuse_to_ask(model: str) -> NoReturn:
    """Say that there is no model."""
    raise LoadError(f"This run reads scores ({FLAG}): there is no model {model!r} that could be asked.")


def read_logs(entries: Sequence[str], where: str, root: Path) -> Logs:
    """Read files, folders and patterns, each perhaps with the name of its model.

    Raises
    ------
    pytest.UsageError
        If there is none, one cannot be read, does not say whose answers it holds, or holds what another one does.
    """
    from pytest_llmcal.scores import ScoresError

    found: dict[str, dict[str, Scores]] = {}
    origin: dict[tuple[str, str], Path] = {}
    unread: list[str] = []
    for entry in entries:
        name, path = _named(entry, where, root)
        files = _files(path, where)
        refused: list[str] = []
        for file in files:
            try:
                scores = _read(file, name)
            except ScoresError as error:
                refused.append(str(error))
                if not path.is_dir() or len(refused) == len(files):
                    raise pytest.UsageError(f"{where}: {error}") from None
                continue
            model, task = scores.about.model, scores.about.task
            if model is None or task is None:
                raise pytest.UsageError(f"{where}: {file} does not say which model answered; write NAME={entry}.")
            if (model, task) in origin:
                raise pytest.UsageError(
                    f"{where}: {file} holds answers of {model} to {task}, as {origin[model, task]} does; name one."
                )
            origin[model, task] = file
            found.setdefault(model, {})[task] = scores
        unread += refused
    return Logs(tuple(entries), found, tuple(unread))


def _named(entry: str, where: str, root: Path) -> tuple[str | None, Path]:
    name, equals, rest = entry.partition("=")
    if not equals or (root / entry).exists():
        return None, root / entry
    if not (name and rest):
        raise pytest.UsageError(f"{where}: expected PATH or NAME=PATH, got {entry!r}.")
    return name, root / rest


def _files(path: Path, where: str) -> list[Path]:
    if path.is_dir():
        files = sorted(file for pattern in _IN_FOLDERS for file in path.rglob(pattern))
        if not files:
            raise pytest.UsageError(f"{where}: {path} holds no {' or '.join(_IN_FOLDERS)}.")
        return files
    files = [path] if path.is_file() else [Path(name) for name in sorted(glob(str(path)))]  # noqa: PTH207  # whole paths
    if not files:
        raise pytest.UsageError(f"{where}: {path}: no such file.")
    return files


def _read(path: Path, model: str | None) -> Scores:
    from pytest_llmcal.measurement import About
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scores.logs import kind_of

    def table(path: Path, model: str | None) -> Scores:
        return Scores.from_table(path, about=About(model=model, task=path.name.partition(".")[0]))

    readers: dict[str, Callable[..., Scores]] = {
        "lm_eval": Scores.from_lm_eval,
        "inspect": Scores.from_inspect,
        "table": table,
    }
    return readers[kind_of(path)](path, model=model)
