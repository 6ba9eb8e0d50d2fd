"""Names of metrics as people write them."""

from pytest_llmcal.measurement.differences import metric_of

_TITLES = {
    "ace": "adaptive calibration error",
    "aurc": "AURC",
    "auroc": "AUROC",
    "brier": "Brier score",
    "classwise_ece": "classwise ECE",
    "e_aurc": "excess AURC",
    "ece": "ECE",
    "ece_l2": "L2 calibration error",
    "flips": "share of answers that change",
    "kde_ece": "KDE calibration error",
    "marginal_ece": "marginal calibration error",
    "mce": "maximum calibration error",
    "nll": "NLL",
    "risk": "error rate",
    "set_coverage": "coverage of answer sets",
    "set_size": "mean size of answer sets",
    "skce": "squared kernel calibration error",
    "smooth_ece": "SmoothECE",
    "squared_ece": "squared calibration error",
}


def title(name: str) -> str:
    """Return a metric's name as people write it.

    Examples
    --------
    >>> title("ece"), title("largest_drop")
    ('ECE', 'largest drop')
    >>> title("ece_difference")
    "ECE minus the baseline's"
    """
    if (metric := metric_of(name)) is not None:
        return f"{title(metric)} minus the baseline's"
    return _TITLES.get(name, name.replace("_", " "))
