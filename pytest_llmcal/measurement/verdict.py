"""What a measurement says about a limit: holds, refuted or undecided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement.judging import Status
from pytest_llmcal.measurement.notebook import verdict_html
from pytest_llmcal.measurement.rules import Observation, current_rules

if TYPE_CHECKING:
    from pytest_llmcal.measurement.measurement import Measurement


@dataclass(frozen=True, repr=False)
class Verdict:
    """A claim about a measurement, decided at the measurement's confidence or left open.

    As a bool, ``holds`` is True, ``refuted`` is False, and ``undecided`` is what the
    rules in force say (False unless a run was told otherwise).

    Attributes
    ----------
    status : {"holds", "refuted", "undecided"}
        What the data say about the claim.
    relation : str
        The kind of claim: ``"below"``, ``"above"``, ``"between"``, ``"is_monotone"``, ``"is_calibrated"``,
        ``"not_worse_than"`` or ``"unmoved"``.
    claim : str
        The claim in words, for instance ``"ECE is at most 0.05"``.
    reason : str
        Why the status is what it is, as the rest of the sentence.
    measurement : Measurement
        What the claim is about.
    limit : float or None
        What it was held against.
    items_needed : int or None
        For an undecided verdict, about how many items would decide it if the
        measurement's best guess were the truth; None when no number would.
    p_value : float or None
        The least one-sided error rate at which the claim would be refuted; known in a run that
        corrects by Holm.
    share : float
        The share of the run's error rate at which it was judged.
    """

    status: Status
    relation: str
    claim: str
    reason: str
    measurement: Measurement
    limit: float | None = None
    items_needed: int | None = None
    p_value: float | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        observation = Observation(self.measurement, self.relation, self.limit, self.status, self.explain(), self)
        object.__setattr__(self, "_was_read", False)  # our own reading does not count
        current_rules().observe(observation)

    def __getattribute__(self, name: str) -> Any:
        # A verdict that nobody looks at decides nothing; whoever asks for one of these has looked.
        if name in {"status", "explain", "reason", "items_needed", "limit", "measurement"}:
            object.__setattr__(self, "_was_read", True)
        return object.__getattribute__(self, name)

    @property
    def was_read(self) -> bool:
        """Whether anybody has asked what it says: as a bool, or for its status or its sentence."""
        return bool(object.__getattribute__(self, "_was_read"))

    def __bool__(self) -> bool:
        if self.status == "undecided" and not self.measurement.hides_too_much:
            return current_rules().undecided(self)
        return self.status == "holds"

    def explain(self) -> str:
        """Return the verdict as one plain sentence."""
        words = {"holds": "holds", "refuted": "is refuted", "undecided": "is undecided"}[self.status]
        return f"The claim that {self.claim} {words}: {self.reason}."

    def __repr__(self) -> str:
        return f"<Verdict {object.__getattribute__(self, 'status')}: {self.claim}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return verdict_html(self)
