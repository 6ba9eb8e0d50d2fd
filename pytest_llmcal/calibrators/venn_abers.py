"""Venn-Abers calibration: two isotonic fits for each confidence, one for each answer that it may turn out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import (
    ConfidenceMap,
    Doubles,
    Right,
    check_probabilities,
    check_rising,
)
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.of_confidence import OfConfidence


@dataclass(frozen=True, eq=False)
class VennAbersMap(ConfidenceMap):
    """The map of c to p1 / (1 - p0 + p1), where both p0 and p1 rise in steps.

    Attributes
    ----------
    if_wrong_from, if_wrong : arrays of shape (a,)
        Confidences at which p0 begins to be so much; below the first it is 0.
    if_right_to, if_right : arrays of shape (b,)
        Confidences up to which p1 is so much; above the last it is 1.
    """

    if_wrong_from: Doubles
    if_wrong: Doubles
    if_right_to: Doubles
    if_right: Doubles

    def __post_init__(self) -> None:
        check_rising(self.if_wrong_from, "if_wrong_from")
        check_rising(self.if_right_to, "if_right_to")
        check_probabilities(self.if_wrong, "if_wrong", len(self.if_wrong_from))
        check_probabilities(self.if_right, "if_right", len(self.if_right_to))

    def bounds(self, confidence: Doubles) -> tuple[Doubles, Doubles]:
        """Return p0 and p1: what isotonic regression says if the item is wrong, and if it is right."""
        low = np.append(0.0, self.if_wrong)[np.searchsorted(self.if_wrong_from, confidence, side="right")]
        high = np.append(self.if_right, 1.0)[np.searchsorted(self.if_right_to, confidence, side="left")]
        return low, high

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        low, high = self.bounds(confidence)
        return high / (1.0 - low + high)

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return how many steps p0 and p1 have together."""
        return {"steps": len(self.if_wrong) + len(self.if_right)}


class VennAbers(OfConfidence):
    """Calibrate by two isotonic fits for each confidence (Vovk, Petej 2014), the inductive Venn-Abers predictor.

    To the fitted items the new one is added, once as wrong and once as right; isotonic regression of each
    gives p0 and p1. If items are exchangeable, one of the two is perfectly calibrated, whatever the
    model. The result is p1 / (1 - p0 + p1), which loses least against the better of the two in log
    score; it is never exactly 0 or 1. Both fits are worked out beforehand for all confidences
    (Vovk, Petej, Fedorova 2015, algorithms 1 to 4), in time n log n.

    Few items make p0 and p1 lie far apart and the result timid; dependent items void the promise, and
    graded correctness is refused: an item may then turn out to be more than two things. The ranking is
    kept but for ties.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``. The promise holds for each choice before rows are made to sum to one.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = VennAbers().fit(Scores([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1]))
    >>> [ends.round(4).tolist() for ends in fitted.maps["answer"].bounds(np.array([0.2, 0.5]))]
    [[0.0, 0.3333], [0.5, 0.6667]]
    """

    name: ClassVar[str] = "venn-abers"
    learns_grades: ClassVar[bool] = False
    kind: ClassVar[type[ConfidenceMap]] = VennAbersMap

    def _fitted(self, confidence: Doubles, correct: Right) -> VennAbersMap:
        levels = Levels.of(confidence, correct)
        if_right = fits_with_one_more_right(levels.count, levels.right)
        # Seen from above, wrong answers are right ones.
        wrong = levels.count - levels.right
        if_wrong = 1.0 - fits_with_one_more_right(levels.count[::-1], wrong[::-1])[::-1]
        begins = np.append(True, if_wrong[1:] > if_wrong[:-1])
        ends = np.append(if_right[1:] > if_right[:-1], True)
        c = levels.lowest
        return VennAbersMap(c[begins], if_wrong[begins], c[ends], if_right[ends])


def fits_with_one_more_right(count: Doubles, right: Doubles) -> Doubles:
    """Return, for each level, its isotonic fit after one more right answer was added to it.

    Parameters
    ----------
    count, right : arrays of shape (m,)
        Items of each level, and those that were right.

    Examples
    --------
    >>> fits_with_one_more_right(np.array([1.0, 1.0]), np.array([0.0, 1.0])).tolist()
    [0.5, 1.0]
    """
    # The fit at a level is the slope of the greatest convex minorant of the points (items, right answers), summed up
    # to each level. The one more is a step (1, 1) that wanders through the points, from the first to the last:
    # each time, one point moves down, and the corners of the minorant to its left are no longer needed.
    x = [-1.0, 0.0, *np.cumsum(count).tolist()]
    y = [-1.0, 0.0, *np.cumsum(right).tolist()]
    corners: list[tuple[float, float]] = []
    for point in zip(reversed(x), reversed(y), strict=True):
        _push(corners, point)
    fits = np.empty(len(count))
    for level in range(len(fits)):
        (left, bottom), (following, top) = corners[-1], corners[-2]
        fits[level] = (top - bottom) / (following - left)
        x[level + 1] = x[level] + x[level + 2] - x[level + 1]
        y[level + 1] = y[level] + y[level + 2] - y[level + 1]
        if (y[level + 1] - bottom) * (following - left) < (top - bottom) * (x[level + 1] - left):
            corners.pop()
            _push(corners, (x[level + 1], y[level + 1]))
    return np.minimum(fits, 1.0)


def _push(corners: list[tuple[float, float]], point: tuple[float, float]) -> None:
    """Add a point to the left of the corners of a convex minorant, the last of which is the leftmost."""
    x, y = point
    while len(corners) > 1:
        (near_x, near_y), (far_x, far_y) = corners[-1], corners[-2]
        if (near_y - y) * (far_x - x) < (far_y - y) * (near_x - x):
            break
        corners.pop()
    corners.append(point)
