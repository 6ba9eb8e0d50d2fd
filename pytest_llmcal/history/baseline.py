"""A run that is kept, to compare later measurements with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.records import Record, Run


class BaselineError(ValueError):
    """A baseline cannot answer or cannot be updated; the text says why and what to do."""


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
    gates = {gate.nodeid: gate for gate in baseline.gates} | {gate.nodeid: gate for gate in new.gates if gate.records}
    models = {model.name: model for model in (*baseline.models, *new.models)}
    spoken_of = {record.subject for gate in gates.values() for attempt in gate.attempts for record in attempt.records}
    subjects = {subject.key: subject for subject in (*baseline.subjects, *new.subjects) if subject.key in spoken_of}
    return replace(
        new,
        complete=baseline.complete,
        problems=baseline.problems,
        environment={**baseline.environment, **new.environment},
        models=tuple(models[name] for name in sorted(models)),
        gates=tuple(gates[nodeid] for nodeid in sorted(gates)),
        subjects=tuple(subjects[key] for key in sorted(subjects)),
    )


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
        return next(iter(measured.values())).measurement()

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
