"""The difference of each metric: how its interval comes out of the scores of both models."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Measurement, difference_name, title
from pytest_llmcal.metrics.bins import Binning, Bins, make_bins
from pytest_llmcal.metrics.graded import dispersion
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.losses import ItemLosses
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect, contributions, design_effect, members_of
from pytest_llmcal.statistics.error_difference import Gaps, paired_l1_interval
from pytest_llmcal.statistics.exchange import DRAWS, Exchange, exchange_test
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import HALL
from pytest_llmcal.statistics.paired import (
    Estimate,
    accuracy_difference_interval,
    correlation,
    difference_interval,
    mean_difference_interval,
    with_unseen,
)

if TYPE_CHECKING:
    from pytest_llmcal.scores.comparison.comparison import Comparison
    from pytest_llmcal.scores.scores import Scores

P = ParamSpec("P")
Values = npt.NDArray[np.float64]
Difference = Callable[Concatenate["Comparison", P], Measurement]
"""A method of a comparison, with the arguments of the metric it is the difference of."""
IntervalAt = Callable[[float], Interval]
"""An interval at any level."""

# Of two intervals that are both asked, the models' own has this share of the error rate, the items' the rest.
_OWN = 0.75


def of_intervals(
    metric: Callable[Concatenate[Scores, P], Measurement],
    *,
    added: Callable[[Scores], Values] | None = None,
    rarer: Callable[[Scores], float] = len,
    change: float = math.inf,
    paired: Callable[Concatenate[Comparison, P], IntervalAt | None] | None = None,
) -> Difference[P]:
    """Return the difference of any metric, with an interval made of the two models' own.

    Parameters
    ----------
    metric : callable
        The method of ``Scores``.
    added : callable, optional
        What each item adds to the metric, shape (n,), zero on average. The correlation of the two estimates
        follows from it; without it the interval stands whatever that is.
    rarer : callable
        With ``added``: how many items there are of the kind that is the rarer one.
    change : float
        With ``added``: how far the metric may differ between models that differ on all items.
    paired : callable
        Gives another interval at any level, or None where there is none: what lies in both of them is taken.
    """

    @wraps(metric)
    def difference(self: Comparison, /, *args: P.args, **kwargs: P.kwargs) -> Measurement:
        here, there = metric(self.scores, *args, **kwargs), metric(self.baseline, *args, **kwargs)
        value = float(here) - float(there)
        second = None if paired is None else paired(self, *args, **kwargs)
        together = None if added is None else _Together.of(self, value, added, rarer)

        def own(level: float) -> Interval:
            ours, theirs = (Estimate(_centre(one), Interval(*_at(one, level))) for one in (here, there))
            if together is None:
                return difference_interval(ours, theirs)
            return together.interval(ours, theirs, level, change)

        def interval(level: float) -> Interval:
            return own(level) if second is None else _both(own, second, level)

        how = "whatever their correlation" if together is None else f"with a correlation of {together.correlation:.2f}"
        sharper = "" if second is None else "what lies in it and in that of the items' differences; "
        return _difference(
            self,
            here.name,
            value,
            interval,
            here.confidence,
            f"of the intervals of both models, {how} (Zou and Donner 2008); {sharper}each: {here.method}",
            debiased=None if here.debiased is None or there.debiased is None else here.debiased - there.debiased,
            exact=None if here.exact is None or there.exact is None else here.exact - there.exact,
        )

    difference.__doc__ = f"Measure by how much ``Scores.{metric.__name__}`` is larger than the baseline's."
    return difference


@dataclass(frozen=True, eq=False)
class _Together:
    """What the items add to two estimates, and so to their difference.

    Attributes
    ----------
    value : float
        The difference.
    correlation : float
        Of the two estimates.
    values : array of shape (units,)
        What items, or clusters, add to the difference: their mean is the value.
    rarer : float
        Number of units of the rarer kind.
    """

    value: float
    correlation: float
    values: Values
    rarer: float

    @classmethod
    def of(
        cls, comparison: Comparison, value: float, added: Callable[[Scores], Values], rarer: Callable[[Scores], float]
    ) -> _Together:
        both = comparison.scores, comparison.baseline
        members = members_of(comparison.scores.clusters)
        here, there = map(added, both)
        values = contributions(len(here) * (here - there), members) + value
        return cls(value, correlation(here, there, members), values, min(map(rarer, both)) * len(values) / len(here))

    def interval(self, this: Estimate, baseline: Estimate, level: float, change: float) -> Interval:
        """Put three together: the parts' own, that of the mean of what items add, and room for unseen items.

        The first knows how few items each part rests on, the second how unevenly they tell the two apart.
        """
        parts = difference_interval(this, baseline, self.correlation)
        mean = mean_difference_interval(self.values, level, (self.value - change, self.value + change))
        seen = Interval(min(parts.low, mean.low), max(parts.high, mean.high))
        return with_unseen(seen, self.value, self.rarer, level, change)


def _both(own: IntervalAt, paired: IntervalAt, level: float) -> Interval:
    """Return what lies in both intervals, which share the error rate."""
    one, other = own(1.0 - _OWN * (1.0 - level)), paired(1.0 - (1.0 - _OWN) * (1.0 - level))
    low, high = max(one.low, other.low), min(one.high, other.high)
    if low > high:  # one of the two is wrong, and nobody knows which
        return Interval(min(one.low, other.low), max(one.high, other.high))
    return Interval(low, high)


def paired_ece(
    self: Comparison,
    bins: int = 15,
    *,
    binning: Binning = "auto",
    norm: Literal["l1", "l2"] = "l1",
    **_: Any,
) -> IntervalAt | None:
    """Return the interval of the difference of two L1 errors from the items, where both have the same bins."""
    if norm != "l1" or members_of(self.scores.clusters) is not None:
        return None
    common = _over_the_same_bins(self, bins, binning)
    return None if common is None else lambda level: paired_l1_interval(*common, level)


def ece_exchange(self: Comparison, bins: int = 15, *, binning: Binning = "auto", draws: int = DRAWS) -> Exchange | None:
    """Test that the two models may be swapped, item by item, by the change of the L1 error; None over other bins.

    Unlike the interval of ``ece``, which stands for any two models and is wide for it, this
    says that the change is larger than that between models which nothing tells apart.
    """
    common = _over_the_same_bins(self, bins, binning)
    return None if common is None else exchange_test(*common, members=members_of(self.scores.clusters), draws=draws)


def _over_the_same_bins(self: Comparison, bins: int, binning: Binning) -> tuple[Gaps, Gaps, int] | None:
    both = self.scores, self.baseline
    here, there = (make_bins(scores.confidence, scores.correct, bins, binning) for scores in both)
    if here.kind != there.kind or not np.array_equal(here.upper, there.upper):
        return None
    ours, theirs = (_gaps(scores, here) for scores in both)
    return ours, theirs, len(here)


def _gaps(scores: Scores, bins: Bins) -> Gaps:
    c = scores.confidence.astype(np.float64)
    claimed = dispersion(scores.confidence, scores.correct) * c * (1.0 - c)
    return Gaps(bins.of(scores.confidence), c - scores.correct, claimed)


def of_means(name: str, losses_of: Callable[..., ItemLosses]) -> Callable[..., Measurement]:
    """Return the difference of a mean over the items, with Hall's interval of the items' differences.

    Parameters
    ----------
    name : str
        Of the metric.
    losses_of : callable
        What is averaged, of some scores and with the options of the metric.
    """

    def difference(self: Comparison, *options: Any, confidence: float | None = None, **named: Any) -> Measurement:
        _same_kind(name, self)
        here, there = (losses_of(scores, *options, **named) for scores in (self.scores, self.baseline))
        infinite = [~np.isfinite(losses.values) for losses in (here, there)]
        if any(mask.any() for mask in infinite):
            return _infinite(self, name, *infinite, confidence=confidence)
        members = members_of(self.scores.clusters)
        values = contributions(here.values - there.values, members)
        possible = here.possible[0] - there.possible[1], here.possible[1] - there.possible[0]
        return _difference(
            self,
            name,
            float(np.mean(here.values - there.values)),
            lambda level: mean_difference_interval(values, level, possible),
            confidence,
            f"mean of the items' differences; {HALL}" + ("" if members is None else f" over {len(values)} clusters"),
        )

    difference.__name__ = difference.__qualname__ = name
    difference.__doc__ = f"Measure by how much ``Scores.{name}`` is larger than the baseline's, item by item."
    return difference


def of_accuracies(self: Comparison, *, confidence: float | None = None) -> Measurement:
    """Measure by how much ``Scores.accuracy`` is larger than the baseline's, from the items of one alone."""
    if self.scores.is_graded or self.baseline.is_graded:
        return _of_grades(self, confidence)
    here, there = self.scores.correct.astype(np.bool_), self.baseline.correct.astype(np.bool_)
    gained, lost = here & ~there, there & ~here
    step = gained.astype(np.float64) - lost
    effect = design_effect(step, members_of(self.scores.clusters))
    n = len(step) / effect.design
    counts = gained.sum() / effect.design, lost.sum() / effect.design
    return _difference(
        self,
        "accuracy",
        float(step.mean()),
        lambda level: accuracy_difference_interval(*counts, n, level),
        confidence,
        f"{gained.sum()} items are right with this model alone, {lost.sum()} with the baseline alone; "
        "Clopper-Pearson intervals of both shares put together (Zou and Donner 2008)",
        effect=effect,
    )


