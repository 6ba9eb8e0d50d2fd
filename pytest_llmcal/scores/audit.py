"""An audit: the subgroup that looks worst calibrated on one half of the items, tested on the other half."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import (
    GroupMeasurement,
    Measurement,
    Verdict,
    hides_too_much,
    judged,
    said_of_left_out,
)
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.overconfidence import confidence_minus_accuracy
from pytest_llmcal.scores.outcomes import counted
from pytest_llmcal.scores.validation import checked_min_items
from pytest_llmcal.statistics.calibration_tests.testing import examine
from pytest_llmcal.statistics.clusters import members_of
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.subgroup_search import Search, Subgroup, intersections, strongest, total

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_ROUNDING = 1.0 + 1e-9


@dataclass(frozen=True)
class Audit:
    """The subgroup with the strongest evidence of miscalibration, and what other items say about it.

    Attributes
    ----------
    subgroup : str
        Which items they are, for instance ``"region=coast, confidence above 0.62 and at most 0.9"``.
    direction : {"overconfident", "underconfident"}
        What the searched half suggests.
    gap : GroupMeasurement
        Confidence less accuracy on the held-out items of the subgroup, less the other way round where it looked
        underconfident: positive where they show what the searched half suggests.
    p_value : float
        How often a model that is calibrated in every subgroup shows as large a gap in this direction.
    searched, looked_at : int
        Items of the searched half, and subgroups that were looked at there.
    method : str
        Where the p-value is from, in words.
    """

    subgroup: str
    direction: str
    gap: GroupMeasurement
    p_value: float
    searched: int
    looked_at: int
    method: str

    def below(self, limit: float) -> Verdict:
        """Judge the claim that the subgroup found is off by at most ``limit``, as ``gap.below(limit)``."""
        return self.gap.below(limit)

    def is_calibrated(self, alpha: float | None = None, *, tolerance: float = 0.1) -> Verdict:
        """Judge the claim that the model is calibrated in the subgroup that looked worst.

        * It is refuted if the p-value is at most ``alpha``, however small the gap may be.
        * It holds if not, and the interval excludes a gap of more than ``tolerance`` in either direction. That says
          nothing about subgroups that were not found.
        * It is undecided else.

        Parameters
        ----------
        alpha : float, optional
            How often a model that is calibrated in every subgroup may be refuted, from 0 to 1. By default one
            less the confidence of the measurement, 0.05; a run that corrects for many gates makes it smaller.
        tolerance : float
            The gap that is let pass, from 0 to 1.

        Raises
        ------
        ScoresError
            If a number is out of range.
        """
        for name, number in (("alpha", alpha), ("tolerance", tolerance)):
            if number is not None and not 0.0 <= number <= 1.0:
                raise ScoresError(f"{name} must lie between 0 and 1, got {number!r}")
        gap, rate = self.gap, 1.0 - self.gap.confidence
        level = round(rate, 12) if alpha is None else float(alpha)

        def refuted(strict: Measurement) -> bool:
            # As for Scores.is_calibrated: this claim errs with the whole of its rate, and not with half of it.
            return self.p_value * rate <= level * (1.0 - strict.confidence) * _ROUNDING

        holds = not refuted(gap) and gap.high <= tolerance and gap.low >= -tolerance
        judgement = judged(gap, holds=holds, refuted=refuted)
        return Verdict(
            judgement.status,
            "is_calibrated",
            f"the model is calibrated in {self.subgroup}",
            f"p = {self.p_value:.2g}, which is {'at most' if refuted(gap) else 'above'} {level:.4g}; the gap was "
            f"measured as {float(gap):.4g} {gap.found}, and with {100 * gap.confidence:g}% confidence it lies between "
            f"{gap.low:.4g} and {gap.high:.4g}{judgement.note}",
            gap,
            float(tolerance),
            None,
            judgement.p_value,
            judgement.share,
        )


def audit(
    self: Scores,
    *attributes: str,
    depth: int = 2,
    ranges: int = 4,
    min_items: int = 20,
    seed: int = 0,
    confidence: float | None = None,
) -> Audit:
    """Search for the subgroup that looks worst calibrated on one half of the items, and test it on the other.

    Multicalibration asks that a model be calibrated in every subgroup that can be described (Hebert-Johnson, Kim,
    Reingold, Rothblum 2018); an audit searches for one where it is not (Kim, Ghorbani, Zou 2019). Subgroups
    are all items, the groups of each attribute and their intersections, each for all confidences and for every range
    of neighbouring bins of confidence. The evidence is the sum of confidence less correctness by its standard
    deviation. What was right in the other half plays no part in the search, so its p-value is valid whatever
    the search did: a model that is calibrated in every subgroup is refuted at a level alpha in at most that share of
    runs.

    Parameters
    ----------
    *attributes : str
        What subgroups are made of; all attributes of the items by default.
    depth : int
        Most attributes that one subgroup is described by.
    ranges : int
        Number of bins of about equally many items that ranges of confidence are made of; 1 looks at no ranges.
    min_items : int
        Fewest items of a subgroup in each half.
    seed : int
        Of the split into halves. Items of one cluster stay together.
    confidence : float, optional
        Level of the interval of the gap; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If the items carry no such attribute, there are fewer than two items or clusters, or a number is out of range.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 800, ([1] * 9 + [0]) * 40 + ([1] * 6 + [0] * 4) * 40,
    ...     groups={"region": ["north"] * 400 + ["south"] * 400})
    >>> audit = scores.audit("region")
    >>> audit.subgroup, audit.direction, audit.below(0.1).status
    ('region=south', 'overconfident', 'refuted')
    """
    for name, number in (("depth", depth), ("ranges", ranges)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ScoresError(f"{name} must be a whole number of at least one, got {number!r}")
    least = checked_min_items(min_items)
    members = {name: np.array(self._members(name)) for name in attributes or self.groups}
    edges = _edges(self, ranges)
    bins = np.searchsorted(edges, self.confidence, side="left")
    first, other = self._halves(0.5, seed)
    c = self.confidence.astype(np.float64)
    found = strongest(
        c - self.correct,
        c * (1.0 - c),
        bins,
        intersections(members, depth, (first, other), least),
        (first, other),
        least,
    )
    held_out = other & (bins >= found.subgroup.first) & (bins <= found.subgroup.last)
    for name, member in found.subgroup.members.items():
        held_out &= members[name] == member
    part = self._group(_named(found.subgroup, edges), list(np.flatnonzero(held_out)), self.left_out)
    return _tested(part, found, _named(found.subgroup, edges), (int(first.sum()), self), confidence)


def _tested(part: Scores, found: Search, subgroup: str, items: tuple[int, Scores], confidence: float | None) -> Audit:
    searched, whole = items
    left_out = counted(whole.left_out)
    missing = said_of_left_out(left_out, len(whole))
    sign = -1.0 if found.z < 0.0 else 1.0
    direction = "underconfident" if sign < 0.0 else "overconfident"
    tested = examine(partial(total, sign), part.confidence, part.correct, members_of(part.clusters))
    gap = confidence_minus_accuracy(part, confidence=confidence)
    assert gap.interval_at is not None  # it was measured of scores
    at = gap.interval_at

    def interval_at(level: float) -> Interval:
        low, high = at(level)
        return Interval(low, high) if sign > 0.0 else Interval(-high, -low)

    low, high = interval_at(gap.confidence)
    measurement = GroupMeasurement(
        sign * float(gap),
        name="subgroup_gap",
        low=low,
        high=high,
        n=len(part),
        method=f"{direction} subgroup found among {found.looked_at} on {searched} other items; {gap.method}"
        + (missing and f"; {missing}"),
        confidence=gap.confidence,
        about=part.about,
        # Of a subgroup nobody knows the share, which would be large in any small one: that of all items decides.
        left_out=left_out if hides_too_much(left_out, len(whole)) else (),
        scores=part,
        interval_at=interval_at,
        whole=len(whole),
        found=f"in {subgroup}, on {len(part)} held-out {'item' if len(part) == 1 else 'items'} (it looked the most "
        f"{direction} of {found.looked_at} subgroups on {searched} others; p = {tested.p_value:.2g} here)",
    )
    return Audit(subgroup, direction, measurement, tested.p_value, searched, found.looked_at, tested.method)


def _edges(scores: Scores, ranges: int) -> np.ndarray:
    """Return the upper edges of all bins of confidence but the last; equal confidences share a bin."""
    shares = np.arange(1, ranges) / ranges
    edges = np.unique(np.quantile(scores.confidence.astype(np.float64), shares, method="inverted_cdf"))
    return edges[edges < float(scores.confidence.max())]


def _named(subgroup: Subgroup, edges: np.ndarray) -> str:
    """Write which items a subgroup holds."""
    said = [f"{name}={member}" for name, member in subgroup.members.items()]
    bounds = []
    if subgroup.first > 0:
        bounds.append(f"above {edges[subgroup.first - 1]:.3g}")
    if subgroup.last < len(edges):
        bounds.append(f"at most {edges[subgroup.last]:.3g}")
    if bounds:
        said.append(f"confidence {' and '.join(bounds)}")
    return ", ".join(said) or "all items"
