"""Where the values of a metric can lie."""

import math

from pytest_llmcal.measurement.differences import metric_of
from pytest_llmcal.measurement.group_names import metric_of_gap, metric_of_worst

_RANGES = {
    "accuracy": (0.0, 1.0),
    "accuracy_at_coverage": (0.0, 1.0),
    "ace": (0.0, 1.0),
    "aurc": (0.0, 1.0),
    "auroc": (0.0, 1.0),
    "bias_ambig": (-1.0, 1.0),
    "bias_disambig": (-1.0, 1.0),
    "brier": (0.0, 2.0),
    "classwise_ece": (0.0, 1.0),
    "confidence_minus_accuracy": (-1.0, 1.0),
    "coverage": (0.0, 1.0),
    "coverage_at_risk": (0.0, 1.0),
    "e_aurc": (0.0, math.log(2.0)),
    "ece": (0.0, 1.0),
    "ece_l2": (0.0, 1.0),
    "flips": (0.0, 1.0),
    "kde_ece": (0.0, 1.0),
    "largest_drop": (0.0, 1.0),
    "marginal_ece": (0.0, 1.0),
    "mce": (0.0, 1.0),
    "nll": (0.0, math.inf),
    "risk": (0.0, 1.0),
    "set_coverage": (0.0, 1.0),
    "set_size": (0.0, math.inf),
    "skce": (-1.0, 1.0),
    "smooth_ece": (0.0, 1.0),
    "squared_ece": (-1.0, 1.0),
    "subgroup_gap": (-1.0, 1.0),
    "unanswered": (0.0, 1.0),
}


def range_of(name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a metric; any number for one that is not known here.

    Examples
    --------
    >>> range_of("ece"), range_of("my_metric")
    ((0.0, 1.0), (-inf, inf))
    >>> range_of("ece_difference")
    (-1.0, 1.0)
    >>> range_of("brier_worst_group"), range_of("brier_group_gap")
    ((0.0, 2.0), (0.0, 2.0))
    """
    if (metric := metric_of_worst(name)) is not None:
        return range_of(metric)
    if (metric := metric_of_gap(name)) is not None:
        least, greatest = range_of(metric)
        return 0.0, greatest - least
    if (metric := metric_of(name)) is not None:
        least, greatest = range_of(metric)
        return least - greatest, greatest - least
    return _RANGES.get(name, (-math.inf, math.inf))
