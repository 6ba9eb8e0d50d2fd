"""A number that knows its error bar."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from statistics import NormalDist
from typing import Any, NoReturn

from pytest_llmcal.measurement.about import About, Bin, NoiseFloor, Uncalibrated
from pytest_llmcal.measurement.errors import MeasurementError
from pytest_llmcal.measurement.item_outcomes import MOST_LEFT_OUT, LeftOut, hides_too_much, said_of_left_out
from pytest_llmcal.measurement.judging import Judgement, judged
from pytest_llmcal.measurement.notebook import measurement_html
from pytest_llmcal.measurement.ranges import range_of
from pytest_llmcal.measurement.rules import Observation, current_rules
from pytest_llmcal.measurement.titles import title
from pytest_llmcal.measurement.verdict import Verdict
from pytest_llmcal.measurement.warnings import NoiseFloorWarning

# Limits nearer to the best guess than this are equal to it but for rounding, and more items than these are no number.
_EQUAL = 1e-9
_MOST_ITEMS = 10**9


class Measurement(float):
    """A ``float`` with its interval, sample size and method. Immutable.

    Plain comparisons work as for any float and judge the estimate alone;
    ``below`` and ``above`` judge the whole interval and may answer "undecided".

    Parameters
    ----------
    value : float
        The estimate; not NaN.
    name : str
        Name of the metric, for instance ``"ece"``.
    low, high : float
        Ends of the two-sided interval, ``low <= high``. Each end is wrong in at
        most ``(1 - confidence) / 2`` of runs. The estimate of a biased metric may
        lie outside.
    n : int
        Number of items, at least 1.
    method : str
        How the interval was made, in words.
    confidence : float
        Level of the interval, between 0 and 1.
    debiased : float or None
        Best guess of the true value where the estimate itself is biased.
    noise_floor : NoiseFloor, callable or None
        What a perfectly calibrated model with these confidences would score; or a function that works it out when it
        is first asked for, as it takes longer than the number itself.
    exact : float or None
        The true value where it is known (the embedded world).
    about : About
        Whose answers, to what.
    curve, before : sequence of Bin
        Reliability curve behind the number, and the one before calibration.
    uncalibrated : Uncalibrated, callable or None
        The number before calibration, where the scores came out of a calibrator; or a function that works it
        out when it is first asked for, as it takes longer than the number itself.
    left_out : sequence of LeftOut
        Items that are not among the ``n`` because they have no confidence. Every verdict says so, and none holds where
        they are more than a tenth of all.
    scores : Scores, optional
        What was measured, where the number was made of scores. A pickled measurement leaves it behind, and
        ``against`` too.
    against : callable, optional
        The same metric less that of other scores of the same items, paired, for ``change_from``.
    interval_at : callable, optional
        Both ends of the interval at any level, for ``at``. A pickled measurement leaves it behind.

    Raises
    ------
    MeasurementError
        If a number is NaN or the interval is upside down.

    Examples
    --------
    >>> ece = Measurement(0.031, name="ece", low=0.0, high=0.042, n=2000, method="score interval", confidence=0.95)
    >>> ece < 0.05
    True
    >>> ece.below(0.05).status
    'holds'
    >>> ece.below(0.04).status
    'undecided'
    """

    __slots__ = (
        "_noise_floor",
        "_uncalibrated",
        "about",
        "against",
        "before",
        "confidence",
        "curve",
        "debiased",
        "exact",
        "high",
        "interval_at",
        "left_out",
        "low",
        "method",
        "n",
        "name",
        "scores",
    )
    about: About
    against: Callable[[Any], Measurement] | None
    before: tuple[Bin, ...]
    confidence: float
    curve: tuple[Bin, ...]
    debiased: float | None
    exact: float | None
    high: float
    interval_at: Callable[[float], tuple[float, float]] | None
    left_out: tuple[LeftOut, ...]
    low: float
    method: str
    n: int
    name: str
    _noise_floor: NoiseFloor | Callable[[], NoiseFloor] | None
    scores: Any
    _uncalibrated: Uncalibrated | Callable[[], Uncalibrated | None] | None

    def __new__(
        cls,
        value: float,
        *,
        name: str,
        low: float,
        high: float,
        n: int,
        method: str,
        confidence: float,
        debiased: float | None = None,
        noise_floor: NoiseFloor | Callable[[], NoiseFloor] | None = None,
        exact: float | None = None,
        about: About | None = None,
        curve: Sequence[Bin] = (),
        before: Sequence[Bin] = (),
        uncalibrated: Uncalibrated | Callable[[], Uncalibrated | None] | None = None,
        left_out: Sequence[LeftOut] = (),
        scores: Any = None,
        against: Callable[[Any], Measurement] | None = None,
        interval_at: Callable[[float], tuple[float, float]] | None = None,
    ) -> Measurement:
        """Check and freeze the numbers as builtins, so that they pass through any report."""
        self = super().__new__(cls, value)
        for label, number in (("estimate", value), ("low end", low), ("high end", high)):
            if math.isnan(number):
                raise MeasurementError(f"the {label} of {title(name)} is NaN; a measurement is a number")
        if low > high:
            raise MeasurementError(f"the interval of {title(name)} is upside down: low {low} is above high {high}")
        fields = {
            "name": name,
            "low": float(low),
            "high": float(high),
            "n": int(n),
            "method": method,
            "confidence": float(confidence),
            "debiased": None if debiased is None else float(debiased),
            "_noise_floor": noise_floor,
            "exact": None if exact is None else float(exact),
            "about": about or About(),
            "curve": tuple(curve),
            "before": tuple(before),
            "_uncalibrated": uncalibrated,
            "left_out": tuple(left_out),
            "scores": scores,
            "against": against,
            "interval_at": interval_at,
        }
        for field, content in fields.items():
            object.__setattr__(self, field, content)
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot set {name!r} of {self!r}: a measurement cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete {name!r} of {self!r}: a measurement cannot be changed")

    def __reduce__(self) -> tuple[Any, ...]:
        left_behind = {"interval_at": None, "scores": None, "against": None}
        asked = {"uncalibrated": self.uncalibrated, "noise_floor": self.noise_floor}
        return partial(type(self), **self._fields() | left_behind | asked), (float(self),)

    def _fields(self) -> dict[str, Any]:
        return {name.removeprefix("_"): getattr(self, name) for name in Measurement.__slots__}

    def at(self, confidence: float) -> Measurement:
        """Return the same measurement with its interval at another level.

        One that does not know how its interval was made, such as one read from a file,
        has its arms scaled by the ratio of the normal quantiles of both levels.

        Parameters
        ----------
        confidence : float
            Two-sided level, between 0 and 1.

        Raises
        ------
        MeasurementError
            If the level does not lie between 0 and 1.

        Examples
        --------
        >>> nll = Measurement(0.5, name="nll", low=0.4, high=0.6, n=100, method="by hand", confidence=0.95)
        >>> nll.at(0.99)
        nll=0.5000 [0.3686, 0.6314] at 99%, n=100
        """
        if not 0.0 < confidence < 1.0:
            raise MeasurementError(f"the level of an interval lies between 0 and 1, got {confidence!r}")
        low, high = (self.interval_at or self._scaled)(confidence)
        return type(self)(float(self), **self._fields() | {"low": low, "high": high, "confidence": confidence})

    @property
    def hides_too_much(self) -> bool:
        """Whether so many items are left out that no claim holds."""
        return bool(self._too_much_hidden())

    @property
    def noise_floor(self) -> NoiseFloor | None:
        """What a calibrated model would show; worked out when it is first asked for, None where nothing is known."""
        if callable(self._noise_floor):
            object.__setattr__(self, "_noise_floor", self._noise_floor())
        known = self._noise_floor
        return None if callable(known) else known

    @property
    def uncalibrated(self) -> Uncalibrated | None:
        """The number before calibration; None where there was none, or it could not be measured."""
        if callable(self._uncalibrated):
            object.__setattr__(self, "_uncalibrated", self._uncalibrated())
        known = self._uncalibrated
        return None if callable(known) else known

    def beside(self, uncalibrated: Uncalibrated | Callable[[], Uncalibrated | None] | None) -> Measurement:
        """Return the same measurement beside what it was before calibration."""
        return type(self)(float(self), **self._fields() | {"uncalibrated": uncalibrated})

    def comparable(self, scores: Any, against: Callable[[Any], Measurement] | None = None) -> Measurement:
        """Return the same measurement with the scores that it was made of, and how it is paired with others."""
        return type(self)(float(self), **self._fields() | {"scores": scores, "against": against})

    def _scaled(self, confidence: float) -> tuple[float, float]:
        asked, had = (NormalDist().inv_cdf((1.0 + level) / 2.0) for level in (confidence, self.confidence))
        center = min(max(float(self), self.low), self.high)  # the estimate of a biased metric may lie outside
        arms = ((end - center) * asked / had if math.isfinite(end) else end - center for end in (self.low, self.high))
        least, greatest = range_of(self.name)
        below, above = arms
        return max(center + below, least), min(center + above, greatest)

    def __repr__(self) -> str:
        return (
            f"{self.name}={float(self):.4f} [{self.low:.4f}, {self.high:.4f}] at {100 * self.confidence:g}%, n={self.n}"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return measurement_html(self)

    def __str__(self) -> str:
        return float.__repr__(self)

    def __format__(self, spec: str) -> str:
        return format(float(self), spec)

    def _compare(self, relation: str, other: object, compare: Callable[[float, float], bool]) -> Any:
        if not hasattr(other, "__float__") or getattr(other, "ndim", 0) != 0:
            return NotImplemented  # a text, or an array that compares each of its numbers
        limit = self._checked(other)  # type: ignore[arg-type]  # it has __float__: a float32, a tensor of one number
        outcome = compare(float(self), limit)
        word = "true" if outcome else "false"
        name = title(self.name)
        if not isinstance(other, Measurement):
            self._warn_of_noise(relation, limit)
        missing = said_of_left_out(self.left_out, self.n)
        sentence = f"The estimate of {name} is {float(self):.4g}, so {name} {relation} {limit:.4g} is {word}" + (
            f"; {missing}." if missing else "."
        )
        current_rules().observe(Observation(self, relation, limit, word, sentence))
        return outcome

    def __lt__(self, other: object) -> Any:
        return self._compare("<", other, operator.lt)

    def __le__(self, other: object) -> Any:
        return self._compare("<=", other, operator.le)

    def __gt__(self, other: object) -> Any:
        return self._compare(">", other, operator.gt)

    def __ge__(self, other: object) -> Any:
        return self._compare(">=", other, operator.ge)

    def _warn_of_noise(self, relation: str, limit: float) -> None:
        floor = self.noise_floor
        if floor is None or relation not in {"<", "<="} or limit >= floor.p95 or float(self) > floor.p95:
            return  # an estimate above what chance gives says something
        warnings.warn(
            f"on {self.n} items a perfectly calibrated model shows {title(self.name)} of {floor.mean:.2g} on average "
            f"and up to {floor.p95:.2g} in 95 of 100 draws, so {relation} {limit:.4g} says nothing about this one; "
            f".below({limit:.4g}) knows how sure it is",
            NoiseFloorWarning,
            stacklevel=4,  # the line that compares
        )

    def below(self, limit: float) -> Verdict:
        """Judge the claim that the true value is at most ``limit``.

        Holds if ``high <= limit``, refuted if ``low > limit``, else undecided. A limit that no
        value of the metric can pass, such as a percentage, raises MeasurementError.
        """
        limit = self._possible(limit)
        judgement = judged(self, holds=self.high <= limit, refuted=lambda strict: strict.low > limit)
        return self._verdict(judgement, "below", f"{title(self.name)} is at most {limit:.4g}", limit)

    def above(self, limit: float) -> Verdict:
        """Judge the claim that the true value is at least ``limit``.

        Holds if ``low >= limit``, refuted if ``high < limit``, else undecided. A limit that no
        value of the metric can pass, such as a percentage, raises MeasurementError.
        """
        limit = self._possible(limit)
        judgement = judged(self, holds=self.low >= limit, refuted=lambda strict: strict.high < limit)
        return self._verdict(judgement, "above", f"{title(self.name)} is at least {limit:.4g}", limit)

    def between(self, least: float, greatest: float) -> Verdict:
        """Judge the claim that the true value lies between ``least`` and ``greatest``, both included.

        Holds if the whole interval lies there, refuted if it lies wholly below or wholly above, else
        undecided. Limits in the wrong order, or which no value of the metric can pass, raise MeasurementError.
        """
        least, greatest = self._possible(least), self._possible(greatest)
        if least > greatest:
            raise MeasurementError(f"no {title(self.name)} lies between {least:g} and {greatest:g}, which is less")
        judgement = judged(
            self,
            holds=least <= self.low and self.high <= greatest,
            refuted=lambda strict: strict.high < least or strict.low > greatest,
        )
        nearest = least if abs(float(self) - least) < abs(float(self) - greatest) else greatest
        return self._verdict(
            judgement,
            "between",
            f"{title(self.name)} lies between {least:.4g} and {greatest:.4g}",
            nearest,
            crossed=[limit for limit in (least, greatest) if self.low < limit < self.high],
        )

    def change_from(self, baseline: Measurement) -> Measurement:
        """Return by how much this is more than the same metric of another model on the same items.

        Paired item by item where both know their scores and were measured in the same way; otherwise
        made of the two intervals, whatever the correlation of the estimates, and so wider. The
        ``method`` says which, and why.

        Parameters
        ----------
        baseline : Measurement
            For instance what the fixture gives: ``baseline("ece")``.

        Raises
        ------
        MeasurementError
            If it is another metric, or was measured on other items.

        Examples
        --------
        >>> now = Measurement(0.5, name="nll", low=0.4, high=0.6, n=100, method="by hand", confidence=0.95)
        >>> then = Measurement(0.3, name="nll", low=0.2, high=0.4, n=100, method="by hand", confidence=0.95)
        >>> now.change_from(then)
        nll_difference=0.2000 [0.0000, 0.4000] at 95%, n=100
        """
        from pytest_llmcal.measurement.change import change  # it needs this class

        return change(self, baseline)

    def not_worse_than(self, baseline: Measurement, margin: float = 0.0) -> Verdict:
        """Judge the claim that this is worse than the same metric of a baseline by at most ``margin``.

        Holds if the whole interval of the change is at most so much worse, refuted if all of it is worse
        by more, else undecided. Of accuracy and its kind lower is worse, of errors higher.

        Parameters
        ----------
        baseline : Measurement
            For instance what the fixture gives: ``baseline("ece")``.
        margin : float
            How much worse is let pass, at least zero, in units of the metric.

        Raises
        ------
        MeasurementError
            As ``change_from`` does, or if the margin is negative, NaN or more than the metric can differ.

        Examples
        --------
        >>> now = Measurement(0.31, name="nll", low=0.30, high=0.32, n=100, method="by hand", confidence=0.95)
        >>> then = Measurement(0.30, name="nll", low=0.29, high=0.31, n=100, method="by hand", confidence=0.95)
        >>> now.not_worse_than(then, 0.05).status
        'holds'
        """
        from pytest_llmcal.measurement.not_worse import checked_margin, not_worse

        margin = checked_margin(margin, self.name)
        return not_worse(self.change_from(baseline), margin)

    def _checked(self, limit: float) -> float:
        limit = float(limit)
        if math.isnan(limit):
            raise MeasurementError(f"the limit for {title(self.name)} is NaN; a limit is a number")
        return limit

    def _possible(self, limit: float) -> float:
        limit = self._checked(limit)
        least, greatest = range_of(self.name)
        if not least <= limit <= greatest:
            raise MeasurementError(
                f"{title(self.name)} lies between {least:g} and {greatest:g}, so {limit:g} is no limit"
            )
        return limit

    def _verdict(
        self, judgement: Judgement, relation: str, claim: str, limit: float, crossed: Sequence[float] | None = None
    ) -> Verdict:
        each = [self.items_needed(one) for one in crossed or [limit]]
        decides = judgement.open_to_items
        needed = max((items for items in each if items), default=None) if decides and None not in each else None
        reason = (
            f"it was measured as {float(self):.4g} {self._where()}, "
            f"and with {100 * self.confidence:g}% confidence the true value lies between "
            f"{self.low:.4g} and {self.high:.4g}{judgement.note}"
        )
        if decides:
            reason += self._left_open(crossed or [limit])
        if needed is not None:
            reason += f"; about {needed} items would decide it"
        return Verdict(
            judgement.status,
            relation,
            claim,
            reason,
            self,
            limit,
            needed,
            judgement.p_value,
            judgement.share,
        )

    def _too_much_hidden(self) -> str:
        """Say where too many items are left out; empty where nowhere."""
        return f"more than {100 * MOST_LEFT_OUT:g}% are" if hides_too_much(self.left_out, self.n) else ""

    def _where(self) -> str:
        """Say on what it was measured."""
        return f"on {self.n} {'item' if self.n == 1 else 'items'}"

    def _left_open(self, limits: Sequence[float]) -> str:  # noqa: ARG002  # for those that know their parts
        """Say what leaves a claim about these limits undecided, where more is known than the interval."""
        return ""

    def items_needed(self, limit: float) -> int | None:
        """Return about how many items would decide a claim with this limit, if the best guess were the truth.

        The interval's arm towards the limit shrinks as 1 / sqrt(n); None where it never clears it.
        """
        center = float(self) if self.debiased is None else self.debiased
        distance = abs(limit - center)
        arm = self.high - center if center <= limit else center - self.low
        if distance <= _EQUAL * max(1.0, abs(limit)) or not math.isfinite(arm / distance):
            return None
        needed = max(self.n + 1, math.ceil(self.n * (arm / distance) ** 2))
        return needed if needed <= _MOST_ITEMS else None
