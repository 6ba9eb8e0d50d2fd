"""Scaling-binning: Platt's map, averaged over bins so that what is left can be measured."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right, Steps
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.of_confidence import Extension, OfConfidence
from pytest_llmcal.calibrators.options import checked_count
from pytest_llmcal.calibrators.platt import fit_logit_line


class ScalingBinning(OfConfidence):
    """Fit Platt's map, then replace what it gives by its mean over bins of equal mass (Kumar, Liang, Ma 2019).

    The result takes few values, so that a binned calibration error measures all of it, and it varies less
    than histogram binning because the means are those of the smooth map and not of what was right. All
    items serve each step, as in the authors' code; their theorem splits them in three. It assumes what
    ``Platt`` assumes and fails with it: bins mend nothing that the map gets wrong. One-vs-rest, bins of equal
    mass lump together the few items for which a choice is likely, and can cost many right answers.

    The ranking is kept but for ties within a bin, if the slope of Platt's map is above zero.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.
    bins : int
        How many, at most; there are fewer where confidences are tied. Edges lie halfway between neighbours.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = ScalingBinning(bins=2).fit(Scores([0.9, 0.9, 0.9, 0.6, 0.6], [1, 1, 0, 1, 0]))
    >>> fitted, fitted.transform(Scores([0.6, 0.7, 1.0], [0, 1, 1])).confidence.round(4).tolist()
    (ScalingBinning(bins=2), [0.525, 0.525, 0.6167])
    """

    name: ClassVar[str] = "scaling-binning"
    options: ClassVar[tuple[str, ...]] = ("extension", "bins")
    kind: ClassVar[type[ConfidenceMap]] = Steps

    def __init__(self, *, extension: Extension = "top-label", bins: int = 15) -> None:
        super().__init__(extension=extension)
        self.bins = checked_count("bins", bins, least=1)

    def _fitted(self, confidence: Doubles, correct: Right) -> Steps:
        levels = Levels.of(confidence, correct)
        scaled = fit_logit_line(confidence, correct)(levels.lowest) * levels.count
        first = levels.equal_mass(self.bins)
        pools = levels.pooled(first)
        return Steps(pools.upper, np.add.reduceat(scaled, first) / pools.count)
