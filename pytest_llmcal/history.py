"""Runs that meet: merging the parts of one, and keeping one to compare later runs with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_llmcal.measurement import About, Measurement, NoiseFloor
from pytest_llmcal.records import Gate, ModelFacts, Record, Run

MERGED = "merged runs"
"""Key of the note that a merged run's environment carries where its parts differ."""


class MergeError(ValueError):
    """Runs cannot be merged; the text says which gate or model stands in the way."""


class BaselineError(ValueError):
    """A baseline cannot answer or cannot be updated; the text says why and what to do."""


def merge(runs: Sequence[Run]) -> Run:
    """Join runs of different gates or models into the run of all.

    Parameters
    ----------
    runs : sequence of Run
        At least one. A gate or model in several of them must be the same in each.

    Returns
    -------
    Run
        Gates and models by name, the earliest start, the summed seconds. It is complete if
        every part is. Where environments differ, each value is kept and a note says so.

    Raises
    ------
    MergeError
        If there is no run, or two runs hold different results of one gate, or different
        facts of one model.
    """
    if not runs:
        raise MergeError("there is no run to merge; name at least one")
    return Run(
        started=min(run.started for run in runs),
        seconds=sum(run.seconds for run in runs),
        complete=all(run.complete for run in runs),
        problems=tuple(dict.fromkeys(problem for run in runs for problem in run.problems)),
        environment=_joined_environment([run.environment for run in runs]),
        models=_joined_models(model for run in runs for model in run.models),
        gates=_joined_gates(gate for run in runs for gate in run.gates),
    )


