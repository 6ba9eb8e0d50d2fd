"""What the ``baseline`` fixture answers, and how a baseline is brought up to date."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pytest

from pytest_llmcal.plugin.confidence import confidence_of
from pytest_llmcal.plugin.logs import AnsweredTask
from pytest_llmcal.plugin.stash import ATTEMPT, CALIBRATORS, ITEMS, MODELS, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.history import Baseline
    from pytest_llmcal.measurement import Measurement
    from pytest_llmcal.records import Run
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.tasks import Task


def read_baseline(config: pytest.Config) -> Baseline | None:
    """Read the baseline that the options name; None where this run will be the first.

    Raises
    ------
    BaselineError
        If no option names one, or there is none and this run is not to become one.
    """
    from pytest_llmcal.history import Baseline, BaselineError

    settings = config.stash[SETTINGS]
    if settings.baseline is None:
        raise BaselineError("the baseline fixture needs --llmcal-baseline to name an earlier run")
    if settings.baseline_update and not settings.baseline.exists():
        return None
    return Baseline.read(settings.baseline)


class _Asked(TypedDict):
    """What tells one set of items from another."""

    task: str | None
    split: str | None
    data: str | None
    ids: Collection[str] | None


class BaselineFixture:
    """A function from a metric's name to what it was for one model and task in an earlier run.

    While a baseline is being written (``--llmcal-baseline-update``), what it does not have
    yet is measured now: a first run is its own baseline.
    """

    def __init__(
        self, request: pytest.FixtureRequest, baseline: Baseline | None, model: str, task: Task | AnsweredTask
    ) -> None:
        self._request = request
        self._baseline = baseline
        self._model = model
        self._task = task

    def __call__(
        self, metric: str, *, group: str | None = None, calibrator: str | None = None, confidence: str | None = None
    ) -> Measurement:
        """Return the measurement recorded then.

        Parameters
        ----------
        metric : str
            Its name, for instance ``"ece"``.
        group : str, optional
            The part of the items, for instance ``"region=north"``.
        calibrator : str, optional
            Name of the calibrator that the scores had gone through; by default that of --llmcal-calibrator.
        confidence : str, optional
            Name of the confidence method; by default what marker or option name.

        Raises
        ------
        BaselineError
            If the baseline does not have it, or has it on other items.
        """
        from pytest_llmcal.history import BaselineError

        if self._baseline is None:
            return self._measured_now(metric, group or calibrator or confidence)
        try:
            then = self._baseline.measurement(
                metric,
                model=self._model,
                **self._asked(),
                group=group,
                calibrator=calibrator or self._applied(),
                confidence_method=self._told(confidence),
            )
        except BaselineError:
            if self._request.config.stash[SETTINGS].baseline_update:
                return self._measured_now(metric, group or calibrator or confidence)
            raise
        self._note_revision(self._baseline)
        return then

    def scores(
        self, *, group: str | None = None, calibrator: str | None = None, confidence: str | None = None
    ) -> Scores:
        """Return what the model said then, item by item: for ``scores.not_worse_than(baseline.scores(), 0.01)``.

        Parameters
        ----------
        group, calibrator, confidence : str, optional
            As for a measurement.

        Raises
        ------
        BaselineError
            If the baseline keeps no item scores of this, or those of other items.
        """
        from pytest_llmcal.history import BaselineError

        updates = self._request.config.stash[SETTINGS].baseline_update
        if self._baseline is None:
            return self._scored_now(group or calibrator or confidence)
        try:
            then = self._baseline.scores(
                model=self._model,
                **self._asked(),
                group=group,
                calibrator=calibrator or self._applied(),
                confidence_method=self._told(confidence),
            )
        except BaselineError:
            if updates:
                return self._scored_now(group or calibrator or confidence)
            raise
        self._note_revision(self._baseline)
        return then

    def _asked(self) -> _Asked:
        if isinstance(self._task, AnsweredTask):
            read: Scores = self._request.getfixturevalue("llmcal_scores")
            about = read.about
            return {"task": about.task, "split": about.split, "data": about.data, "ids": read.ids}
        items = self._task.test
        ids = [item.id for item in items]
        return {"task": items.task, "split": items.split, "data": items.fingerprint, "ids": ids}

    def _told(self, confidence: str | None) -> str | None:
        """Return the name of the confidence method that is meant."""
        from pytest_llmcal.scoring.confidence import told

        if isinstance(self._task, AnsweredTask):
            read: Scores = self._request.getfixturevalue("llmcal_scores")
            return read.about.confidence_method
        return told(confidence_of(self._request, self._task.test, confidence))

    def _scored_now(self, special: str | None) -> Scores:
        if special is not None:
            pytest.skip("the baseline has no item scores of this kind yet; other gates of this run have to record them")
        scores: Scores = self._request.getfixturevalue("llmcal_scores")
        return scores

    def _applied(self) -> str | None:
        """Return the name of the calibrator that the model is gated with."""
        applied = self._request.config.stash[CALIBRATORS].get(self._model)
        return None if applied is None else applied.name

    def _measured_now(self, metric: str, special: str | None) -> Measurement:
        scores = self._request.getfixturevalue("llmcal_scores")
        measure = getattr(scores, metric, None)
        if special is not None or measure is None:
            pytest.skip(f"the baseline has no {metric} of this kind yet; other gates of this run have to record it")
        measured: Measurement = measure()
        return measured

    def _note_revision(self, baseline: Baseline) -> None:
        config = self._request.config
        if config.stash[SETTINGS].logs is not None:
            return
        self._request.getfixturevalue("llmcal_model")
        facts = config.stash[MODELS].facts.get(self._model)
        note = baseline.revision_note(self._model, facts.revision if facts else None)
        if note is not None:
            self._request.node.stash[ATTEMPT].notes.append(note)


def update_baseline(config: pytest.Config, path: Path, run: Run) -> Path:
    """Put what a run measured into a baseline, keeping what it did not see; return its path.

    Raises
    ------
    BaselineError
        If the run is incomplete or undecided.
    RunError, ItemFileError
        If the file is no run.
    """
    from pytest_llmcal.history.baselines import bless
    from pytest_llmcal.history.kept import Kept

    return bless(path, Kept(run, config.stash[ITEMS].joined()))
