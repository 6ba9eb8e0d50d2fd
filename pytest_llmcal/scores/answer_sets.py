"""Sets of choices that hold the right one with a promised probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.choices import frozen
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.measures.proportion import proportion
from pytest_llmcal.statistics.clusters import contributions, members_of
from pytest_llmcal.statistics.mean import mean_interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


@dataclass(frozen=True, eq=False)
class AnswerSets:
    """A set of choices for each item. Immutable.

    Parameters
    ----------
    scores : Scores
        Made of logits or probabilities.
    mask : array of shape (n, k)
        Whether each choice is in the item's set; copied.
    method : str
        What made them, in words.

    Raises
    ------
    ScoresError
        If the scores have no choices, or the mask is not of their shape.
    """

    scores: Scores
    mask: npt.NDArray[np.bool_]
    method: str

    def __post_init__(self) -> None:
        choices = self.scores.choices
        if choices is None or np.shape(self.mask) != choices.values.shape:
            raise ScoresError(
                f"a mask of shape {np.shape(self.mask)} does not belong to the choices of {self.scores!r}"
            )
        object.__setattr__(self, "mask", frozen(np.asarray(self.mask, dtype=bool)))

    def __len__(self) -> int:
        return len(self.mask)

    def __repr__(self) -> str:
        return f"<{len(self)} answer sets of {self.sizes.mean():.4g} choices on average: {self.method}>"

    @property
    def sizes(self) -> npt.NDArray[np.intp]:
        """Number of choices in each set, shape (n,); 0 where a set is empty."""
        return np.asarray(self.mask.sum(axis=1))

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """Whether each set holds the right choice, shape (n,)."""
        assert self.scores.choices is not None
        return np.asarray(self.mask[np.arange(len(self)), self.scores.choices.labels])

    def coverage(self, *, confidence: float | None = None) -> Measurement:
        """Measure the share of items whose set holds the right choice, with the Clopper-Pearson interval.

        It speaks of the sets as they were fitted once. Their promise is about the average over calibration splits:
        those of one split cover more or less, with a standard deviation of about sqrt(c (1 - c) / n) for n
        calibration items.

        Parameters
        ----------
        confidence : float, optional
            Level of the interval; that of the rules in force by default.
        """
        return proportion(self.scores, "set_coverage", self.covered, confidence, self.method)

    def size(self, *, confidence: float | None = None) -> Measurement:
        """Measure the mean number of choices in a set, with Hall's skewness-corrected t interval.

        Parameters
        ----------
        confidence : float, optional
            Level of the interval; that of the rules in force by default.
        """
        assert self.scores.choices is not None
        sizes = self.sizes.astype(np.float64)
        values = contributions(sizes, members_of(self.scores.clusters))
        most = float(self.scores.choices.present().sum(axis=1).mean())
        return measured(
            self.scores,
            "set_size",
            sizes.mean(),
            lambda level: mean_interval(values, level, (0.0, most)),
            confidence,
            f"{self.method}; Hall's skewness-corrected t interval",
        )

    def by_group(self, attribute: str) -> dict[str, AnswerSets]:
        """Return the sets of each group of an attribute, by name: what covers on average may not cover each group.

        Raises
        ------
        ScoresError
            If the items carry no such attribute; the text lists those they carry.
        """
        parts = self.scores.by_group(attribute)
        members = np.array(self.scores.groups[attribute])
        return {name: AnswerSets(part, self.mask[members == name], self.method) for name, part in parts.items()}