def _joined_gates(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    by_nodeid: dict[str, Gate] = {}
    for gate in gates:
        if by_nodeid.setdefault(gate.nodeid, gate) != gate:
            raise MergeError(f"gate {gate.nodeid!r} has different results in two of the runs; keep one of them")
    return _by_nodeid(by_nodeid)


def _joined_models(models: Iterable[ModelFacts]) -> tuple[ModelFacts, ...]:
    by_name: dict[str, ModelFacts] = {}
    for model in models:
        known = by_name.setdefault(model.name, model)
        if known != model:
            raise MergeError(f"model {model.name!r} differs between two of the runs: {known} and {model}")
    return tuple(by_name[name] for name in sorted(by_name))


def _joined_environment(environments: Sequence[Mapping[str, str]]) -> dict[str, str]:
    joined, differing = {}, []
    for name in dict.fromkeys(name for environment in environments for name in environment):
        values = [environment.get(name, "not stated") for environment in environments]
        joined[name] = " | ".join(dict.fromkeys(values))
        if len(set(values)) > 1:
            differing.append(name)
    if differing:
        joined[MERGED] = f"{len(environments)}, which differ in {', '.join(differing)}"
    return joined


def update(baseline: Run, new: Run) -> Run:
    """Put the gates of a new run in place of a baseline's.

    Gates that the new run did not see stay, and so do those on which it measured nothing
    (skipped, or broken before the first measurement).

    Parameters
    ----------
    baseline : Run
        What later runs have been compared with until now.
    new : Run
        A complete run, perhaps of a part of the gates.

    Returns
    -------
    Run
        The new baseline, with the start and the seconds of the new run.

    Raises
    ------
    BaselineError
        If the new run is incomplete.
    """
    if not new.complete:
        raise BaselineError(
            f"an incomplete run cannot become a baseline: {_reasons(new)}. Run all gates to the end, then update"
        )
    measured = {gate.nodeid: gate for gate in new.gates if gate.records}
    models = {model.name: model for model in (*baseline.models, *new.models)}
    return replace(
        new,
        complete=baseline.complete,
        problems=baseline.problems,
        environment={**baseline.environment, **new.environment},
        models=tuple(models[name] for name in sorted(models)),
        gates=_by_nodeid({gate.nodeid: gate for gate in baseline.gates} | measured),
    )


def _by_nodeid(gates: Mapping[str, Gate]) -> tuple[Gate, ...]:
    return tuple(gates[nodeid] for nodeid in sorted(gates))


def _reasons(run: Run) -> str:
    return "; ".join(problem.rstrip(".") for problem in run.problems) or "it does not say why"


@dataclass(frozen=True)
class Baseline:
    """A run that later measurements are compared with.

    Attributes
    ----------
    run : Run
        Where the measurements are taken from.
    source : str
        What to call it in messages, for instance its path.
    """

    run: Run
    source: str = "the baseline"

    @classmethod
    def read(cls, path: str | Path) -> Baseline:
        """Read a baseline from a ``run.json``.

        Raises
        ------
        BaselineError
            If there is no such file.
        RunError
            If it holds no run that this version can read.
        """
        if not Path(path).is_file():
            raise BaselineError(
                f"there is no baseline at {path}; copy the run.json of a run that you trust to that place"
            )
        return cls(Run.read(path), str(path))

    def measurement(
        self,
        metric: str,
        *,
        model: str | None,
        task: str | None,
        split: str | None,
        data: str | None,
        group: str | None = None,
        calibrator: str | None = None,
    ) -> Measurement:
        """Return what was measured then, as a measurement again.

        Parameters
        ----------
        metric : str
            Name of the measurement, for instance ``"ece"``.
        model, task, split, group, calibrator : str or None
            Whose answers, to what. The model's revision and the calibrator's parameters may differ.
        data : str or None
            Fingerprint of the items; must be the same.

        Raises
        ------
        BaselineError
            If nothing was recorded under these names, or on other data, or several numbers were.
        """
        wanted = (metric, model, task, split, group, calibrator_family(calibrator))
        found = [record for record in self._records() if _key(record) == wanted]
        if not found:
            raise BaselineError(f"{self.source} has no {_named(wanted)}. It has {self._contents()}")
        comparable = [record for record in found if record.data == data]
        if not comparable:
            raise BaselineError(
                f"{self.source} has {_named(wanted)} on other items (fingerprint {found[0].data}, now {data}), "
                "so the two cannot be compared. Gate on the items of then, or record a new baseline on those of now"
            )
        # A partial update leaves numbers of an older revision beside those of the present one.
        present = [record for record in comparable if record.revision == self._revision(model)]
        measured = {_measured(record): record for record in present or comparable}
        if len(measured) > 1:
            numbers = ", ".join(f"{record.estimate:.4g} ({record.method})" for record in measured.values())
            raise BaselineError(
                f"{self.source} has several values of {_named(wanted)}: {numbers}. Keep one of the gates"
            )
        return rebuilt(next(iter(measured.values())))

    def revision_note(self, model: str, revision: str | None) -> str | None:
        """Say in a sentence that the model has changed since; None where it has not, or was not there."""
        then = self._revision(model)
        if then is None or revision is None or then == revision:
            return None
        return f"{model} is at revision {revision}; {self.source} was recorded at revision {then}."

    def _revision(self, model: str | None) -> str | None:
        return next((facts.revision for facts in self.run.models if facts.name == model), None)

    def _records(self) -> Iterator[Record]:
        for gate in self.run.gates:
            yield from gate.records

    def _contents(self) -> str:
        keys = {_key(record): None for record in self._records()}
        if not keys:
            return "no measurement at all"
        listed = "; ".join(_named(key) for key in list(keys)[:_LISTED])
        return listed if len(keys) <= _LISTED else f"{listed}; and {len(keys) - _LISTED} more"


_LISTED = 20  # what fits in an error message

Key = tuple[str, str | None, str | None, str | None, str | None, str | None]


def _key(record: Record) -> Key:
    family = calibrator_family(record.calibrator)
    return (record.metric, record.model, record.task, record.split, record.group, family)


def _named(key: Key) -> str:
    metric, model, task, split, group, calibrator = key
    parts = {"of": model, "on": task, "split": split, "for": group, "after": calibrator}
    return " ".join([metric, *(f"{word} {value}" for word, value in parts.items() if value is not None)])


def _measured(record: Record) -> tuple[float, float, float, int, str]:
    return record.estimate, record.low, record.high, record.n, record.method


def calibrator_family(calibrator: str | None) -> str | None:
    """Return a calibrator's name without its parameters, which differ between revisions of a model.

    Examples
    --------
    >>> calibrator_family("temperature(T=1.8)")
    'temperature'
    """
    return calibrator and calibrator.partition("(")[0].strip()


def rebuilt(record: Record) -> Measurement:
    """Return the measurement that a record is the trace of."""
    floor = None
    if record.noise_floor_mean is not None and record.noise_floor_p95 is not None:
        floor = NoiseFloor(record.noise_floor_mean, record.noise_floor_p95)
    return Measurement(
        record.estimate,
        name=record.metric,
        low=record.low,
        high=record.high,
        n=record.n,
        method=record.method,
        confidence=record.confidence,
        debiased=record.debiased,
        noise_floor=floor,
        exact=record.exact,
        about=About(
            record.model, record.revision, record.task, record.split, record.data, record.calibrator, record.group
        ),
        curve=record.curve,
        before=record.before,
    )
