"""Names of what is measured over all groups of items together."""

from __future__ import annotations

_WORST, _GAP = "_worst_group", "_group_gap"


def worst_name(metric: str) -> str:
    """Return the name of a metric's worst value in any group.

    Examples
    --------
    >>> worst_name("ece")
    'ece_worst_group'
    """
    return metric + _WORST


def gap_name(metric: str) -> str:
    """Return the name of the largest gap in a metric between two groups.

    Examples
    --------
    >>> gap_name("accuracy")
    'accuracy_group_gap'
    """
    return metric + _GAP


def metric_of_worst(name: str) -> str | None:
    """Return the metric of whose worst group a name speaks; None where it speaks of none.

    Examples
    --------
    >>> metric_of_worst("ece_worst_group"), metric_of_worst("ece")
    ('ece', None)
    """
    return name.removesuffix(_WORST) if name.endswith(_WORST) else None


def metric_of_gap(name: str) -> str | None:
    """Return the metric of whose gap between groups a name speaks; None where it speaks of none.

    Examples
    --------
    >>> metric_of_gap("accuracy_group_gap"), metric_of_gap("accuracy")
    ('accuracy', None)
    """
    return name.removesuffix(_GAP) if name.endswith(_GAP) else None
