"""Scores of the items that came so far, in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.scores import Scores
from pytest_llmcal.statistics.sequential.looks import LAST_SHARE, Look
from pytest_llmcal.statistics.sequential.lower_sequence import lower_sequence_end


@dataclass(frozen=True, eq=False, init=False)
class ScoresSoFar(Scores):
    """What a verdict is given at one of several looks at growing data.

    They are scores, and measured as such at the level of the look. Only the low end of the L1
    calibration error is another one, since there is one that is right whenever one stops: what
    the looks before the last may spend on it goes to that one, and at the last look the
    better of both counts.

    Attributes
    ----------
    look : Look
        The look that they are for.
    """

    look: Look

    @classmethod
    def at(cls, scores: Scores, look: Look) -> ScoresSoFar:
        """Return scores for one look; their rows are in the random order in which they were drawn."""
        made = cls.__new__(cls)
        made._set(**{name: getattr(scores, name) for name in Scores.__dataclass_fields__}, look=look)
        return made

    def ece(self, bins: int = 15, **more: Any) -> Measurement:
        """Measure as ``Scores.ece`` does, at most with a greater low end."""
        plain = Scores.ece(self, bins, **more)
        alike = not more.keys() - {"confidence"}  # another norm or binning is measured as at any look
        if not alike or self.clusters is not None or self.look.share == 1.0:
            return plain

        def interval_at(level: float) -> tuple[float, float]:
            at_look = plain.at(level)
            tail = (1.0 - level) / 2.0 / self.look.share * (1.0 - LAST_SHARE)
            low = lower_sequence_end(self.confidence, self.correct, tail, bins)
            return min(max(low, at_look.low) if self.look.last else low, at_look.high), at_look.high

        fields = {name: getattr(plain, name) for name in Measurement.__slots__}
        low, high = interval_at(plain.confidence)
        method = f"{plain.method}, or betting on the items in their order"
        return Measurement(
            float(plain), **fields | {"low": low, "high": high, "interval_at": interval_at, "method": method}
        )
