"""One test that looks at many changes of the prompts: one error rate, and one of them in the report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.measurement import MeasurementError, current_rules, using

if TYPE_CHECKING:
    from pytest_llmcal.plugin.attempts import AttemptLog, PlainRecord
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scores.effect import Steadiness
    from pytest_llmcal.tasks import Items
    from pytest_llmcal.tasks.changes import PromptChange

Margin = float | Mapping[str, float]


@dataclass(frozen=True)
class Answering:
    """How a model answers in one call of a test.

    Attributes
    ----------
    score : callable
        Its scores of items, before calibration.
    way : hashable
        What tells this way of answering from any other: the same for the same answers to the same items.
    calibrated : callable or None
        What its calibrator makes of scores, where it has one.
    """

    score: Callable[[Items], Scores]
    way: Hashable
    calibrated: Callable[[Scores], Scores] | None


@dataclass(frozen=True)
class Look:
    """One change that was judged.

    Attributes
    ----------
    steadiness : Steadiness
        What came of it.
    records : list of dict
        What was recorded of it.
    answering : Answering
        How it was answered; held, so that no other object takes the identity of what it is made of.
    """

    steadiness: Steadiness
    records: list[PlainRecord]
    answering: Answering

    def has(self, outcome: str) -> bool:
        """Tell whether a claim had this outcome. Nobody else has read the verdicts by that."""
        return any(record["outcome"] == outcome for record in self.records)

    @property
    def excess(self) -> float:
        """By how much the answers moved more than they may, of the metric that moved most; below 0 if they did not."""
        return max(float(abs(record["estimate"]) - abs(record["limit"])) for record in self.records)


@dataclass
class Looks:
    """What one execution of a test has looked at.

    Attributes
    ----------
    log : AttemptLog
        Where everything is recorded.
    count : int
        How many looks share the error rate of the test.
    searching : bool
        Whether hypothesis draws the changes, and shrinks one that breaks the model.
    known : dict
        Every look by what was asked: hypothesis asks again, and the answer is the same.
    broken : Look or None
        The last one that was refuted, which is the smallest once hypothesis is done.
    share : float or None
        What all looks together have of the error rate of the run, where gates share one.
    """

    log: AttemptLog
    count: int
    searching: bool
    known: dict[Hashable, Look] = field(default_factory=dict)
    broken: Look | None = None
    share: float | None = None

    def judged(self, change: PromptChange, items: Items, margin: Margin, answering: Answering) -> Steadiness:
        """Judge one change, or return what was found of it before.

        Raises
        ------
        MeasurementError
            If more changes are looked at than share the error rate.
        """
        margins = tuple(margin.items()) if isinstance(margin, Mapping) else margin
        asked = (change, items.fingerprint, margins, answering.way)
        if asked not in self.known:
            self._check_count()
            self.known[asked] = self._look(change, items, margin, answering)
        look = self.known[asked]
        if look.has("refuted"):
            self.broken = look
        return look.steadiness

    def _look(self, change: PromptChange, items: Items, margin: Margin, answering: Answering) -> Look:
        from pytest_llmcal.scores.effect import Effect

        effect = Effect.of(change, items, answering.score, answering.calibrated)
        start = len(self.log.records)
        rules = current_rules()
        if rules.correction is not None:
            share = self.share = self.share or rules.correction.share()
            rules = replace(rules, correction=replace(rules.correction, share=lambda: share))
        with using(rules):
            steadiness = effect.unmoved(margin, looks=self.count)
        return Look(steadiness, self.log.records[start:], answering)

    def _check_count(self) -> None:
        if self.broken is None and len(self.known) >= self.count:
            raise MeasurementError(
                f"the error rate of this test was shared among {self.count} looks at changed prompts, and this is "
                "one more; say unmoved_by(..., looks=N), with N the number of all changes that the test looks at: each "
                "change, margin, and way of answering counts"
            )

    @property
    def shown(self) -> Look:
        """The look that says most: the smallest that broke the model, else the one that moved the answers most."""
        if self.broken is not None:
            return self.broken
        every = list(self.known.values())
        undecided = [look for look in every if look.has("undecided")]
        return max(undecided or every, key=lambda look: look.excess)

    @property
    def story(self) -> str:
        """Where the look that is shown stands among the others."""
        if len(self.known) == 1:
            return ""
        if self.broken is None:
            return f" Of {len(self.known)} changes that were looked at, this one is the furthest from holding."
        smallest = "; no smaller one was found to break the model" if self.searching else ""
        return f" {len(self.known)} changes were looked at{smallest}."


def looks_of(log: AttemptLog, count: int | None) -> Looks:
    """Return the looks of a test, counted from its first one on."""
    if log.looks is None:
        examples = _examples()
        log.looks = Looks(log, count or examples or 1, searching=examples is not None)
    return log.looks


def _examples() -> int | None:
    """Return how many examples hypothesis draws for the test that is running; None outside of it."""
    hypothesis = sys.modules.get("hypothesis")  # a test that it runs has imported it
    if hypothesis is None or not hypothesis.currently_in_test_context():
        return None
    examples: int = hypothesis.settings.default.max_examples
    return examples


def keep_one_look(log: AttemptLog) -> None:
    """Leave the records of one look, and say how many there were: the others would only bury it."""
    looks = log.looks
    if looks is None or not looks.known:
        return
    shown = looks.shown
    dropped = [record for look in looks.known.values() if look is not shown for record in look.records]
    gone = set(map(id, dropped))
    log.records[:] = [record for record in log.records if id(record) not in gone]
    log.explained = min(log.explained, len(log.records))
    for record in shown.records:
        record["explanation"] += looks.story


def settle(log: AttemptLog) -> None:
    """Fail on a refuted look that the test has not asked about; with none, do what an undecided verdict does here."""
    looks = log.looks
    if looks is None or not looks.known:
        return
    for look in looks.known.values():
        refuted = next((record for record in look.records if record["outcome"] == "refuted"), None)
        if refuted is not None and not look.steadiness.was_asserted:
            pytest.fail(f"nobody asserted this look: {refuted['explanation']}", pytrace=False)
    if looks.broken is not None:
        return
    for verdict, record in zip(looks.shown.steadiness.verdicts, looks.shown.records, strict=True):
        if record["outcome"] == "undecided" and not verdict:
            pytest.fail(record["explanation"], pytrace=False)
