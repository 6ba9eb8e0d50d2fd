"""Records, gates and runs as plain data, to and from JSON.

``run.json`` is the contract between the plugin, which writes it, and every reader:
reports, comparisons, other tools. Everything in it is a builtin.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pytest_llmcal.measurement import Bin, Observation

SCHEMA = 1


class RunError(ValueError):
    """A file is not a run that this version can read; the text says why."""


JUDGEMENTS = ("true", "false", "holds", "refuted", "undecided")
"""What a comparison or a verdict can say."""

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
"""What can become of a test, as pytest counts it."""

MEASURED_NOTHING = "measured nothing"
"""Verdict of a gate that passed without judging any measurement, which says nothing about its model."""


@dataclass(frozen=True)
class Record:
    """The trace of one judged measurement inside one test.

    The fields repeat those of ``Measurement`` and ``About``; ``relation``, ``limit``,
    ``outcome`` and ``explanation`` those of ``Observation``.

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
    curve: tuple[Bin, ...] = ()
    before: tuple[Bin, ...] = ()

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
            **asdict(measured.about),
        )


@dataclass(frozen=True)
class Attempt:
    """One execution of a gate; a rerun adds another.

    Attributes
    ----------
    outcome : str
        One of `OUTCOMES`.
    seconds : float
        Wall time of the test's body, fixtures included.
    message : str
        Why it did not pass, the last line of the error first; empty when it passed.
    records : tuple of Record
        What was judged, in order.

    Raises
    ------
    RunError
        If the outcome is none of `OUTCOMES`.
    """

    outcome: str
    seconds: float
    message: str = ""
    records: tuple[Record, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise RunError(f"an attempt has the outcome {self.outcome!r}; allowed are {OUTCOMES}")


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

    Raises
    ------
    RunError
        If there is no attempt.
    """

    nodeid: str
    suite: str
    name: str
    model: str | None
    task: str | None
    attempts: tuple[Attempt, ...]

    def __post_init__(self) -> None:
        if not self.attempts:
            raise RunError(f"gate {self.nodeid!r} has no attempt; a gate that was not run is no gate of a run")

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
        """``holds``, ``refuted``, ``undecided``, ``measured nothing``, or pytest's word where nothing was decided.

        A failed test is refuted unless all that kept it from passing was undecided;
        a test that passes on an undecided verdict (by option) still says so, and one
        that passes without judging any measurement holds nothing.
        """
        outcomes = {record.outcome for record in self.records}
        undecided = "undecided" in outcomes
        if self.outcome in {"passed", "xpassed"}:
            return "undecided" if undecided else "holds" if outcomes else MEASURED_NOTHING
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
        """Return the run as JSON text, one gate a line.

        Infinite numbers become the strings "inf" and "-inf".

        Raises
        ------
        RunError
            If a number is NaN; the text names the field.
        """
        data = {"schema": SCHEMA, **_plain(self, "run")}
        return "{\n" + ",\n".join(f"{_json(name)}: {_lines(value)}" for name, value in data.items()) + "\n}\n"

    @classmethod
    def from_json(cls, text: str, source: str = "run") -> Run:
        """Read a run back.

        Raises
        ------
        RunError
            If the text is no run, or of another schema.
        """
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise RunError(f"{source}: not JSON: {error}") from None
        if not isinstance(data, dict) or "schema" not in data:
            raise RunError(f"{source}: not a run of pytest-llmcal, it has no 'schema' number")
        if data["schema"] != SCHEMA:
            raise RunError(f"{source}: schema {data['schema']!r} is not supported, this version reads schema {SCHEMA}")
        del data["schema"]
        return _built(cls, data, source)

    def write(self, path: str | Path) -> Path:
        """Write the run to a file, making its folder where needed, and return the path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lone surrogate (pytest passes undecodable bytes on as such) stays readable as a JSON escape.
        path.write_bytes(self.to_json().encode("utf-8", "backslashreplace"))
        return path

    @classmethod
    def read(cls, path: str | Path) -> Run:
        """Read a run from a file.

        Raises
        ------
        OSError
            If the file cannot be opened.
        RunError
            If it holds no run, or one of another schema.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RunError(f"{path}: not JSON: not UTF-8 at byte {error.start}") from None
        return cls.from_json(text, str(path))


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, float):
        if math.isnan(value):
            raise RunError(f"{where} is NaN; a run holds numbers")
        return value if math.isfinite(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, tuple):
        return [_plain(inner, f"{where}[{index}]") for index, inner in enumerate(value)]
    if is_dataclass(value):
        return {name: _plain(inner, f"{where}.{name}") for name, inner in vars(value).items()}
    return dict(value) if isinstance(value, Mapping) else value


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


Built = TypeVar("Built")
Reader = Callable[[Any, str], Any]


def _built(kind: type[Built], data: Any, where: str) -> Built:
    """Build a dataclass from parsed JSON, naming the place of whatever does not fit."""
    if not isinstance(data, dict):
        raise RunError(f"{where}: expected an object with the fields of a {kind.__name__}, got {data!r}")
    types = {entry.name: str(entry.type) for entry in fields(kind)}  # type: ignore[arg-type]  # only dataclasses are passed
    for name in data:
        if name not in types:
            raise RunError(f"{where}: unknown field {name!r} of a {kind.__name__}; known are {sorted(types)}")
    values = {name: _READERS[types[name]](value, f"{where}.{name}") for name, value in data.items()}
    try:
        return kind(**values)
    except (TypeError, RunError) as error:
        raise RunError(f"{where}: {error}") from None


def _many(read: Reader) -> Reader:
    def build(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise RunError(f"{where}: expected a list, got {value!r}")
        return tuple(read(entry, f"{where}[{index}]") for index, entry in enumerate(value))

    return build


def _object(kind: type[Any]) -> Reader:
    return lambda value, where: _built(kind, value, where)


def _exactly(kind: type[Any], name: str) -> Reader:
    def read(value: Any, where: str) -> Any:
        if type(value) is not kind:  # a bool is an int to isinstance
            raise RunError(f"{where}: expected {name}, got {value!r}")
        return value

    return read


def _or_null(read: Reader) -> Reader:
    return lambda value, where: None if value is None else read(value, where)


def _number(value: Any, where: str) -> float:
    if type(value) in (int, float) or value in ("inf", "-inf"):
        return float(value)
    raise RunError(f'{where}: expected a number, "inf" or "-inf", got {value!r}')


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RunError(f"{where}: expected an object of strings, got {value!r}")
    return {name: _text(inner, f"{where}.{name}") for name, inner in value.items()}


_text = _exactly(str, "a string")
_integer = _exactly(int, "an integer")

# How a value is read, by the annotation of its field.
_READERS: Mapping[str, Reader] = {
    "bool": _exactly(bool, "true or false"),
    "int": _integer,
    "int | None": _or_null(_integer),
    "float": _number,
    "float | None": _or_null(_number),
    "str": _text,
    "str | None": _or_null(_text),
    "Mapping[str, str]": _texts,
    "tuple[str, ...]": _many(_text),
    "tuple[Bin, ...]": _many(_object(Bin)),
    "tuple[Record, ...]": _many(_object(Record)),
    "tuple[Attempt, ...]": _many(_object(Attempt)),
    "tuple[Gate, ...]": _many(_object(Gate)),
    "tuple[ModelFacts, ...]": _many(_object(ModelFacts)),
}
