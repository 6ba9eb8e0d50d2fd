"""Records, gates and runs as plain data, to and from JSON.

``run.json`` is the contract between the plugin, which writes it, and every reader:
reports, comparisons, other tools. Everything in it is a builtin.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pytest_llmcal.measurement import Bin, Observation

SCHEMA = 1


class RunError(ValueError):
    """A file is not a run that this version can read; the text says why."""


@dataclass(frozen=True)
class Record:
    """The trace of one judged measurement inside one test.

    The fields repeat those of ``Measurement`` and ``About``; ``relation``, ``limit``,
    ``outcome`` and ``explanation`` those of ``Observation``.
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
    curve: tuple[Bin, ...] = ()
    before: tuple[Bin, ...] = ()

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
            **asdict(measured.about),
        )


@dataclass(frozen=True)
class Attempt:
    """One execution of a gate; a rerun adds another.

    Attributes
    ----------
    outcome : {"passed", "failed", "error", "skipped", "xfailed", "xpassed"}
        As pytest counts it.
    seconds : float
        Wall time of the test's body, fixtures included.
    message : str
        Why it did not pass, the last line of the error first; empty when it passed.
    records : tuple of Record
        What was judged, in order.
    """

    outcome: str
    seconds: float
    message: str = ""
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Gate:
    """One test of a run: the last attempt is judged, all are kept.

    Attributes
    ----------
    nodeid : str
        pytest's name of the test.
    suite : str
        Folder or file that it belongs to, for instance ``"suites/qa"``.
    name : str
        The test's name without its parameters.
    model, task : str or None
        What it was run on.
    attempts : tuple of Attempt
        At least one.
    """

    nodeid: str
    suite: str
    name: str
    model: str | None
    task: str | None
    attempts: tuple[Attempt, ...]

    @property
    def outcome(self) -> str:
        """Outcome of the last attempt."""
        return self.attempts[-1].outcome

    @property
    def records(self) -> tuple[Record, ...]:
        """Records of the last attempt."""
        return self.attempts[-1].records

    @property
    def verdict(self) -> str:
        """``holds``, ``refuted``, ``undecided``, or pytest's word where nothing was decided.

        A failed test is refuted unless all that kept it from passing was undecided;
        a test that passes on an undecided verdict (by option) still says so.
        """
        outcomes = {record.outcome for record in self.records}
        undecided = "undecided" in outcomes
        if self.outcome in {"passed", "xpassed"}:
            return "undecided" if undecided else "holds"
        if self.outcome in {"failed", "xfailed"}:
            return "undecided" if undecided and not outcomes & {"refuted", "false"} else "refuted"
        return self.outcome


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model that was gated.

    Attributes
    ----------
    name, revision, dtype, device : str
        As loaded; ``revision`` is a commit or a fingerprint of the weights.
    parameters : int or None
        Number of weights.
    """

    name: str
    revision: str
    dtype: str
    device: str
    parameters: int | None = None


@dataclass(frozen=True)
class Run:
    """All records of one pytest session.

    Attributes
    ----------
    started : str
        ISO 8601 time in UTC.
    seconds : float
        Wall time of the session.
    complete : bool
        False when the session was interrupted, crashed or did not run every gate it collected.
    problems : tuple of str
        Why it is incomplete, one sentence each.
    environment : mapping of str to str
        Versions, platform, seed, options, git commit.
    models : tuple of ModelFacts
        By name.
    gates : tuple of Gate
        By nodeid.
    """

    started: str
    seconds: float
    complete: bool
    problems: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelFacts, ...] = ()
    gates: tuple[Gate, ...] = ()

    def to_json(self) -> str:
        """Return the run as JSON text; infinite numbers become the strings "inf" and "-inf"."""
        return json.dumps(_plain({"schema": SCHEMA, **asdict(self)}), indent=1, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, source: str = "run") -> Run:
        """Read a run back.

        Raises
        ------
        RunError
            If the text is no run, or of another schema.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise RunError(f"{source}: not JSON: {error}") from None
        if not isinstance(data, dict) or "schema" not in data:
            raise RunError(f"{source}: not a run of pytest-llmcal, it has no 'schema' number")
        if data["schema"] != SCHEMA:
            raise RunError(f"{source}: schema {data['schema']!r} is not supported, this version reads schema {SCHEMA}")
        del data["schema"]
        return _built(cls, data, source)

    @classmethod
    def read(cls, path: str | Path) -> Run:
        """Read a run from a file."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"), str(path))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


Built = TypeVar("Built")


def _built(kind: type[Built], data: Any, where: str) -> Built:
    """Build a dataclass from parsed JSON, naming the place of whatever does not fit."""
    if not isinstance(data, dict):
        raise RunError(f"{where}: expected an object with the fields of a {kind.__name__}, got {data!r}")
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]  # only dataclasses are passed
    for name in data:
        if name not in known:
            raise RunError(f"{where}: unknown field {name!r} of a {kind.__name__}; known are {sorted(known)}")
    values = {name: _INNER.get(name, _as_is)(value, f"{where}.{name}") for name, value in data.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise RunError(f"{where}: {error}") from None


def _as_is(value: Any, _: str) -> Any:
    return float(value) if value in ("inf", "-inf") else value


def _many(kind: type[Built]) -> Callable[[Any, str], tuple[Built, ...]]:
    def build(value: Sequence[Any], where: str) -> tuple[Built, ...]:
        return tuple(_built(kind, entry, f"{where}[{index}]") for index, entry in enumerate(value))

    return build


# Field names are unique over the dataclasses of a run, so the name alone says what is inside.
_INNER: Mapping[str, Callable[[Any, str], Any]] = {
    "curve": _many(Bin),
    "before": _many(Bin),
    "records": _many(Record),
    "attempts": _many(Attempt),
    "gates": _many(Gate),
    "models": _many(ModelFacts),
    "problems": lambda value, _: tuple(value),
}
