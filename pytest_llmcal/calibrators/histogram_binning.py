"""Histogram binning: the accuracy of each bin."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right, Steps
from pytest_llmcal.calibrators.extremes import EXTREMES, Extremes, accuracy_of
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.of_confidence import Extension, OfConfidence
from pytest_llmcal.calibrators.options import checked_choice, checked_count
from pytest_llmcal.metrics.binning import uniform_bins, uniform_edges

Cut = Literal["equal-mass", "uniform"]


class HistogramBinning(OfConfidence):
    """Map each confidence to the accuracy of its bin (Zadrozny, Elkan 2001).

    It assumes nothing but that the accuracy hardly varies within a bin. With fewer than about 50 items a bin it
    overfits more than any other calibrator here. The result is discrete, need not rise, and what was told
    apart within a bin is lost: the ranking is not kept. One-vs-rest, bins of equal
    mass lump together the few items for which a choice is likely, and can cost many right answers.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.
    bins : int
        How many, at most; there are fewer where confidences are tied.
    binning : {"equal-mass", "uniform"}
        ``"equal-mass"``: about equally many items in each, equal confidences together, edges halfway
        between neighbours. ``"uniform"``: edges m / bins, right-closed; a bin without items belongs to the next one
        above that has some, and above the last to the last.
    extremes : {"shrunk", "raw"}
        ``"raw"`` maps bins that were never or always right to exactly 0 and 1, and one new item to the
        contrary costs an infinite negative log-likelihood. ``"shrunk"`` maps such a bin of n items to
        0.5 / (n + 1) or (n + 0.5) / (n + 1) (Krichevsky, Trofimov 1981), and leaves the others.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = HistogramBinning(bins=2).fit(Scores([0.2, 0.4, 0.6, 0.8], [0, 1, 1, 1]))
    >>> fitted, fitted.transform(Scores([0.1, 0.9], [0, 1])).confidence.round(4).tolist()
    (HistogramBinning(bins=2), [0.5, 0.8333])
    """

    name: ClassVar[str] = "histogram"
    options: ClassVar[tuple[str, ...]] = ("extension", "bins", "binning", "extremes")
    kind: ClassVar[type[ConfidenceMap]] = Steps

    def __init__(
        self,
        *,
        extension: Extension = "top-label",
        bins: int = 15,
        binning: Cut = "equal-mass",
        extremes: Extremes = "shrunk",
    ) -> None:
        super().__init__(extension=extension)
        self.bins = checked_count("bins", bins, least=1)
        self.binning: Cut = checked_choice("binning", binning, get_args(Cut))
        self.extremes: Extremes = checked_choice("extremes", extremes, EXTREMES)

    def _fitted(self, confidence: Doubles, correct: Right) -> Steps:
        levels = Levels.of(confidence, correct)
        if self.binning == "equal-mass":
            pools = levels.pooled(levels.equal_mass(self.bins))
            return Steps(pools.upper, accuracy_of(pools, self.extremes))
        seen, first = np.unique(uniform_bins(levels.lowest, self.bins), return_index=True)
        return Steps(uniform_edges(self.bins)[seen + 1], accuracy_of(levels.pooled(first), self.extremes))
