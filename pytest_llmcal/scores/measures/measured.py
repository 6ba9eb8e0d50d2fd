"""How a number and its interval become a measurement of scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement import Measurement, current_rules, range_of
from pytest_llmcal.scores.outcomes import counted
from pytest_llmcal.scores.validation import checked_level
from pytest_llmcal.statistics.clusters import FEWEST, INDEPENDENT, Effect
from pytest_llmcal.statistics.interval import Interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def level_of(confidence: float | None) -> float:
    """Return the level of an interval: the one asked for, or that of the rules in force."""
    return current_rules().confidence if confidence is None else checked_level(confidence)


def measured(
    scores: Scores,
    name: str,
    value: float,
    interval_at: Callable[[float], Interval],
    confidence: float | None,
    method: str,
    *,
    effect: Effect = INDEPENDENT,
    of_all: bool = False,
    **more: Any,
) -> Measurement:
    """Return a measurement of scores.

    Parameters
    ----------
    scores : Scores
        What was measured.
    name, value, method
        As for ``Measurement``.
    interval_at : callable
        The interval at any two-sided level. A verdict may ask for it again at a
        stricter one, so what does not depend on the level is computed outside of it.
    confidence : float or None
        Level asked for; that of the rules in force by default.
    effect : Effect
        What clusters do to the interval. ``interval_at`` has reckoned with its design effect; that it
        comes from few clusters is reckoned with here.
    of_all : bool
        Whether the items that are left out are counted in the number too.
    more
        Further fields of ``Measurement``.
    """
    least, greatest = range_of(name)  # a corrected interval may reach beyond what is possible

    def possible(level: float) -> Interval:
        if effect.clusters is not None and effect.clusters < FEWEST:
            return Interval(least, greatest)
        low, high = interval_at(effect.stricter(level))
        return Interval(max(low, least), min(high, greatest))

    level = level_of(confidence)
    low, high = possible(level)
    return Measurement(
        float(value),
        name=name,
        low=low,
        high=high,
        n=len(scores) + of_all * len(scores.left_out),
        method=method if effect.clusters is None else f"{method}; {effect.clusters} clusters",
        confidence=level,
        about=scores.about,
        left_out=() if of_all else counted(scores.left_out),
        scores=scores,
        interval_at=possible,
        **more,
    )
