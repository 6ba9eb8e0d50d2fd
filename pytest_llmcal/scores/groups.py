"""The groups of items: each by itself, the worst of them, and how far two of them lie apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement import (
    GroupMeasurement,
    Measurement,
    Part,
    gap_name,
    higher_is_better,
    title,
    worst_name,
)
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.hiding_groups import hiding_groups, left_out_by_group
from pytest_llmcal.scores.measured_groups import MeasuredGroup, MeasuredGroups, measured_groups, metric_of_scores
from pytest_llmcal.scores.measures.measured import level_of
from pytest_llmcal.scores.outcomes import counted
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.simultaneous import (
    gaps_between,
    largest_gap_between,
    largest_interval,
    level_of_each,
    smallest_interval,
)

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


class ByGroup(Mapping[str, "Scores"]):
    """The scores of each group of items, by name, and gates over all groups together.

    Made by ``Scores.by_group``. A mapping: ``scores.by_group("region")["north"]`` are scores.

    Attributes
    ----------
    attributes : tuple of str
        What the items are grouped by.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 800, [1] * 360 + [0] * 40 + [1] * 260 + [0] * 140,
    ...     groups={"region": ["north"] * 400 + ["south"] * 400})
    >>> groups = scores.by_group("region")
    >>> print(groups.worst("ece").below(0.1).explain())  # doctest: +NORMALIZE_WHITESPACE
    The claim that ECE of the worst group is at most 0.1 is refuted: it was measured as 0.25 for south (400 items), the
    worst of 2 groups by region, and with 95% confidence the true value lies between 0.1954 and 0.2986.
    >>> groups.largest_gap("accuracy").found
    'between north (400 items) and south (400 items), of 2 groups by region'
    """

    def __init__(self, whole: Scores, attributes: tuple[str, ...], parts: Mapping[str, Scores]) -> None:
        self.attributes = attributes
        self._whole = whole
        self._parts = dict(parts)

    def __getitem__(self, name: str) -> Scores:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {len(part)}" for name, part in self.items())
        return f"<{len(self)} groups by {self._by}; items: {sizes}>"

    def each(self, metric: str = "ece", *, confidence: float | None = None, **asked: Any) -> dict[str, Measurement]:
        """Measure every group, with intervals that are right for all groups together.

        With probability ``confidence`` every interval contains its truth: each has the level at which
        all keep it (Bonferroni).

        Parameters
        ----------
        metric : str
            Name of a measurement of ``Scores``, such as ``"ece"``, ``"accuracy"`` or ``"brier"``, or
            ``"confidence_minus_accuracy"``.
        confidence : float, optional
            Level of all intervals together; that of the rules in force by default.
        **asked
            Further arguments of the measurement, such as ``bins``.

        Raises
        ------
        ScoresError
            If there is no such measurement, or a group does not allow it.
        """
        measure, level = metric_of_scores(metric), level_of_each(level_of(confidence), len(self))
        return {name: measure(part, confidence=level, **asked) for name, part in self.items()}

    def worst(
        self, metric: str = "ece", *, min_items: int = 1, confidence: float | None = None, **asked: Any
    ) -> GroupMeasurement:
        """Measure the worst group: the largest value of any group, of accuracy and its kind the smallest.

        The interval speaks about the true worst value, whichever group has it: it reckons with all groups having been
        looked at. A group with few items is never what refutes a claim and may be what leaves it undecided; the verdict
        names it. The group that is named as the worst is that with the strongest evidence.

        Parameters
        ----------
        metric, confidence, **asked
            As for ``each``.
        min_items : int
            Fewest items of a group that is looked at. Smaller ones are left out, which the method says.

        Returns
        -------
        GroupMeasurement
            The value of the group named, with the interval of the worst: its upper end is the largest of the groups',
            its lower end the largest at a level divided by their number (Bonferroni).

        Raises
        ------
        ScoresError
            If there is no such measurement, or no group has so many items or allows it.
        """
        level, measured = level_of(confidence), measured_groups(self, metric, min_items, confidence, asked)
        lowest_is_worst = higher_is_better(measured.metric)
        combined = smallest_interval if lowest_is_worst else largest_interval
        strict = level_of_each(level, len(measured.groups))
        found = max(measured.groups, key=lambda group: group.evidence(strict, lowest_is_worst))
        exact = measured.exact()
        return self._measurement(
            measured,
            found.estimate,
            worst_name(measured.metric),
            lambda asked_level: combined(measured.intervals, asked_level),
            level,
            debiased=found.value,
            exact=exact and (min(exact) if lowest_is_worst else max(exact)),
            method="largest of their intervals, the end that refutes at a level divided by their number",
            found=f"for {found.part(level)}, the worst of {self._kinds(measured)}",
            parts=[group.part(level) for group in measured.groups],
        )

    def largest_gap(
        self, metric: str = "ece", *, min_items: int = 1, confidence: float | None = None, **asked: Any
    ) -> GroupMeasurement:
        """Measure the largest gap in a metric between any two groups.

        Parameters
        ----------
        metric, min_items, confidence, **asked
            As for ``worst``.

        Returns
        -------
        GroupMeasurement
            The gap between the two groups named, those with the strongest evidence, with the interval of the largest
            gap: pairs have the interval of Zou and Donner (2008), the lower end divides its error rate by their number.

        Raises
        ------
        ScoresError
            As ``worst`` does, or if fewer than two groups are looked at or a group's value is infinite.
        """
        level, measured = level_of(confidence), measured_groups(self, metric, min_items, confidence, asked)
        groups, values = measured.groups, measured.values
        if len(groups) < 2:
            raise ScoresError(f"a gap lies between two groups, but by {self._by} there is one: {groups[0].name!r}")
        if math.inf in values:
            raise ScoresError(
                f"{title(measured.metric)} of {groups[values.index(math.inf)].said} is infinite, so no gap is measured"
            )
        independent = self._share_nothing(measured)
        own, strict = (
            gaps_between(values, measured.intervals(each), independent=independent)
            for each in (level, level_of_each(level, len(groups) * (len(groups) - 1)))
        )
        pairs = list(combinations(groups, 2))
        parts = [
            Part(f"{one.said} and {other.said}", min(one.n, other.n), abs(one.value - other.value), *ends)
            for (one, other), ends in zip(pairs, own, strict=True)
        ]
        place = max(range(len(pairs)), key=lambda pair: (strict[pair].low, _known(pairs[pair]), parts[pair].value))
        one, other = sorted(pairs[place], key=lambda group: group.value, reverse=True)
        exact = measured.exact()
        return self._measurement(
            measured,
            abs(one.estimate - other.estimate),
            gap_name(measured.metric),
            lambda at: largest_gap_between(values, measured.intervals, at, independent=independent),
            level,
            debiased=parts[place].value,
            exact=exact and max(exact) - min(exact),
            method=f"differences of intervals of {'independent' if independent else 'dependent'} groups (MOVER), the "
            "lower end at a level divided by the number of ordered pairs",
            found=f"between {one.part(level)} and {other.part(level)}, of {self._kinds(measured)}",
            parts=parts,
        )

    @property
    def _by(self) -> str:
        return ", ".join(self.attributes)

    def _kinds(self, measured: MeasuredGroups) -> str:
        return f"{len(measured.groups)} {'group' if len(measured.groups) == 1 else 'groups'} by {self._by}"

    def _measurement(
        self,
        measured: MeasuredGroups,
        value: float,
        name: str,
        interval_at: Callable[[float], Interval],
        level: float,
        *,
        method: str,
        **more: Any,
    ) -> GroupMeasurement:
        low, high = interval_at(level)
        whole = self._whole
        about = f"{whole.about.group}, {self._by}" if whole.about.group else self._by
        return GroupMeasurement(
            value,
            name=name,
            low=low,
            high=high,
            n=sum(group.n for group in measured.groups),
            method=f"{self._kinds(measured)}; {method}{measured.left_out}",
            confidence=level,
            about=replace(whole.about, group=about),
            left_out=counted(whole.left_out),
            hiding=hiding_groups(whole, self.attributes, measured.least),
            scores=whole,
            interval_at=interval_at,
            **more,
        )

    def _share_nothing(self, measured: MeasuredGroups) -> bool:
        """Tell whether no cluster has items in two groups."""
        clusters = [set(self[group.name].clusters or ()) for group in measured.groups]
        return sum(map(len, clusters)) == len(set().union(*clusters))


def by_group(self: Scores, *attributes: str) -> ByGroup:
    """Return the scores of each group of an attribute, by name, or of each intersection of several attributes.

    Parameters
    ----------
    *attributes : str
        At least one. With several, a group is what the items share in all of them, and its name joins
        theirs: ``scores.by_group("religion", "polarity")["Muslim, neg"]``.

    Notes
    -----
    Where nobody knows to which group an item belongs that is left out, each group carries it: no claim about a group
    holds unless it would with all of those in it. Of answers that a model writes that is known.

    Raises
    ------
    ScoresError
        If no attribute is named, or the items carry no such attribute; the text lists those they carry.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9, 0.8, 0.7], [1, 1, 0], groups={"region": ["n", "s", "s"], "size": ["l", "l", "s"]})
    >>> scores.by_group("region")
    <2 groups by region; items: n: 1, s: 2>
    >>> list(scores.by_group("region", "size"))
    ['n, l', 's, l', 's, s']
    """
    if not attributes:
        raise ScoresError(f"by_group needs an attribute; the items carry {', '.join(sorted(self.groups)) or 'none'}")
    members: dict[tuple[str, ...], list[int]] = {}
    for index, names in enumerate(zip(*map(self._members, attributes), strict=True)):
        members.setdefault(names, []).append(index)
    left_out_of = left_out_by_group(self, attributes)
    parts: dict[str, Scores] = {}
    for names in sorted(members):
        said = ", ".join(f"{attribute}={name}" for attribute, name in zip(attributes, names, strict=True))
        name = ", ".join(names)
        parts[name if name not in parts else said] = self._group(said, members[names], left_out_of(names))
    return ByGroup(self, attributes, parts)


def _known(pair: tuple[MeasuredGroup, MeasuredGroup]) -> bool:
    return all(group.measurement is not None for group in pair)
