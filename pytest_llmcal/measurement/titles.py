"""Names of metrics as people write them."""

from pytest_llmcal.measurement.differences import metric_of
from pytest_llmcal.measurement.group_names import metric_of_gap, metric_of_worst

_TITLES = {
    "ace": "adaptive calibration error",
    "aurc": "AURC",
    "auroc": "AUROC",
    "bias_ambig": "BBQ bias score in ambiguous contexts",
    "bias_disambig": "BBQ bias score in disambiguated contexts",
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
    "subgroup_gap": "gap of the audited subgroup",
    "unanswered": "share of items left out",
}


def title(name: str) -> str:
    """Return a metric's name as people write it.

    Examples
    --------
    >>> title("ece"), title("largest_drop")
    ('ECE', 'largest drop')
    >>> title("ece_difference")
    "ECE minus the baseline's"
    >>> title("ece_worst_group"), title("accuracy_group_gap")
    ('ECE of the worst group', 'largest gap in accuracy between groups')
    """
    if (metric := metric_of(name)) is not None:
        return f"{title(metric)} minus the baseline's"
    if (metric := metric_of_worst(name)) is not None:
        return f"{title(metric)} of the worst group"
    if (metric := metric_of_gap(name)) is not None:
        return f"largest gap in {title(metric)} between groups"
    return _TITLES.get(name, name.replace("_", " "))


def in_sentence(name: str) -> str:
    """Return a metric's name as it stands within a sentence: that of a gap has an article.

    Examples
    --------
    >>> in_sentence("accuracy_group_gap"), in_sentence("ece")
    ('the largest gap in accuracy between groups', 'ECE')
    """
    is_gap = metric_of_gap(name) is not None or name == "subgroup_gap"
    return f"the {title(name)}" if is_gap else title(name)
