"""Centred isotonic regression: isotonic regression without its plateaus."""

from __future__ import annotations

from typing import ClassVar

from pytest_llmcal.calibrators.confidence_maps import Doubles, Polyline, Right
from pytest_llmcal.calibrators.extremes import isotonic_pools
from pytest_llmcal.calibrators.isotonic import Isotonic
from pytest_llmcal.calibrators.levels import Levels


class CenteredIsotonic(Isotonic):
    """Draw straight lines between the centres of the pools of isotonic regression (Oron, Flournoy 2017).

    Each pool becomes one point, its mean confidence and its accuracy. The map then rises strictly, and assumes
    that the accuracy does; elsewhere it is ``Isotonic``. Beyond the outermost centres it is level, as
    Oron and Flournoy have it: the ranking is kept between them, and tied beyond.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.
    extremes : {"shrunk", "raw"}
        See ``Isotonic``.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = CenteredIsotonic().fit(Scores([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1]))
    >>> fitted.transform(Scores([0.2, 0.5, 0.6], [0, 1, 1])).confidence.round(4).tolist()
    [0.25, 0.5, 0.5833]
    """

    name: ClassVar[str] = "centered-isotonic"

    def _fitted(self, confidence: Doubles, correct: Right) -> Polyline:
        pools = isotonic_pools(Levels.of(confidence, correct), self.extremes)
        return Polyline(pools.centre, pools.accuracy)
