"""The answers behind a model's gates, each shown once, under the first suite that asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from pytest_llmcal.charts.reliability import Diagram, diagram_of
from pytest_llmcal.measurement import GroupResult
from pytest_llmcal.records import Example, Subject
from pytest_llmcal.report.coverage import Coverage, coverage_of
from pytest_llmcal.report.search import Search, search_of
from pytest_llmcal.report.summary import BLOCKING, Judged


@dataclass(frozen=True)
class Answers:
    """One set of answers as it is drawn.

    Attributes
    ----------
    subject : Subject
        What it is.
    blocks : bool
        Whether a gate that speaks about it keeps its model from release.
    """

    subject: Subject
    blocks: bool

    @cached_property
    def diagram(self) -> Diagram | None:
        """The reliability diagram."""
        portrait = self.subject.portrait
        return diagram_of(portrait.bins, portrait.before, portrait.pools)

    @cached_property
    def coverage(self) -> Coverage | None:
        """The risk-coverage curve."""
        return coverage_of(self.subject.portrait.risks)

    @cached_property
    def search(self) -> Search | None:
        """How the calibrator's search went."""
        calibration = self.subject.portrait.calibration
        return None if calibration is None else search_of(calibration.trace)

    @property
    def groups(self) -> list[tuple[str, list[GroupResult]]]:
        """The groups of each attribute."""
        by_attribute = groupby(self.subject.portrait.groups, key=lambda group: group.attribute)
        return [(attribute, list(groups)) for attribute, groups in by_attribute]

    @property
    def wrong(self) -> list[Example]:
        """The most confident wrong answers."""
        return [example for example in self.subject.examples if not example.correct]

    @property
    def right(self) -> list[Example]:
        """The least confident right answers."""
        return [example for example in self.subject.examples if example.correct]


def answers_by_suite(row: Judged, subjects: Mapping[str, Subject]) -> dict[str, list[Answers]]:
    """Return the answers that the gates of a model speak about, under the suite that is the first to do so.

    Uncalibrated answers stand before calibrated ones.
    """
    suite_of: dict[str, str] = {}
    blocking: set[str] = set()
    for suite in row.suites:
        for gate in suite.gates:
            for record in gate.records:
                if record.subject is not None and record.subject in subjects:
                    suite_of.setdefault(record.subject, suite.name)
                    if gate.outcome in BLOCKING and record.outcome in {"refuted", "undecided", "false"}:
                        blocking.add(record.subject)
    found: dict[str, list[Answers]] = {suite.name: [] for suite in row.suites}
    for key in sorted(suite_of, key=lambda key: (subjects[key].calibrator or "", subjects[key].task or "", key)):
        found[suite_of[key]].append(Answers(subjects[key], key in blocking))
    return found


def costs(row: Judged, subjects: Mapping[str, Subject]) -> tuple[int, float] | None:
    """Return how many items a model answered for its gates, and in how many seconds; None where nobody knows.

    Calibrated answers cost nothing: they are made of those that were there.
    """
    keys = {record.subject for gate in row.gates for record in gate.records if record.subject in subjects}
    asked: dict[tuple[str | None, ...], Subject] = {}
    for key in sorted(key for key in keys if key is not None):
        subject = subjects[key]
        if subject.seconds is not None:
            asked.setdefault((subject.task, subject.split, subject.data, subject.confidence_method), subject)
    if not asked:
        return None
    seconds = sum(subject.seconds or 0.0 for subject in asked.values())
    return sum(subject.portrait.n for subject in asked.values()), seconds
