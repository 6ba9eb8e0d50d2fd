"""The calibrator that chooses one of the others, on the items it is fitted on alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pytest_llmcal.calibrators import registry
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.candidates import IDENTITY, Trial, simplest, tried
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.options import checked_count
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.logit_map import LogitMap

if TYPE_CHECKING:
    from typing_extensions import Self

_CHOSEN = "chosen"


class Auto(Calibrator):
    """Choose a calibrator by its cross-fitted negative log-likelihood, the simplest that is as good as the best.

    Each candidate that suits the kind of scores, the number of items and of choices calibrates each item by a
    fit to the other folds. Of all those whose mean negative log-likelihood lies within one standard error of
    the least, the simplest is taken (the one-standard-error rule of Breiman, Friedman, Olshen, Stone 1984), with
    the error of the paired difference; simplest of all is ``identity``, to leave the scores as they are. It is
    then fitted to all items. What it is judged on later is never looked at.

    A candidate that cannot be fitted is reported and left out, as is one that gives what was right probability
    zero: its likelihood is infinite. Candidates of choices and of confidences do not compete: their likelihoods
    speak about different things. With fewer than ten items, or clusters, nothing is compared and nothing changed.

    Fails where the likelihood is not what you are after (see ``annealing``), and cannot be better than its
    candidates. Whether it keeps answers and ranking depends on which it takes.

    Parameters
    ----------
    candidates : sequence of str, optional
        Names to try, from simple to rich, besides ``identity``; by default all that suit.
    folds : int
        At least 2; fewer where there are not so many items or clusters.
    seed : int
        Of the folds.

    Attributes
    ----------
    chosen : Calibrator or None
        The one that was taken; None for ``identity``, and before ``fit``.
    trials : tuple of Trial
        What was tried, from simple to rich, each with its likelihood, its difference to the best one and the
        standard error of that, or with the reason why it was left out.

    Examples
    --------
    >>> scores = Scores.from_logits([[4.0, 0.0], [3.0, 0.0]] * 50, [0, 0, 0, 1] * 25)
    >>> Auto(candidates=["temperature"]).fit(scores)
    Auto(chosen=temperature(T=2.729))
    """

    name: ClassVar[str] = "auto"
    options: ClassVar[tuple[str, ...]] = ("candidates", "folds", "seed")

    def __init__(self, candidates: Sequence[str] | None = None, *, folds: int = 5, seed: int = 0) -> None:
        if isinstance(candidates, str):
            raise CalibratorError(f"candidates must be a list of names, got {candidates!r}")
        self.candidates = None if candidates is None else list(candidates)
        self.folds = checked_count("folds", folds, least=2)
        self.seed = checked_count("seed", seed)
        self.chosen: Calibrator | None = None
        self.trials: tuple[Trial, ...] = ()
        unknown = [name for name in self.candidates or () if name not in registry.names() or name == self.name]
        if unknown:
            raise CalibratorError(f"{unknown[0]!r} is no candidate; known are {', '.join(map(repr, registry.names()))}")

    def _learn(self, scores: Scores) -> None:
        self._choose(scores, {})

    def _choose(self, scores: Scores, failed: Mapping[str, str]) -> None:
        self.trials = tried(scores, self.candidates, self.folds, self.seed, failed)
        name = simplest(self.trials)
        try:
            self.chosen = None if name == IDENTITY else registry.create(name).fit(scores)
        except CalibratorError as error:  # what could be fitted to the folds need not be to all of them
            self._choose(scores, {**failed, name: str(error)})

    def logit_map(self) -> LogitMap | None:
        """Return that of the chosen calibrator; for identity one that changes nothing."""
        if self.chosen is None:
            return LogitMap() if self.is_fitted else None
        return self.chosen.logit_map()

    def _apply(self, scores: Scores) -> Scores:
        if self.chosen is None:
            if scores.choices is None or scores.choices.are_logits:
                return scores._with(about=replace(scores.about, calibrator=self.label), before=scores)
            # Logits, as every other candidate gives: parts that chose otherwise can then be joined.
            return scores.recalibrated(
                np.concatenate([logs for _, logs in scores.choices.log_probabilities()]), self.label
            )
        calibrated = self.chosen._apply(scores)
        return calibrated._with(about=replace(calibrated.about, calibrator=self.label))

    def save(self, folder: str | Path) -> None:
        """Write what was learnt, and the chosen calibrator in a folder ``chosen`` within."""
        super().save(folder)
        if self.chosen is not None:
            self.chosen.save(Path(folder) / _CHOSEN)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises
        ------
        CalibratorError
            If the folder, or the one within, holds no calibrator that this version can read.
        """
        loaded = super().load(folder)
        name = simplest(loaded.trials)
        if name != IDENTITY:
            loaded.chosen = registry.load(Path(folder) / _CHOSEN)
            if loaded.chosen.name != name:
                raise CalibratorError(f"{folder}: chose {name!r}, and {_CHOSEN} holds {loaded.chosen.name!r}")
        return loaded

    def _learnt(self) -> Learnt:
        return {"trials": json.dumps([trial.plain() for trial in self.trials], allow_nan=False)}

    def _restore(self, learnt: Learnt) -> None:
        self.trials = tuple(Trial.restored(row) for row in json.loads(str(learnt["trials"])))

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return the chosen calibrator, and what came of each that was tried, by its name."""
        return {**super().summary(), **{trial.name: str(trial) for trial in self.trials}}

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        return {"chosen": IDENTITY if self.chosen is None else self.chosen.label}
