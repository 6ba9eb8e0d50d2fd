"""What calibrators have in common that take a preference for choices, whatever is asked, off the answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices, Doubles
from pytest_llmcal.scores.logit_map import LogitMap

_SHOWN = 6  # priors of more choices than these are told by their ends


class ChoicePrior(Calibrator):
    """Divide the probability of each choice by its prior, and let the probabilities of an item sum to one.

    A subclass fills ``_prior``. Choices are known by their place: the first choice of every item must mean the same,
    be it a label or the letter A.

    Attributes
    ----------
    log_prior : array of shape (k,) or None
        Natural logarithm of the prior of each choice, 0 for one that nothing is known about; None before ``fit``.
    counts : array of shape (k,) or None
        Answers that each choice's prior rests on; 0 for one that nothing is known about.
    """

    learns_answers = False
    log_prior: Doubles | None = None
    counts: npt.NDArray[np.int64] | None = None

    @abstractmethod
    def _prior(self, scores: Scores) -> tuple[Doubles, npt.NDArray[np.int64]]:
        """Return logarithms of a prior, minus infinity where nothing is known, and the answers that each rests on."""

    @property
    def prior(self) -> Doubles:
        """Prior of each choice, shape (k,), summing to one; 0 for one that nothing is known about."""
        if self.log_prior is None or self.counts is None:
            raise CalibratorError(f"this {self.name} is not fitted; it has no prior yet")
        return np.asarray(softmax(np.where(self.counts > 0, self.log_prior, -np.inf)))

    def logit_map(self) -> LogitMap | None:
        """Return the biases; None before ``fit``, and where nothing is known about a choice."""
        if self.log_prior is None or self.counts is None or not (self.counts > 0).all():
            return None
        return LogitMap(bias=tuple((-self.log_prior).tolist()))

    def _learn(self, scores: Scores) -> None:
        log_prior, self.counts = self._prior(scores)
        self.log_prior = np.where(self.counts > 0, log_prior, 0.0)

    def _apply(self, scores: Scores) -> Scores:
        choices = choices_of(scores, f"{self.name} calibration")
        assert self.log_prior is not None
        assert self.counts is not None
        k = choices.values.shape[1]
        log_prior, unknown = _of_length(self.log_prior, k), _of_length(self.counts, k) == 0
        logits = np.empty(choices.values.shape)
        for rows, logs in choices.log_probabilities():
            self._refuse_unknown(scores, rows.start, np.isfinite(logs) & unknown)
            logits[rows] = logs - log_prior
        return scores.recalibrated(logits, self.label)

    def _refuse_unknown(self, scores: Scores, start: int, refused: npt.NDArray[np.bool_]) -> None:
        if refused.any():
            row, choice = (int(place) for place in np.unravel_index(int(refused.argmax()), refused.shape))
            item = f"item {scores.ids[start + row]!r}" if scores.ids else f"item {start + row}"
            assert self.counts is not None
            raise CalibratorError(
                f"{item} has a choice {choice} (counted from 0), of which {self.name} learnt no prior: it was fitted "
                f"on choices {', '.join(map(str, np.flatnonzero(self.counts)))}"
            )

    def _learnt(self) -> Learnt:
        assert self.log_prior is not None
        assert self.counts is not None
        return {"log_prior": self.log_prior, "counts": self.counts}

    def _restore(self, learnt: Learnt) -> None:
        self.log_prior = storage.array(learnt, "log_prior")
        self.counts = storage.array(learnt, "counts", "i8", (len(self.log_prior),))
        if (self.counts < 0).any() or not (self.counts > 0).any():
            raise ValueError("counts must be whole numbers of at least 0, and not all 0")

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        known = self.prior[self.prior > 0.0]
        if len(known) <= _SHOWN:
            return {"prior": "/".join(f"{share:.2g}" for share in known)}
        return {"choices": len(known), "lowest": float(known.min()), "highest": float(known.max())}


def _of_length(values: npt.NDArray[Any], k: int) -> npt.NDArray[Any]:
    """Return the first k numbers, zeros after them if they are fewer."""
    return np.pad(values, (0, max(0, k - len(values))))[:k]


def log_mean_probability(choices: Choices) -> tuple[Doubles, npt.NDArray[np.int64]]:
    """Return the logarithm of the mean probability of each choice, and the number of items that offer it.

    Parameters
    ----------
    choices : Choices
        Of n items, at most k each.

    Returns
    -------
    log_mean : array of shape (k,)
        Over the items that offer the choice; minus infinity where none does.
    counts : array of shape (k,)
        Those items.
    """
    k = choices.values.shape[1]
    log_sum, counts = np.full(k, -np.inf), np.zeros(k, dtype=np.int64)
    for _, logs in choices.log_probabilities():
        log_sum = np.logaddexp(log_sum, np.logaddexp.reduce(logs, axis=0))
        counts += np.isfinite(logs).sum(axis=0)
    return log_sum - np.log(np.maximum(counts, 1)), counts
