"""Confidence methods beside each other on one task: what was measured, and what of it is larger than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from time import perf_counter

import numpy as np

from pytest_llmcal import calibrators
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.measurement import MOST_LEFT_OUT, Measurement, MeasurementError, hides_too_much, said_of_left_out
from pytest_llmcal.scores import Scores, ScoresError
from pytest_llmcal.scores.outcomes import counted
from pytest_llmcal.scoring import Model, ModelError, score
from pytest_llmcal.scoring.confidence import AnyMethod, create
from pytest_llmcal.tasks import Task, TaskError

LEVEL = 0.95
"""Of the intervals, and of all comparisons of a table together."""

_BEST, _AS_GOOD = "*", "~"
_NOT_COMPARED = f"; where more than {100 * MOST_LEFT_OUT:g}% are, a method is not compared"


@dataclass(frozen=True)
class Column:
    """One number by which methods are compared.

    Attributes
    ----------
    title, metric : str
        Its name in the table, and that of the method of ``Scores``.
    calibrated : bool
        Whether it is taken after the calibrator.
    """

    title: str
    metric: str
    calibrated: bool = False

    @property
    def upwards(self) -> bool:
        """Whether more is better."""
        return self.metric == "auroc"

    def is_for(self, scores: Scores) -> bool:
        """Whether it can be said of such answers: AUROC compares right with wrong ones, which graded ones are not."""
        return self.metric != "auroc" or not scores.is_graded

    def of(self, scores: Scores, calibrated: Scores) -> Measurement:
        """Measure it."""
        measured: Measurement = getattr(calibrated if self.calibrated else scores, self.metric)(confidence=LEVEL)
        return measured

    def apart(self, one: Trial, other: Trial, level: float) -> Measurement:
        """Measure by how much it differs between two methods, on the items that both gave a confidence for."""
        this, that = _on_common_items(self._scores(one), self._scores(other))
        difference: Measurement = getattr(this.compare(that), self.metric)(confidence=level)
        return difference

    def _scores(self, trial: Trial) -> Scores:
        return trial.calibrated if self.calibrated else trial.scores


COLUMNS = (
    Column("AURC", "aurc"),
    Column("AUROC", "auroc"),
    Column("ECE", "ece"),
    Column("NLL, calibrated", "nll", calibrated=True),
)


@dataclass(frozen=True, eq=False)
class Trial:
    """What one method gave.

    Attributes
    ----------
    name : str
        Its name with its options.
    cost : str
        What it asks for one item.
    seconds : float
        That it took for both splits.
    scores, calibrated : Scores
        Of the test split, before and after the calibrator; the confidence alone.
    measured : mapping of Column to Measurement
        Its numbers, those of columns that are not for such answers left out.
    """

    name: str
    cost: str
    seconds: float
    scores: Scores
    calibrated: Scores
    measured: Mapping[Column, Measurement]

    @property
    def left_out(self) -> str:
        """How many items it gave no confidence for, in words; empty where there are none."""
        return said_of_left_out(counted(self.scores.left_out), len(self.scores))

    @property
    def hides_too_much(self) -> bool:
        """Whether it gave no confidence for too many items for any claim about it to hold."""
        return hides_too_much(counted(self.scores.left_out), len(self.scores))


@dataclass(frozen=True)
class Refused:
    """A method that could not be used, and why."""

    name: str
    reason: str


def tried(model: Model, task: Task, name: str, calibrator: str, seed: int = 0) -> Trial | Refused:
    """Ask a model a task's items with one method.

    Parameters
    ----------
    model : Model
        That answers.
    task : Task
        With a calibration split.
    name : str
        The method, perhaps with options.
    calibrator : str
        What is fitted on the calibration split.
    seed : int
        Seed of what the method draws, unless its options say another.
    """
    assert task.calibration is not None
    try:
        method = _seeded(name, seed)
        start = perf_counter()
        seen, unseen = (score(model, split, confidence=method).top_label() for split in (task.calibration, task.test))
        seconds = perf_counter() - start
        after = calibrators.create(calibrator).fit(seen).transform(unseen).top_label()
        if after.about.in_sample:
            raise CalibratorError(f"the calibration split and the test split of {task.name!r} share items")
        measured = {column: column.of(unseen, after) for column in COLUMNS if column.is_for(unseen)}
    except (CalibratorError, MeasurementError, ModelError, ScoresError, TaskError) as error:
        return Refused(name, str(error))
    return Trial(name, str(method.cost), seconds, unseen, after, measured)


def _seeded(name: str, seed: int) -> AnyMethod:
    method = create(name)
    draws = is_dataclass(method) and any(field.name == "seed" for field in fields(method))
    return create(name, seed=seed) if draws and "seed=" not in name else method


def _on_common_items(one: Scores, other: Scores) -> tuple[Scores, Scores]:
    """Return both scores of the items that both have."""
    if one.ids == other.ids:
        return one, other
    common = set(one.ids or ()) & set(other.ids or ())
    if not common:
        raise ScoresError("two methods gave a confidence for no item that both answered, so they cannot be compared")
    return _of(one, common), _of(other, common)


def _of(scores: Scores, ids: set[str]) -> Scores:
    return scores._take(np.array([place for place, identity in enumerate(scores.ids or ()) if identity in ids]))


@dataclass(frozen=True)
class Judged:
    """One column of the table, judged.

    Attributes
    ----------
    column : Column
        Which.
    best : Trial or None
        The method with the best number; None where all methods hide too much.
    as_good, worse : tuple of (Trial, Measurement)
        The others that do not hide too much, each with its difference to the best: those that may be as good, and
        those that are not.
    """

    column: Column
    best: Trial | None
    as_good: tuple[tuple[Trial, Measurement], ...]
    worse: tuple[tuple[Trial, Measurement], ...]

    def mark(self, trial: Trial) -> str:
        """Return the mark of a method's number."""
        return _BEST if trial is self.best else _AS_GOOD if any(trial is one for one, _ in self.as_good) else " "


