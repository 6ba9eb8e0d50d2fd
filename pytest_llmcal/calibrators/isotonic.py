"""Isotonic regression: the best of all rising maps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Polyline, Right
from pytest_llmcal.calibrators.extremes import EXTREMES, Extremes, isotonic_pools
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.of_confidence import Extension, OfConfidence
from pytest_llmcal.calibrators.options import checked_choice


class Isotonic(OfConfidence):
    """Fit the rising map of greatest likelihood (Zadrozny, Elkan 2002).

    Adjacent confidences whose accuracy falls are pooled until none does (pool adjacent violators); equal
    confidences always share a pool. Each pool maps to its accuracy, between pools a straight line leads
    from one to the next, and beyond the outermost confidences the map is level. It assumes only that surer
    answers are not less often right. With few items (below about a thousand) it overfits.

    Ranking is kept but for ties: all of one pool become equal, which changes AUROC a little.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.
    extremes : {"shrunk", "raw"}
        What becomes of a lowest pool that was never right and a highest one that was always right. ``"raw"``
        maps them to exactly 0 and 1, and one new item to the contrary costs an infinite negative log-likelihood.
        ``"shrunk"`` gives each one more item, half right: a pool of n becomes 0.5 / (n + 1) or
        (n + 0.5) / (n + 1) (Krichevsky, Trofimov 1981), and is pooled with the next one where that is less sure.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = Isotonic().fit(Scores([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1]))
    >>> fitted, fitted.transform(Scores([0.2, 0.5, 1.0], [0, 1, 1])).confidence.tolist()
    (Isotonic(blocks=3), [0.25, 0.5, 0.75])
    """

    name: ClassVar[str] = "isotonic"
    options: ClassVar[tuple[str, ...]] = ("extension", "extremes")
    kind: ClassVar[type[ConfidenceMap]] = Polyline

    def __init__(self, *, extension: Extension = "top-label", extremes: Extremes = "shrunk") -> None:
        super().__init__(extension=extension)
        self.extremes: Extremes = checked_choice("extremes", extremes, EXTREMES)

    def _fitted(self, confidence: Doubles, correct: Right) -> Polyline:
        pools = isotonic_pools(Levels.of(confidence, correct), self.extremes)
        knots = np.column_stack([pools.lowest, pools.highest]).ravel()
        distinct = np.append(True, knots[1:] > knots[:-1])
        return Polyline(knots[distinct], np.repeat(pools.accuracy, 2)[distinct])
