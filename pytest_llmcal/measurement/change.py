"""By how much a measurement differs from the same one of a baseline, paired where that can be."""

from __future__ import annotations

import math

from pytest_llmcal.measurement.differences import difference_name, metric_of
from pytest_llmcal.measurement.errors import MeasurementError
from pytest_llmcal.measurement.item_outcomes import LeftOut
from pytest_llmcal.measurement.measurement import Measurement
from pytest_llmcal.measurement.ranges import range_of
from pytest_llmcal.measurement.titles import title

# Numbers that are the same but for the order of a sum.
_SAME = 1e-9


def change(this: Measurement, baseline: Measurement) -> Measurement:
    """Return this less the baseline; see ``Measurement.change_from``."""
    if not isinstance(baseline, Measurement):
        raise MeasurementError(f"a measurement is compared with another measurement, got {baseline!r}")
    _check_alike(this, baseline)
    paired = _paired(this, baseline)
    return _unpaired(this, baseline, paired) if isinstance(paired, str) else paired


def _check_alike(this: Measurement, baseline: Measurement) -> None:
    if this.name != baseline.name or metric_of(this.name) is not None:
        raise MeasurementError(
            f"{title(this.name)} is not compared with {title(baseline.name)} of a baseline; "
            "compare two measurements of one metric"
        )
    here, there = this.about.data, baseline.about.data
    if here is not None and there is not None and here != there:
        raise MeasurementError(
            f"{title(this.name)} was measured on the items with fingerprint {here}, the baseline's on those with "
            f"fingerprint {there}; measure both on the same items"
        )


def _paired(this: Measurement, baseline: Measurement) -> Measurement | str:
    """Return the paired difference, or why there is none."""
    if this.against is None or baseline.scores is None:
        return "no item scores of both are kept"
    if this.scores.ids is None or baseline.scores.ids is None:
        return "the items have no ids"
    difference = this.against(baseline.scores)
    then = float(this) - float(difference)
    if not math.isclose(then, float(baseline), rel_tol=_SAME, abs_tol=_SAME):
        return f"measured on its item scores in the same way the baseline's is {then:.4g}, not {float(baseline):.4g}"
    return difference


def _unpaired(this: Measurement, baseline: Measurement, why: str) -> Measurement:
    from pytest_llmcal.statistics.interval import Interval  # numpy and scipy stay out of pytest's start
    from pytest_llmcal.statistics.paired import Estimate, difference_interval

    name = difference_name(this.name)
    least, greatest = range_of(name)

    def part(one: Measurement) -> Estimate:
        return Estimate(float(one) if one.debiased is None else one.debiased, Interval(one.low, one.high))

    def interval_at(level: float) -> tuple[float, float]:
        low, high = difference_interval(part(this.at(level)), part(baseline.at(level)))
        return max(low, least), min(high, greatest)

    value = float(this) - float(baseline)
    if math.isnan(value):
        raise MeasurementError(f"{title(this.name)} of both models is infinite, so it has no difference")
    low, high = interval_at(this.confidence)
    return Measurement(
        value,
        name=name,
        low=low,
        high=high,
        n=min(this.n, baseline.n),
        method=f"unpaired, as {why}; of the intervals of both models, whatever their correlation (Zou and Donner 2008)",
        confidence=this.confidence,
        about=this.about,
        left_out=(*this.left_out, *(LeftOut(f"{one.reason} by the baseline", one.items) for one in baseline.left_out)),
        scores=this.scores,
        interval_at=interval_at,
    )
