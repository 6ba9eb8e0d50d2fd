"""The claim that one model is not worse than another by more than a margin."""

from __future__ import annotations

from pytest_llmcal.measurement.differences import higher_is_better
from pytest_llmcal.measurement.errors import MeasurementError
from pytest_llmcal.measurement.judging import judged
from pytest_llmcal.measurement.measurement import Measurement
from pytest_llmcal.measurement.titles import title
from pytest_llmcal.measurement.verdict import Verdict


def checked_margin(margin: float, metric: str) -> float:
    """Return a margin, how much worse is let pass.

    Raises
    ------
    MeasurementError
        If it is negative or NaN.
    """
    margin = float(margin)
    if not margin >= 0.0:  # NaN too
        raise MeasurementError(
            f"the margin for {title(metric)} is {margin:g}; allowed is zero or more, how much worse is let pass"
        )
    return margin


def not_worse(difference: Measurement, margin: float) -> Verdict:
    """Judge by a difference, this model's less the baseline's, that it is worse by at most a margin.

    Raises
    ------
    MeasurementError
        If the margin is more than the metric can differ.
    """
    higher = higher_is_better(difference.name)
    limit = difference._possible(-margin if higher else margin)

    def refuted(strict: Measurement) -> bool:
        return strict.high < limit if higher else strict.low > limit

    judgement = judged(
        difference, holds=difference.low >= limit if higher else difference.high <= limit, refuted=refuted
    )
    needed = difference.items_needed(limit) if judgement.open_to_items else None
    return Verdict(
        judgement.status,
        "not_worse_than",
        f"{title(difference.name.removesuffix('_difference'))} is {_claim(margin)} the baseline's",
        _reason(difference) + judgement.note + (f"; about {needed} items would decide it" if needed else ""),
        difference,
        limit,
        needed,
        judgement.p_value,
        judgement.share,
    )


def _claim(margin: float) -> str:
    return f"at most {margin:.4g} worse than" if margin > 0.0 else "not worse than"


def _reason(difference: Measurement) -> str:
    worse = -1.0 if higher_is_better(difference.name) else 1.0
    ends = sorted((worse * difference.low, worse * difference.high))
    return (
        f"it was measured as {_worse(worse * float(difference))} on {difference.n} "
        f"{'item' if difference.n == 1 else 'items'}, and with {100 * difference.confidence:g}% confidence "
        f"the true difference lies between {_worse(ends[0])} and {_worse(ends[1])}"
    )


def _worse(by: float) -> str:
    return "equal" if by == 0.0 else f"{abs(by):.4g} {'worse' if by > 0.0 else 'better'}"