def _of_grades(comparison: Comparison, confidence: float | None) -> Measurement:
    members = members_of(comparison.scores.clusters)
    step = np.subtract(comparison.scores.correct, comparison.baseline.correct, dtype=np.float64)
    values = contributions(step, members)
    return _difference(
        comparison,
        "accuracy",
        float(step.mean()),
        lambda level: mean_difference_interval(values, level, (-1.0, 1.0)),
        confidence,
        f"mean of the items' differences; {HALL}" + ("" if members is None else f" over {len(values)} clusters"),
    )


def _difference(
    comparison: Comparison,
    metric: str,
    value: float,
    interval_at: Callable[[float], Interval],
    confidence: float | None,
    method: str,
    *,
    effect: Effect = INDEPENDENT,
    **more: Any,
) -> Measurement:
    model = comparison.baseline.about.model
    named = f"baseline {model}; " if model else ""
    name = difference_name(metric)
    return measured(
        comparison.scores, name, value, interval_at, confidence, f"paired, {named}{method}", effect=effect, **more
    )


def _same_kind(name: str, comparison: Comparison) -> None:
    if (comparison.scores.choices is None) != (comparison.baseline.choices is None):
        alone = "this model" if comparison.baseline.choices is None else "the baseline"
        raise ScoresError(
            f"the {title(name)} over choices and that of one confidence are two different numbers, and only the "
            f"scores of {alone} have choices; make both of the same kind"
        )


