"""What wrong answers cost together with answers that are held back."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.metrics.binning import Answers, FloatArray


def abstention_cost(confidence: FloatArray, correct: Answers, abstention: float) -> float:
    r"""Return the mean cost where a wrong answer costs one, and to hold an answer back costs ``abstention``.

    Whoever believes the confidence c holds an answer back if its risk 1 - c is larger than that
    (Chow 1970): :math:`\frac{1}{n} \sum_i [1 - c_i \le a] (1 - y_i) + a [1 - c_i > a]`. It is never
    differentiable, and asks for calibration at one confidence alone, 1 - a.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        0 or 1, or graded between.
    abstention : float
        Cost of holding an answer back, between 0 and 1.

    Returns
    -------
    float
        Between 0 and 1; in units of a wrong answer.

    Examples
    --------
    >>> abstention_cost(np.array([0.9, 0.9, 0.6, 0.6]), np.array([1, 0, 1, 0]), 0.2)
    0.35
    """
    given = confidence >= 1.0 - abstention
    wrong = 1.0 - np.asarray(correct, dtype=np.float64)
    return float(np.where(given, wrong, abstention).mean())
