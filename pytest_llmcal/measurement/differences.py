"""Names of differences between two models, and which of two values of a metric is the better one."""

from pytest_llmcal.measurement.group_names import metric_of_worst

_SUFFIX = "_difference"
_HIGHER_IS_BETTER = frozenset({"accuracy", "accuracy_at_coverage", "auroc", "coverage_at_risk"})


def difference_name(metric: str) -> str:
    """Return the name of a metric's difference: that of the model less that of its baseline.

    Examples
    --------
    >>> difference_name("ece")
    'ece_difference'
    """
    return metric + _SUFFIX


def metric_of(name: str) -> str | None:
    """Return the metric that a difference is one of; None where the name is none of a difference.

    Examples
    --------
    >>> metric_of("ece_difference"), metric_of("ece")
    ('ece', None)
    """
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else None


def higher_is_better(name: str) -> bool:
    """Tell whether more of a metric, or of its difference, is better; of most metrics, which are errors, less is.

    Examples
    --------
    >>> higher_is_better("accuracy"), higher_is_better("ece_difference")
    (True, False)
    >>> higher_is_better("accuracy_worst_group"), higher_is_better("accuracy_group_gap")
    (True, False)
    """
    metric = metric_of(name) or name
    return (metric_of_worst(metric) or metric) in _HIGHER_IS_BETTER