def _infinite(
    comparison: Comparison,
    name: str,
    here: npt.NDArray[np.bool_],
    there: npt.NDArray[np.bool_],
    *,
    confidence: float | None,
) -> Measurement:
    """Return an infinite difference, where one model alone gave probability zero to what was right."""
    if here.any() and there.any():
        raise ScoresError(
            f"the {title(name)} of both models is infinite, so it has no difference: probability zero for what was "
            f"right was given to {here.sum()} items, first {_first(comparison, here)}, by this model and to "
            f"{there.sum()}, first {_first(comparison, there)}, by the baseline"
        )
    value, mask, who = (math.inf, here, "this model") if here.any() else (-math.inf, there, "the baseline")
    why = f"infinite: for {mask.sum()} of {len(mask)} items {who} gave probability zero to what was right"
    # What has happened once is possible, so the mean of the one is infinite for certain.
    return _difference(comparison, name, value, lambda _: Interval(value, value), confidence, why)


def _first(comparison: Comparison, mask: npt.NDArray[np.bool_]) -> str:
    return repr((comparison.scores.ids or ())[int(mask.argmax())])


def _centre(one: Measurement) -> float:
    return float(one) if one.debiased is None else one.debiased


def _at(one: Measurement, level: float) -> tuple[float, float]:
    again = one.at(level)
    return again.low, again.high
