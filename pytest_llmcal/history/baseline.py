"""A run that is kept, to compare later measurements with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcal.history.errors import BaselineError
from pytest_llmcal.history.keys import calibrator_family, key_of, named
from pytest_llmcal.history.other_data import refusal
from pytest_llmcal.measurement import Measurement
from pytest_llmcal.records import Record, Run

if TYPE_CHECKING:
    from pytest_llmcal.history.kept import Kept
    from pytest_llmcal.scores import Scores


def update(baseline: Run, new: Run, *, force: bool = False) -> Run:
    """Put the gates of a new run in place of a baseline's.

    Gates that the new run did not see stay, and so do those on which it measured nothing
    (skipped, or broken before the first measurement).

    Parameters
    ----------
    baseline : Run
        What later runs have been compared with until now.
    new : Run
        A complete run, perhaps of a part of the gates.
    force : bool
        Take an incomplete or undecided run too; the baseline then says so.

    Returns
    -------
    Run
        The new baseline, with the start and the seconds of the new run.

    Raises
    ------
    BaselineError
        If the new run is incomplete, or a gate of it is undecided, and nobody forces it.
    """
    if not force:
        _check_blessed(new)
    gates = {gate.nodeid: gate for gate in baseline.gates} | {gate.nodeid: gate for gate in new.gates if gate.records}
    models = {model.name: model for model in (*baseline.models, *new.models)}
    spoken_of = {record.subject for gate in gates.values() for attempt in gate.attempts for record in attempt.records}
    subjects = {subject.key: subject for subject in (*baseline.subjects, *new.subjects) if subject.key in spoken_of}
    return replace(
        new,
        complete=baseline.complete and new.complete,
        problems=tuple(dict.fromkeys((*baseline.problems, *new.problems))),
        environment={**baseline.environment, **new.environment},
        models=tuple(models[name] for name in sorted(models)),
        gates=tuple(gates[nodeid] for nodeid in sorted(gates)),
        subjects=tuple(subjects[key] for key in sorted(subjects)),
    )


def _check_blessed(new: Run) -> None:
    if not new.complete:
        raise BaselineError(
            f"an incomplete run cannot become a baseline: {_reasons(new)}. Run all gates to the end, then update"
        )
    undecided = [gate for gate in new.gates if gate.verdict == "undecided" and gate.outcome in {"passed", "failed"}]
    if undecided:
        more = f" and {len(undecided) - 1} more" if len(undecided) > 1 else ""
        raise BaselineError(
            f"an undecided run cannot become a baseline: {undecided[0].nodeid}{more}. Measure on more items, or bless "
            "it as it is with llmcal baseline save --force"
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
    path : Path or None
        The file, where it came from one: item scores lie beside it.
    """

    run: Run
    source: str = "the baseline"
    path: Path | None = None

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
                f"there is no baseline at {path}; copy the run.json of a run that you trust to that place, or save it "
                "by a name: llmcal baseline save NAME --from run.json"
            )
        return cls(Run.read(path), str(path), Path(path))

    @cached_property
    def kept(self) -> Kept:
        """The run with its item scores."""
        from pytest_llmcal.history.items import ItemScores  # scipy is not needed by those who read runs alone
        from pytest_llmcal.history.kept import Kept

        return Kept(self.run, ItemScores() if self.path is None else ItemScores.beside(self.path), self.source)

    def scores(
        self,
        *,
        model: str | None,
        task: str | None,
        split: str | None,
        data: str | None,
        ids: Collection[str] | None = None,
        group: str | None = None,
        calibrator: str | None = None,
        confidence_method: str | None = None,
    ) -> Scores:
        """Return what the model said then, item by item.

        Parameters
        ----------
        model, task, split, data, ids, group, calibrator, confidence_method
            As for ``measurement``.

        Raises
        ------
        BaselineError
            If no item scores are kept of these, or those of other items, or of several ways of scoring.
        """
        wanted = (model, task, split, group, calibrator_family(calibrator), confidence_method)
        what = named(("item scores", *wanted))
        found = [*self.kept.items.of_subject(wanted)]
        if not found:
            raise BaselineError(
                f"{self.source} has no {what}; record it anew with this version, which keeps them beside run.json"
            )
        same = [scores for scores in found if scores.about.data == data]
        if not same:
            raise BaselineError(refusal(self.source, what, str(found[0].about.data), str(data), found[0].ids, ids))
        present = [scores for scores in same if scores.about.revision == self._revision(model)] or same
        if len(present) > 1:
            raise BaselineError(f"{self.source} has {what} of {len(present)} ways of scoring. Keep one of the gates")
        return present[0]

    def measurement(
        self,
        metric: str,
        *,
        model: str | None,
        task: str | None,
        split: str | None,
        data: str | None,
        ids: Collection[str] | None = None,
        group: str | None = None,
        calibrator: str | None = None,
        confidence_method: str | None = None,
    ) -> Measurement:
        """Return what was measured then, as a measurement again.

        Parameters
        ----------
        metric : str
            Name of the measurement, for instance ``"ece"``.
        model, task, split, group, calibrator, confidence_method : str or None
            Whose answers, to what, with what confidence. The model's revision and the calibrator's parameters may
            differ.
        data : str or None
            Fingerprint of the items; must be the same.
        ids : collection of str, optional
            Ids of the items: where the fingerprint is another, they tell other items from another prompt.

        Raises
        ------
        BaselineError
            If nothing was recorded under these names, or on other data, or several numbers were.
        """
        wanted = (metric, model, task, split, group, calibrator_family(calibrator), confidence_method)
        found = [record for record in self._records() if key_of(record) == wanted]
        if not found:
            raise BaselineError(f"{self.source} has no {named(wanted)}. It has {self._contents()}")
        comparable = [record for record in found if record.data == data]
        if not comparable:
            then = next((s.ids for s in self.kept.items.scores if s.about.data == found[0].data), None)
            raise BaselineError(refusal(self.source, named(wanted), str(found[0].data), str(data), then, ids))
        # A partial update leaves numbers of an older revision beside those of the present one.
        present = [record for record in comparable if record.revision == self._revision(model)]
        measured = {_measured(record): record for record in present or comparable}
        if len(measured) > 1:
            numbers = ", ".join(f"{record.estimate:.4g} ({record.method})" for record in measured.values())
            raise BaselineError(
                f"{self.source} has several values of {named(wanted)}: {numbers}. Keep one of the gates"
            )
        record = next(iter(measured.values()))
        return record.measurement().comparable(self._behind(record))

    def revision_note(self, model: str, revision: str | None) -> str | None:
        """Say in a sentence that the model has changed since; None where it has not, or was not there."""
        then = self._revision(model)
        if then is None or revision is None or then == revision:
            return None
        return f"{model} is at revision {revision}; {self.source} was recorded at revision {then}."

    def _behind(self, record: Record) -> Scores | None:
        """Return the item scores that a record was measured on, where that is clear."""
        if self.path is None:
            return None
        found = [*self.kept.scores_of(record)]
        if len(found) == 1:
            return found[0]
        again = self.kept.measured_again(record)
        return None if again is None else again.scores

    def _revision(self, model: str | None) -> str | None:
        return next((facts.revision for facts in self.run.models if facts.name == model), None)

    def _records(self) -> Iterator[Record]:
        for gate in self.run.gates:
            yield from gate.records

    def _contents(self) -> str:
        keys = {key_of(record): None for record in self._records()}
        if not keys:
            return "no measurement at all"
        listed = "; ".join(named(key) for key in list(keys)[:_LISTED])
        return listed if len(keys) <= _LISTED else f"{listed}; and {len(keys) - _LISTED} more"


_LISTED = 20  # what fits in an error message


def _measured(record: Record) -> tuple[float, float, float, int, str]:
    return record.estimate, record.low, record.high, record.n, record.method
