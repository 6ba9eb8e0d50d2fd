"""Proper scores of the answers, cut into parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.metrics.bins import Binning, make_bins
from pytest_llmcal.metrics.decomposition import LOSSES, Decomposition, ScoreName, corp, murphy, refined
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.validation import checked_binning, checked_bins

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_FOLDS = 5
_SEED = 20250131


def decomposition(
    self: Scores,
    score: ScoreName = "brier",
    kind: Literal["corp", "murphy", "refinement"] = "corp",
    *,
    bins: int = 15,
    binning: Binning = "auto",
) -> Decomposition:
    """Cut the score of correctness given confidence into miscalibration, discrimination and uncertainty.

    These are numbers without intervals, about the answer alone: where there are choices, ``score`` here is
    not that of ``brier()`` and ``nll()``, which are about all of them.

    Parameters
    ----------
    score : {"brier", "nll"}
        (confidence - correct)^2, from 0 to 1, or minus the logarithm of the probability of what happened, in nats.
    kind : {"corp", "murphy", "refinement"}
        What miscalibration is held against. ``"corp"``: the rising curve that fits these answers best
        (Dimitriadis, Gneiting, Jordan 2021). ``"murphy"``: the accuracy of each bin (Murphy 1973), with what
        is left within bins (Stephenson, Coelho, Jolliffe 2008). Both are fitted to the very answers that they are
        scored on, and so find some miscalibration in a perfect model too. ``"refinement"``: the best of three
        maps fitted to four fifths of the items and scored on the fifth, in turn, whole clusters together
        (Berta, Holzmuller, Jordan, Bach 2025).
    bins, binning
        As for ``ece``; for ``"murphy"`` alone.

    Returns
    -------
    Decomposition
        Its parts sum up to the score: miscalibration - discrimination + within_bins + uncertainty.

    Raises
    ------
    ScoresError
        If an argument is none of those allowed, or ``"refinement"`` is asked of one item or one cluster.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 10 + [0.6] * 10, [1] * 8 + [0] * 2 + [1] * 6 + [0] * 4)
    >>> parts = scores.decomposition()
    >>> round(parts.miscalibration, 4), round(parts.discrimination, 4), round(parts.uncertainty, 4)
    (0.005, 0.01, 0.21)
    """
    if score not in LOSSES:
        raise ScoresError(f"score must be 'brier' or 'nll', got {score!r}")
    if kind == "corp":
        return corp(self.confidence, self.correct, score)
    if kind == "murphy":
        chosen = make_bins(self.confidence, self.correct, checked_bins(bins), checked_binning(binning))
        return murphy(self.confidence, self.correct, chosen, score)
    if kind == "refinement":
        return refined(self.confidence, self.correct, _folds(self), score)
    raise ScoresError(f"kind must be 'corp', 'murphy' or 'refinement', got {kind!r}")


def _folds(scores: Scores) -> IndexArray:
    """Return a fold for each item at random, whole clusters together, whatever the order of the rows."""
    if scores.clusters is None:
        unit = np.empty(len(scores), dtype=np.intp)
        unit[np.lexsort((scores.correct, scores.confidence))] = np.arange(len(scores))
    else:
        unit = np.unique(np.asarray(scores.clusters), return_inverse=True)[1]
    units = int(unit.max()) + 1
    if units == 1:
        what = "item" if scores.clusters is None else "cluster"
        raise ScoresError(f"a map is fitted to some items and scored on others, and there is one {what} only")
    return np.random.default_rng(_SEED).permutation(units)[unit] % min(_FOLDS, units)