def judged(trials: Sequence[Trial], column: Column) -> Judged:
    """Compare the best of a column with all others.

    A method that hides too much is not compared: it would be judged by the items that it chose. The best is that of the
    items that all of the others gave a confidence for.

    Which one is the best is seen in the data, so each comparison shares the error rate with those of all pairs of
    methods in all columns (Bonferroni): all intervals of a table hold at once in `LEVEL` of tables.
    """
    open_ones = [trial for trial in trials if not trial.hides_too_much]
    if not open_ones:
        return Judged(column, None, (), ())
    best = _best(open_ones, column)
    pairs = len(trials) * (len(trials) - 1) // 2
    level = 1.0 - (1.0 - LEVEL) / max(1, pairs * len(COLUMNS))
    others = [(trial, column.apart(trial, best, level)) for trial in open_ones if trial is not best]
    told_apart = [difference.high < 0.0 or difference.low > 0.0 for _, difference in others]
    return Judged(
        column,
        best,
        tuple(other for other, apart in zip(others, told_apart, strict=True) if not apart),
        tuple(other for other, apart in zip(others, told_apart, strict=True) if apart),
    )


def _best(trials: Sequence[Trial], column: Column) -> Trial:
    common = set.intersection(*(set(trial.scores.ids or ()) for trial in trials))
    measured = [trial.measured[column] for trial in trials]
    if common and any(len(common) < len(trial.scores) for trial in trials):
        measured = [column.of(_of(trial.scores, common), _of(trial.calibrated, common)) for trial in trials]
    values = list(map(float, measured))
    return trials[values.index((max if column.upwards else min)(values))]


def lines(
    trials: Sequence[Trial], refused: Sequence[Refused], task: Task, model_name: str, calibrator: str
) -> list[str]:
    """Return what is printed: the table, what can be told apart, and what could not be used."""
    assert task.calibration is not None
    there = [column for column in COLUMNS if all(column in trial.measured for trial in trials)]
    columns = [judged(trials, column) for column in there]
    return [
        f"{model_name} on {task.name}: {len(task.test):,} items (test split); calibrated by {calibrator}, fitted on "
        f"{len(task.calibration):,} (calibration split)",
        "",
        *_table(trials, columns),
        "",
        f"{_BEST} best; {_AS_GOOD} within the error bars of the best: paired differences, all comparisons of this "
        f"table right at once in {100 * LEVEL:.0f} of 100",
        *(_sentence(column) for column in columns if len(trials) > 1),
        *(f"{column.title}: not of graded answers" for column in COLUMNS if column not in there),
        *(
            f"{trial.name}: {trial.left_out}{_NOT_COMPARED * trial.hides_too_much}"
            for trial in trials
            if trial.left_out
        ),
        *(["", "Not used:"] if refused else []),
        *(f"  {each.name}: {each.reason}" for each in refused),
    ]


def _table(trials: Sequence[Trial], columns: Sequence[Judged]) -> Iterator[str]:
    titles = [judgement.column.title for judgement in columns]
    head = ["method", "items", "accuracy", *titles, "cost of an item", "seconds"]
    rows = [head, *(_row(trial, columns) for trial in trials)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(trial: Trial, columns: Sequence[Judged]) -> list[str]:
    measured = [f"{_number(trial.measured[each.column])} {each.mark(trial)}" for each in columns]
    items, accuracy = f"{len(trial.scores):,}", f"{trial.scores.accuracy():.3f}"
    return [trial.name, items, accuracy, *measured, trial.cost, f"{trial.seconds:.1f}"]


def _number(measured: Measurement) -> str:
    return f"{measured:.3f} [{measured.low:.3f}, {measured.high:.3f}]"


def _sentence(judgement: Judged) -> str:
    title = judgement.column.title
    if judgement.best is None:
        return f"{title}: no method is compared"
    best = judgement.best.name
    if not judgement.worse:
        return f"{title}: best is {best}, and none is shown to be worse"
    worse = "; ".join(
        f"{trial.name} by {difference:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        for trial, difference in judgement.worse
    )
    return f"{title}: best is {best}; shown to be worse are {worse}"
