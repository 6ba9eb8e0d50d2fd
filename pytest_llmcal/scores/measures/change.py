"""By how much a calibrator changed a metric: the one place where that difference is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.errors import ScoresError

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def change_of(metric: str, after: Scores, before: Scores, *args: Any, **kwargs: Any) -> Measurement | None:
    """Return a metric after calibration less the metric before, paired item by item; None where it is not known.

    Parameters
    ----------
    metric : str
        Name of a method of ``Scores``.
    after, before : Scores
        The same items in the same order, both with choices or both without.
    *args, **kwargs
        Arguments of the metric.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> before, after = (Scores([c] * 400, [1, 1, 1, 0] * 100) for c in (0.95, 0.76))
    >>> round(float(change_of("brier", after, before)), 4)
    -0.0399
    """
    if before.ids is None:  # whatever the items are called, they are the same
        names = tuple(map(str, range(len(before))))
        after, before = after._with(ids=names), before._with(ids=names)
    try:
        comparison = after.compare(before)
        difference = getattr(comparison, metric, None)
        if difference is None:
            return None
        measured: Measurement = difference(*args, **kwargs)
    except ScoresError:
        return None
    return measured
