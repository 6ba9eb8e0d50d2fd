"""Batch calibration: what a model says on average is its prior."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators.choice_prior import ChoicePrior, log_mean_probability
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices, Doubles

MEANS = ("probability", "log-probability")


class BatchCalibration(ChoicePrior):
    r"""Divide by the mean probability over a batch of items (Zhou, Wan, Proleev, Mincu, Chen, Heller, Roy 2024).

    .. math:: q_j \propto p_j / \bar p_j, \qquad \bar p_j = \frac1n \sum_i p_{ij}

    The mean runs over the items that offer choice j. The right answers are never looked at, so the batch may be the
    very items that are judged: no warning is given. Judged on other items than those of the batch, it says what a
    model that is given one item at a time will do.

    It assumes that the choices are right about equally often in the batch, and takes whatever speaks against that
    for bias. Where one answer really is the commoner one, it makes a calibrated model worse; the batch must look like
    what the model will be asked. A few items give a poor prior: with n = 1 every answer becomes uniform.
    The answers may change.

    Parameters
    ----------
    mean : {"probability", "log-probability"}
        Mean of the probabilities, as in the paper, or of their logarithms (a geometric mean). A preference that adds
        the same to every logit is found by the latter; the former takes off a part of it only, the less the surer the
        answers are. An item answered with near certainty weighs more in the latter.

    Examples
    --------
    >>> scores = Scores.from_probabilities([[0.95, 0.05], [0.75, 0.25], [0.7, 0.3]], [0, 1, 1])
    >>> fitted = BatchCalibration().fit(scores)
    >>> fitted
    BatchCalibration(prior=0.8/0.2)
    >>> fitted.transform(scores).choices.chosen.tolist()
    [0, 1, 1]
    """

    name: ClassVar[str] = "batch"
    options: ClassVar[tuple[str, ...]] = ("mean",)

    def __init__(self, *, mean: str = "probability") -> None:
        if mean not in MEANS:
            raise CalibratorError(f"mean must be one of {', '.join(map(repr, MEANS))}, got {mean!r}")
        self.mean = mean

    def _prior(self, scores: Scores) -> tuple[Doubles, npt.NDArray[np.int64]]:
        choices = choices_of(scores, "batch calibration")
        return log_mean_probability(choices) if self.mean == "probability" else _mean_log_probability(choices)


def _mean_log_probability(choices: Choices) -> tuple[Doubles, npt.NDArray[np.int64]]:
    k = choices.values.shape[1]
    total, counts = np.zeros(k), np.zeros(k, dtype=np.int64)
    for _, logs in choices.log_probabilities():
        offered = np.isfinite(logs)
        total += np.where(offered, logs, 0.0).sum(axis=0)
        counts += offered.sum(axis=0)
    return np.where(counts > 0, total / np.maximum(counts, 1), -np.inf), counts
