"""A run beside an earlier one: what became better or worse by more than noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pytest_llmcal.history.errors import ComparisonError
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.history.keys import Key, key_of, named
from pytest_llmcal.history.other_data import refusal
from pytest_llmcal.measurement import Measurement, MeasurementError, hides_too_much, higher_is_better, share_left_out
from pytest_llmcal.records import Gate, Record, Run
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.scores.comparison import METRICS, Comparison, ece_exchange
from pytest_llmcal.statistics.exchange import DRAWS
from pytest_llmcal.statistics.multiple_testing import step_down

WORSE, IMPROVED, NOISE = "worse", "improved", "no change larger than noise"
"""What can be said of a change."""

# Measured of scores, and less of it is better, but no method of a comparison.
_ALSO_JUDGED = {"ece_l2", "largest_drop", "risk"}
_HALVINGS = 40
Place = tuple[str, Key, int]
"""A gate, what it measured, and which of its records of that this is."""


@dataclass(frozen=True, eq=False)
class Change:
    """One measurement in both runs.

    Attributes
    ----------
    gates : tuple of str
        Nodeids of the gates that made it, in the newer run.
    then, now : Record
        What was recorded.
    difference : Measurement
        Now less then, with its interval.
    why_unpaired : str or None
        Why the interval is not that of paired items; None where it is.
    test : str
        What decided whether the change is larger than noise, in words.
    p_worse, p_better : float
        One-sided p-values of a change for the worse and for the better.
    verdict : str
        `WORSE`, `IMPROVED` or `NOISE`, after the correction over all changes of the comparison; `WORSE` wherever
        ``hides_more``.
    """

    gates: tuple[str, ...]
    then: Record
    now: Record
    difference: Measurement
    why_unpaired: str | None
    test: str
    p_worse: float
    p_better: float
    verdict: str = NOISE

    @property
    def hides_more(self) -> bool:
        """Whether the newer run leaves out too many items for any claim to hold, and more than the earlier one."""
        then, now = (share_left_out(one.left_out, one.n) for one in (self.then, self.now))
        return hides_too_much(self.now.left_out, self.now.n) and now > then


@dataclass(frozen=True, eq=False)
class RunComparison:
    """Two runs side by side.

    Attributes
    ----------
    old, new : Kept
        The runs.
    level : float
        Of the intervals; of all changes together each direction is wrong in at most (1 - level) / 2 of comparisons.
    changes : tuple of Change
        By gate.
    only_old, only_new : tuple of str
        Nodeids of gates that measured something in one of the runs alone.
    left_out : tuple of str
        Measurements whose direction is not known, or that are differences themselves.
    renamed : tuple of (str, str) or None
        The one model of each run, where they have different names and are taken for the same.
    """

    old: Kept
    new: Kept
    level: float
    changes: tuple[Change, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    left_out: tuple[str, ...]
    renamed: tuple[str, str] | None = None

    @property
    def worse(self) -> tuple[Change, ...]:
        """The regressions."""
        return tuple(change for change in self.changes if change.verdict == WORSE)

    @property
    def improved(self) -> tuple[Change, ...]:
        """What became better."""
        return tuple(change for change in self.changes if change.verdict == IMPROVED)


def compare(old: Kept, new: Kept, *, level: float = 0.95, skip_other_data: bool = False) -> RunComparison:
    """Compare a run with an earlier one, gate by gate and measurement by measurement.

    Where item scores of both are kept and give the recorded numbers again, the difference is paired; elsewhere it
    is made of the two intervals. A change is larger than noise if its one-sided p-value survives Holm's
    procedure over all changes: that of the interval, and of a paired ECE that of the exchange test
    (``statistics.exchange``), as the interval of its difference is too wide to see changes that matter. Where the
    newer run hides too many confidences, and more than the earlier one, it is one for the worse, whatever the other
    items say.

    Parameters
    ----------
    old, new : Kept
        The runs. If each has one model and the names differ, they are compared as if it were one.
    level : float
        Level of the intervals, between 0 and 1.
    skip_other_data : bool
        Leave out what was measured on other items, which is refused by default.

    Raises
    ------
    ComparisonError
        If the runs have no measurement in common, or a common one is of other items or another prompt.
    """
    if not 0.0 < level < 1.0:
        raise ComparisonError(f"the level of the intervals lies between 0 and 1, got {level:g}")
    renamed = _renamed(old.run, new.run)
    then, now = _records(old.run, renamed), _records(new.run, None)
    common = [place for place in now if place in then]
    if not common:
        raise ComparisonError(
            f"{old.source} and {new.source} have no measurement in common; compare runs of the same gates, with the "
            "same names of models and tasks"
        )
    other = [place for place in common if _on_other_data(then[place], now[place])]
    if other and not skip_other_data:
        raise ComparisonError(_refusal(old, new, then[other[0]], now[other[0]]))
    common = [place for place in common if place not in other]
    judged = [place for place in common if _is_judged(place[1][0])]
    changes = _judged(
        [_change(old, new, then[p], now[p], level, len(judged)) for p in _distinct(judged, then, now)], level
    )
    gates_of = _gates_by_numbers(judged, then, now)
    return RunComparison(
        old,
        new,
        level,
        tuple(replace(change, gates=gates_of[_numbers(change.then, change.now)]) for change in changes),
        tuple(_alone(then, now)),
        tuple(_alone(now, then)),
        tuple(dict.fromkeys(named(place[1]) for place in common if not _is_judged(place[1][0]))),
        renamed,
    )


def _is_judged(metric: str) -> bool:
    return metric in METRICS or metric in _ALSO_JUDGED


def _renamed(old: Run, new: Run) -> tuple[str, str] | None:
    names = [sorted({gate.model for gate in run.gates if gate.model is not None}) for run in (old, new)]
    if all(len(of_run) == 1 for of_run in names) and names[0] != names[1]:
        return names[0][0], names[1][0]
    return None


def _records(run: Run, renamed: tuple[str, str] | None) -> dict[Place, Record]:
    """Return the records of a run by their places, those of a renamed model under its new name."""
    found: dict[Place, Record] = {}
    for gate in run.gates:
        seen: dict[Key, int] = {}
        for record in gate.records:
            key = key_of(record if renamed is None or record.model != renamed[0] else replace(record, model=renamed[1]))
            seen[key] = seen.get(key, 0) + 1
            found[_nodeid(gate, renamed), key, seen[key]] = record
    return found


def _nodeid(gate: Gate, renamed: tuple[str, str] | None) -> str:
    return (
        gate.nodeid
        if renamed is None or gate.model is None
        else gate.nodeid.replace(f"[{renamed[0]}", f"[{renamed[1]}")
    )


def _alone(these: Mapping[Place, Record], others: Mapping[Place, Record]) -> list[str]:
    there = {place[0] for place in others}
    return [*dict.fromkeys(place[0] for place in these if place[0] not in there)]


def _numbers(then: Record, now: Record) -> tuple[object, ...]:
    return tuple((key_of(r), r.estimate, r.low, r.high, r.n, r.method) for r in (then, now))


def _distinct(places: Sequence[Place], then: Mapping[Place, Record], now: Mapping[Place, Record]) -> list[Place]:
    """Return one place of each pair of numbers: several gates may judge one measurement."""
    first = {_numbers(then[place], now[place]): place for place in reversed(places)}
    return [place for place in places if first[_numbers(then[place], now[place])] == place]


def _gates_by_numbers(
    places: Sequence[Place], then: Mapping[Place, Record], now: Mapping[Place, Record]
) -> dict[tuple[object, ...], tuple[str, ...]]:
    gates: dict[tuple[object, ...], dict[str, None]] = {}
    for place in places:
        gates.setdefault(_numbers(then[place], now[place]), {})[place[0]] = None
    return {numbers: tuple(nodeids) for numbers, nodeids in gates.items()}


def _on_other_data(then: Record, now: Record) -> bool:
    return then.data is not None and now.data is not None and then.data != now.data


def _refusal(old: Kept, new: Kept, then: Record, now: Record) -> str:
    ids = [
        next((scores.ids for scores in kept.items.scores if scores.about.data == record.data), None)
        for kept, record in ((old, then), (new, now))
    ]
    return refusal(old.source, named(key_of(now)), str(then.data), str(now.data), *ids)


def _change(old: Kept, new: Kept, then: Record, now: Record, level: float, changes: int) -> Change:
    before, after = old.measured_again(then), new.measured_again(now)
    why = None
    if before is None or after is None:
        missing = [kept.source for kept, again in ((old, before), (new, after)) if again is None]
        why = f"no item scores that give the recorded number again are kept by {' and '.join(missing)}"
        before, after = then.measurement(), now.measurement()
    try:
        difference = after.at(level).change_from(before.at(level))
    except (MeasurementError, ScoresError) as error:
        raise ComparisonError(f"{named(key_of(now))} cannot be compared: {error}") from None
    exchange = (
        None
        if why or now.metric != "ece"
        else ece_exchange(Comparison(after.scores, before.scores), draws=_draws(changes))
    )
    if exchange is not None:
        test, p_values = "exchange test", (exchange.worse, exchange.better)
    else:
        worse, better = (_p_value(difference, rising) for rising in (True, False))
        test = "interval of the paired difference" if why is None else "both intervals"
        p_values = (better, worse) if higher_is_better(now.metric) else (worse, better)
    return Change((), then, now, difference, why, test, *p_values)


def _draws(changes: int) -> int:
    """Return how many swaps can tell a change from noise among so many, with room."""
    return max(DRAWS, 200 * changes)


def _p_value(difference: Measurement, rising: bool) -> float:
    """Halve the way to the one-sided error rate at which the interval of a difference just excludes zero."""
    low, high = 0.0, 1.0  # of the two-sided error rate
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle in (0.0, 1.0):
            break
        at = difference.at(1.0 - middle)
        low, high = (low, middle) if (at.low > 0.0 if rising else at.high < 0.0) else (middle, high)
    return 0.5 * high if math.isfinite(high) else 1.0


def _judged(changes: Sequence[Change], level: float) -> Iterator[Change]:
    """Say of each change what it is, as one of so many."""
    if not changes:
        return
    shares, rate = np.full(len(changes), 1.0 / len(changes)), (1.0 - level) / 2.0
    worse = step_down(np.array([change.p_worse for change in changes]), shares, rate)
    better = step_down(np.array([change.p_better for change in changes]), shares, rate)
    for change, is_worse, is_better in zip(changes, worse, better, strict=True):
        is_worse = is_worse or change.hides_more
        yield replace(change, verdict=WORSE if is_worse else IMPROVED if is_better else NOISE)
