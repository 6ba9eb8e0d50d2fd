"""Every metric of calibrated scores beside what it was before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from pytest_llmcal.measurement import Measurement, Uncalibrated
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.change import change_of

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

P = ParamSpec("P")
Metric = Callable[Concatenate["Scores", P], Measurement]
"""A method of ``Scores`` that measures."""


def beside_uncalibrated(metric: Metric[P]) -> Metric[P]:
    """Return a metric that can be compared with others', and of calibrated scores also says what it was before.

    The number before is measured in the same way on the scores that went in. It stays unsaid where those
    cannot be measured so.
    """

    @wraps(metric)
    def measure(self: Scores, /, *args: P.args, **kwargs: P.kwargs) -> Measurement:
        after = metric(self, *args, **kwargs)
        # When it is asked for, other rules may be in force: the level is that of the number itself.
        asked = kwargs | {"confidence": after.confidence}
        after = after.comparable(self, lambda other: _against(metric.__name__, self, other, *args, **asked))
        if self.before is None:
            return after
        return after.beside(lambda: _before(metric, self, *args, **asked))

    return measure


def _against(metric: str, scores: Scores, other: Scores, *args: Any, **kwargs: Any) -> Measurement:
    difference: Measurement = getattr(scores.compare(other), metric)(*args, **kwargs)
    return difference


def _before(metric: Callable[..., Measurement], scores: Scores, *args: Any, **kwargs: Any) -> Uncalibrated | None:
    assert scores.before is not None
    # Without their past, or each step of a chain of calibrators would be measured once more for every later one.
    after, before = scores._with(before=None), scores.before._with(before=None)
    try:
        measurement = metric(before, *args, **kwargs)
    except ScoresError:
        return None
    change = change_of(metric.__name__, after, before, *args, **kwargs)
    ends = (float(measurement), measurement.low, measurement.high)
    return Uncalibrated(*ends) if change is None else Uncalibrated(*ends, float(change), change.low, change.high)
