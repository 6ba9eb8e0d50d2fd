r"""Graded correctness: answers that are neither right nor wrong, but somewhere between.

A confidence c promises that answers given with it are worth c on average, :math:`E[Y | C] = C`. For Y in {0, 1} that
also fixes how much Y varies, by c (1 - c); for Y in [0, 1] this is the most that it may vary. How much less it
does, the answers themselves have to say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, uniform_bins

Values = npt.NDArray[np.float64]

_BINS = 15
# The variance of 0/1 answers that is presumed to have been seen besides: that of answers of which about three surprise.
# Where nearly all confidences are near one, all the answers seen may be alike by luck; with an amount by the number of
# items the lower end of the ECE then erred in 15% of draws of such a perfect model, with this one in at most 3%.
_PRESUMED = 3.0


def is_graded(correct: Answers) -> bool:
    """Tell whether any answer is neither wrong, 0, nor right, 1.

    Parameters
    ----------
    correct : array of shape (n,)
        Within [0, 1].

    Examples
    --------
    >>> is_graded(np.array([0.0, 1.0])), is_graded(np.array([0.0, 0.4]))
    (False, True)
    """
    return correct.dtype.kind == "f" and bool(((correct != 0.0) & (correct != 1.0)).any())


def dispersion(confidence: FloatArray, correct: Answers) -> float:
    r"""Return how much graded answers vary, as a share of what 0/1 answers of a calibrated model would.

    The dispersion of a quasi-likelihood with the variance :math:`\phi c (1 - c)` (Wedderburn 1974; Papke, Wooldridge
    1996 for shares): the sample variance of c - y within 15 uniform bins, so that no miscalibration is in it, over the
    mean of c (1 - c). Where few answers can surprise, it is drawn towards 1.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        Within [0, 1].

    Returns
    -------
    float
        Above 0 and at most 1; 1 for 0/1 answers, whose variance is no free number.

    Examples
    --------
    >>> c = np.full(1000, 0.5)
    >>> dispersion(c, np.arange(1000) % 2), round(dispersion(c, 0.25 + 0.5 * (np.arange(1000) % 2)), 2)
    (1.0, 0.26)
    """
    if not is_graded(correct):
        return 1.0
    c = confidence.astype(np.float64)
    gap, place = c - correct, uniform_bins(c, _BINS)
    count = np.bincount(place)
    seen = count > 0
    mean = np.bincount(place, gap)[seen] / count[seen]
    within = float((gap * gap).sum()) - float((count[seen] * mean * mean).sum())
    claimed = float((c * (1.0 - c)).mean()) * (len(c) - int(seen.sum()))
    return min(1.0, (max(within, 0.0) + _PRESUMED) / (claimed + _PRESUMED))


def dispersion_of_groups(within: Values, count: Values, mean: Values) -> Values:
    """Return for each group of graded answers what ``dispersion`` is for all of them.

    Parameters
    ----------
    within : array of shape (groups,)
        Sum of the squared differences to the mean of the group.
    count, mean : arrays of shape (groups,)
        Number of items, and their mean correctness; no group may be empty.

    Examples
    --------
    >>> dispersion_of_groups(np.array([25.0, 1.0]), np.array([1001.0, 5.0]), np.array([0.5, 0.5])).round(2).tolist()
    [0.11, 1.0]
    """
    claimed = (count - 1.0) * mean * (1.0 - mean)
    return np.asarray(np.minimum(1.0, (np.maximum(within, 0.0) + _PRESUMED) / (claimed + _PRESUMED)))
