"""What is left to judge where a model answers only if it is sure enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.proportion import proportion, share_with_left_out
from pytest_llmcal.scores.outcomes import NOTHING

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


class Rule(Protocol):
    """Something that has learnt when to answer, such as ``calibrators.Abstention``."""

    @property
    def threshold(self) -> float:
        """Least confidence that is answered; infinite to answer nothing."""

    def marked(self, scores: Scores, *, in_sample: bool) -> Scores:
        """Return the scores, marked as in-sample if it has learnt from some of them."""


@dataclass(frozen=True, eq=False)
class Abstained:
    """Answers of which the less confident ones are held back.

    Attributes
    ----------
    scores : Scores
        All items, answered or not.
    threshold : float
        Least confidence that is answered; infinite where nothing is.
    """

    scores: Scores
    threshold: float

    @property
    def is_answered(self) -> npt.NDArray[np.bool_]:
        """Which items are answered, shape (n,)."""
        return np.asarray(self.scores.confidence.astype(np.float64) >= self.threshold)

    @property
    def answered(self) -> Scores:
        """The answered items. One that is left out because it has no confidence is never answered.

        Raises
        ------
        ScoresError
            If there are none: nothing can be said of them.
        """
        kept = np.flatnonzero(self.is_answered)
        if not len(kept):
            raise ScoresError(f"no item is answered, so nothing can be measured of those that are: {self._why_none()}")
        about = self.scores.about
        group = f"{about.group}, answered items" if about.group else "answered items"
        return self.scores._take(kept)._with(left_out=NOTHING, about=replace(about, group=group))

    @property
    def coverage(self) -> Measurement:
        """The share of items that are answered, with the Clopper-Pearson interval; 0 where none is.

        Items that are left out because they have no confidence are never answered, and count among all.
        """
        return share_with_left_out(self.scores, "coverage", self.is_answered, f"answered {self._when()}")

    @property
    def risk(self) -> Measurement:
        """The share of wrong answers among those given, with the Clopper-Pearson interval.

        Raises
        ------
        ScoresError
            If none is given.
        """
        given = self.answered
        return proportion(
            given, "risk", 1.0 - given.correct.astype(np.float64), None, f"wrong among those answered {self._when()}"
        )

    def __repr__(self) -> str:
        return f"<{int(self.is_answered.sum())} of {len(self.scores)} items answered: {self._when()}>"

    def _when(self) -> str:
        return "never" if self.threshold == math.inf else f"at confidence {self.threshold:.6g} or more"

    def _why_none(self) -> str:
        if self.threshold == math.inf:
            return "no threshold was certified"
        return f"the threshold is {self.threshold:.6g}, the greatest confidence {self.scores.confidence.max():.6g}"


def abstain(self: Scores, threshold: float | Rule, *, in_sample: bool = False) -> Abstained:
    """Hold back the answers whose confidence is below a threshold.

    Parameters
    ----------
    threshold : float or fitted rule
        Least confidence that is answered; or what has learnt one, such as a fitted
        ``calibrators.Abstention``. Answers of the confidence itself are given.
    in_sample : bool
        Whether items that the rule was fitted on may be judged; without this a warning says so, and
        a gate on them fails.

    Returns
    -------
    Abstained
        Its ``answered`` are the scores of the answered items, its ``coverage`` the share of them, and its ``risk``
        the share of wrong answers among them.

    Raises
    ------
    ScoresError
        If the threshold is no number, or NaN.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> some = Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0]).abstain(0.7)
    >>> float(some.coverage), float(some.answered.accuracy())
    (0.75, 1.0)
    """
    if isinstance(threshold, (bool, np.bool_)) or not hasattr(threshold, "threshold"):
        return Abstained(self, _checked(threshold))
    marked = threshold.marked(self, in_sample=in_sample) if hasattr(threshold, "marked") else self
    return Abstained(marked, _checked(threshold.threshold))


def _checked(threshold: object) -> float:
    number = isinstance(threshold, (int, float, np.number)) and not isinstance(threshold, (bool, np.bool_))
    if not number or math.isnan(threshold):  # type: ignore[arg-type]
        raise ScoresError(
            f"threshold must be a number, the least confidence that is answered, or a fitted rule, got {threshold!r}"
        )
    return float(threshold)  # type: ignore[arg-type]
