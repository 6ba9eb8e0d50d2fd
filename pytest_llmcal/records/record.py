"""The trace of one judged measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from pytest_llmcal.measurement import About, Bin, LeftOut, Measurement, NoiseFloor, Observation, Uncalibrated
from pytest_llmcal.records.errors import RunError

JUDGEMENTS = ("true", "false", "holds", "refuted", "undecided")
"""What a comparison or a verdict can say."""


@dataclass(frozen=True)
class Record:
    """The trace of one judged measurement inside one test.

    The fields repeat those of ``Measurement`` and ``About``; ``relation``, ``limit``,
    ``outcome`` and ``explanation`` those of ``Observation``, ``p_value`` and ``share`` those of its verdict,
    ``before_*`` and ``change*`` those of ``Uncalibrated``. ``subject`` is the key of the `Subject` that was measured;
    a curve that is the subject's own is kept there alone.

    Raises
    ------
    RunError
        If the outcome is none of `JUDGEMENTS`.
    """

    sequence: int
    metric: str
    estimate: float
    low: float
    high: float
    confidence: float
    n: int
    method: str
    relation: str
    limit: float | None
    outcome: str
    explanation: str
    debiased: float | None = None
    noise_floor_mean: float | None = None
    noise_floor_p95: float | None = None
    exact: float | None = None
    model: str | None = None
    revision: str | None = None
    task: str | None = None
    split: str | None = None
    data: str | None = None
    calibrator: str | None = None
    group: str | None = None
    in_sample: bool = False
    curve: tuple[Bin, ...] = ()
    before: tuple[Bin, ...] = ()
    p_value: float | None = None
    share: float = 1.0
    before_estimate: float | None = None
    before_low: float | None = None
    before_high: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    subject: str | None = None
    confidence_method: str | None = None
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome not in JUDGEMENTS:
            raise RunError(f"a record of {self.metric} has the outcome {self.outcome!r}; allowed are {JUDGEMENTS}")

    @classmethod
    def of(cls, observation: Observation, sequence: int) -> Record:
        """Write an observation down as the ``sequence``-th of its test."""
        measured = observation.measurement
        floor = measured.noise_floor
        return cls(
            sequence=sequence,
            metric=measured.name,
            estimate=float(measured),
            low=measured.low,
            high=measured.high,
            confidence=measured.confidence,
            n=measured.n,
            method=measured.method,
            relation=observation.relation,
            limit=observation.limit,
            outcome=observation.outcome,
            explanation=observation.explanation,
            debiased=measured.debiased,
            noise_floor_mean=floor.mean if floor else None,
            noise_floor_p95=floor.p95 if floor else None,
            exact=measured.exact,
            curve=measured.curve,
            before=measured.before,
            p_value=None if observation.verdict is None else observation.verdict.p_value,
            share=1.0 if observation.verdict is None else observation.verdict.share,
            left_out=measured.left_out,
            **_flat(measured.uncalibrated),
            **asdict(measured.about),
        )

    def measurement(self) -> Measurement:
        """Return the measurement that this is the trace of: the inverse of `of`."""
        floor = None
        if self.noise_floor_mean is not None and self.noise_floor_p95 is not None:
            floor = NoiseFloor(self.noise_floor_mean, self.noise_floor_p95)
        return Measurement(
            self.estimate,
            name=self.metric,
            low=self.low,
            high=self.high,
            n=self.n,
            method=self.method,
            confidence=self.confidence,
            debiased=self.debiased,
            noise_floor=floor,
            exact=self.exact,
            about=About(**{field.name: getattr(self, field.name) for field in fields(About)}),
            curve=self.curve,
            before=self.before,
            uncalibrated=self._uncalibrated(),
            left_out=self.left_out,
        )

    def _uncalibrated(self) -> Uncalibrated | None:
        if self.before_estimate is None or self.before_low is None or self.before_high is None:
            return None
        return Uncalibrated(
            self.before_estimate, self.before_low, self.before_high, self.change, self.change_low, self.change_high
        )


def _flat(uncalibrated: Uncalibrated | None) -> dict[str, Any]:
    """Name the fields of what was before as a record does."""
    known = {} if uncalibrated is None else asdict(uncalibrated)
    return {name if name.startswith("change") else f"before_{name}": value for name, value in known.items()}
