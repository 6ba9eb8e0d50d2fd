"""A number over several groups of items, which says which of them it is about."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pytest_llmcal.measurement.item_outcomes import MOST_LEFT_OUT
from pytest_llmcal.measurement.measurement import Measurement

# So many groups that leave a claim open are named in its sentence.
_MOST_NAMED = 5


class Part(NamedTuple):
    """One group, or two groups that are held against each other, by itself.

    Attributes
    ----------
    name : str
        Of the group or groups.
    n : int
        Items of the group, of two groups the fewer.
    value : float
        Best guess.
    low, high : float
        Its own interval, which pays nothing for the others; the whole range where its items allow no measurement.
    """

    name: str
    n: int
    value: float
    low: float
    high: float

    def share_needed(self, limit: float) -> float:
        """Return how many times as many items would decide a claim with this limit, if the best guess were the truth.

        Examples
        --------
        >>> Part("north", 100, 0.1, 0.0, 0.2).share_needed(0.15).__round__(6)
        4.0
        """
        arm = self.high - self.value if self.value <= limit else self.value - self.low
        distance = abs(limit - self.value)
        return (arm / distance) ** 2 if distance > 0.0 else math.inf

    def __str__(self) -> str:
        return f"{self.name} ({self.n} {'item' if self.n == 1 else 'items'})"


class GroupMeasurement(Measurement):
    """A measurement over several groups: its verdicts name the group found, and those with too few items to decide.

    Parameters
    ----------
    value, **fields
        As for ``Measurement``.
    found : str
        Which group the number is that of, as a part of a sentence: ``"for coast (667 items), the worst of 3"``.
    parts : sequence of Part
        Each group by itself; empty where there is but one.
    hiding : sequence of str
        The groups of which more than a tenth of the items are left out, where that is known: no claim holds then.
    whole : int, optional
        Items that the ``n`` measured were taken from, where more of them would be needed to measure more.

    Examples
    --------
    >>> few = Part("south", 9, 0.2, 0.0, 0.6)
    >>> ece = GroupMeasurement(0.2, name="ece_worst_group", low=0.0, high=0.6, n=99, method="by hand", confidence=0.95,
    ...     found="for south (9 items), the worst of 2 groups", parts=[Part("north", 90, 0.02, 0.0, 0.04), few])
    >>> ece.below(0.05).explain().split("; ")[1]
    'too few items to decide in south (9 items)'
    """

    __slots__ = ("found", "hiding", "parts", "whole")
    found: str
    hiding: tuple[str, ...]
    parts: tuple[Part, ...]
    whole: int | None

    def __new__(
        cls,
        value: float,
        *,
        found: str = "",
        parts: Sequence[Part] = (),
        hiding: Sequence[str] = (),
        whole: int | None = None,
        **fields: Any,
    ) -> GroupMeasurement:
        """Freeze what is known of the groups beside the numbers."""
        self = super().__new__(cls, value, **fields)
        assert isinstance(self, cls)
        object.__setattr__(self, "found", found)
        object.__setattr__(self, "parts", tuple(parts))
        object.__setattr__(self, "hiding", tuple(hiding))
        object.__setattr__(self, "whole", whole)
        return self

    def _fields(self) -> dict[str, Any]:
        own = {"found": self.found, "parts": self.parts, "hiding": self.hiding, "whole": self.whole}
        return super()._fields() | own

    def items_needed(self, limit: float) -> int | None:
        """Return about how many items would decide a claim with this limit, if groups kept their shares of them.

        That is if the best guess of each group that leaves it open were the truth; None where none would.
        """
        shares = [part.share_needed(limit) for part in self._open([limit])]
        if not shares:
            alone = super().items_needed(limit)
            return alone and math.ceil(alone * (self.whole or self.n) / self.n)
        needed = max(shares)
        return math.ceil(self.n * needed) if 1.0 < needed < 1e6 else None

    def _open(self, limits: Sequence[float]) -> Iterator[Part]:
        return (part for part in self.parts if any(part.low < limit < part.high for limit in limits))

    def _too_much_hidden(self) -> str:
        more = f" and {len(self.hiding) - _MOST_NAMED} more" if len(self.hiding) > _MOST_NAMED else ""
        some = f"more than {100 * MOST_LEFT_OUT:g}% of {', '.join(self.hiding[:_MOST_NAMED])}{more} are"
        return super()._too_much_hidden() or (some if self.hiding else "")

    def _where(self) -> str:
        return self.found or super()._where()

    def _left_open(self, limits: Sequence[float]) -> str:
        few = sorted(self._open(limits), key=lambda part: part.n)
        if not few:
            many = len(self.parts)
            return f"; by itself one of the {many} would refute it, but not as one of {many}" if many else ""
        more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
        return f"; too few items to decide in {', '.join(map(str, few[:_MOST_NAMED]))}{more}"
