"""One small axis: an estimate, its interval, its limit and its noise floor, as coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmcal.measurement import metric_of
from pytest_llmcal.records import Record
from pytest_llmcal.report import numbers, wording
from pytest_llmcal.report.wording import wanted

WIDTH = 240
"""Width of the drawing in its own units."""

LEFT, RIGHT = 12.0, WIDTH - 12.0

_ROOM = 0.12  # of the span, kept free on the wrong side of a limit so that it can be seen

_LARGEST = 1e100  # what is beyond is drawn as if it were infinite: its round steps would overflow

_SMALLEST = 1e-9  # a span below this share of its ends is none: rounding would show

_TICKS = 4  # the span is cut into about as many round steps


@dataclass(frozen=True)
class Scale:
    """A straight map from values to horizontal coordinates.

    Attributes
    ----------
    low, high : float
        The values at the ends, finite, ``low < high``.
    """

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return where a value lies; what lies beyond an end is drawn at that end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(LEFT + share * (RIGHT - LEFT), 1)


@dataclass(frozen=True)
class Axis:
    """Everything that is drawn of one record.

    Attributes
    ----------
    low_text, high_text : str
        What is written at the ends.
    words : str
        The interval in words; of calibrated scores, before and after.
    interval : tuple of float
        Where the interval begins and ends.
    estimate : float
        Where the estimate lies.
    off : {"", "low", "high"}
        The end that the estimate lies beyond.
    limit : float or None
        Where the limit lies.
    wrong : tuple of float or None
        Begin and width of the side of the limit that the gate refuses.
    floor : float or None
        Where the noise floor's 95th percentile lies; its band begins at the left end.
    exact : float or None
        Where the true value lies.
    equal : float or None
        Of a difference, where it is zero: both models are equal.
    before : tuple of float or None
        Begin and end of the interval before calibration, and the estimate then.
    """

    low_text: str
    high_text: str
    words: str
    interval: tuple[float, float]
    estimate: float
    off: str
    limit: float | None
    wrong: tuple[float, float] | None
    floor: float | None
    exact: float | None
    equal: float | None
    before: tuple[float, float, float] | None


def common_scale(records: Sequence[Record]) -> Scale:
    """Return a scale with round ends that shows every number of the records that is not infinite.

    It begins at zero where that costs less than half of its width.
    """
    values = [value for record in records for value in _drawn(record) if abs(value) <= _LARGEST]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * _ROOM
    low = min([low, *(limit - room for limit in _limits(records, "large"))])
    high = max([high, *(limit + room for limit in _limits(records, "small"))])
    if 0 < low <= high / 2:
        low = 0.0
    if high < 0 and high >= low / 2:
        high = 0.0
    if high - low <= _SMALLEST * max(abs(low), abs(high), _SMALLEST):
        low, high = low - (abs(low) / 10 or 0.5), high + (abs(high) / 10 or 0.5)
    step = _round_step((high - low) / _TICKS)
    below = math.floor(low / step + 1e-9) * step
    above = math.ceil(high / step - 1e-9) * step
    return Scale(below, above) if below < above else Scale(low, high)


def scales(records: Iterable[Record]) -> dict[str, Scale]:
    """Return one scale for each metric, so that the groups of a gate can be compared by eye."""
    by_metric: dict[str, list[Record]] = {}
    for record in records:
        by_metric.setdefault(record.metric, []).append(record)
    return {metric: common_scale(same) for metric, same in by_metric.items()}


def axis_of(record: Record, scale: Scale) -> Axis:
    """Place a record on a scale."""
    limit = None if record.limit is None else scale.at(record.limit)
    estimate = record.estimate
    return Axis(
        low_text=numbers.limit(scale.low),
        high_text=numbers.limit(scale.high),
        words=_words(record),
        interval=(scale.at(record.low), scale.at(record.high)),
        estimate=scale.at(estimate),
        off="low" if estimate < scale.low else "high" if estimate > scale.high else "",
        limit=limit,
        wrong=_wrong_side(record, limit),
        floor=None if record.noise_floor_p95 is None else scale.at(record.noise_floor_p95),
        exact=None if record.exact is None else scale.at(record.exact),
        equal=None if metric_of(record.metric) is None else scale.at(0.0),
        before=_before(record, scale),
    )


def scale_of(records: Sequence[Record], main: Record) -> Scale:
    """Return the scale of one record of a gate, which those of its metric share."""
    return common_scale([record for record in records if record.metric == main.metric])


def _words(record: Record) -> str:
    # The estimate and the claim stand beside the drawing.
    before = wording.before_and_after(record)
    return before or f"interval {wording.interval(record)}"


def _before(record: Record, scale: Scale) -> tuple[float, float, float] | None:
    if record.before_low is None or record.before_high is None or record.before_estimate is None:
        return None
    return scale.at(record.before_low), scale.at(record.before_high), scale.at(record.before_estimate)


def _limits(records: Iterable[Record], side: str) -> Iterator[float]:
    given = (record.limit for record in records if wanted(record) == side)
    return (limit for limit in given if limit is not None and abs(limit) <= _LARGEST)


def _wrong_side(record: Record, limit: float | None) -> tuple[float, float] | None:
    side = wanted(record)
    if limit is None or side is None:
        return None
    return (limit, round(RIGHT - limit, 1)) if side == "small" else (LEFT, round(limit - LEFT, 1))


def _drawn(record: Record) -> Iterator[float]:
    yield from (record.estimate, record.low, record.high)
    yield from _given((record.limit, record.noise_floor_p95, record.exact))
    if metric_of(record.metric) is not None:
        yield 0.0  # where the two models are equal
    yield from _given((record.before_low, record.before_estimate, record.before_high))


def _given(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _round_step(step: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
