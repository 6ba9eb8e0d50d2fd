"""Whether a model is calibrated: tests, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcal.measurement import Measurement, Verdict, judged
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.statistics.calibration_tests import spiegelhalter
from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.testing import examine
from pytest_llmcal.statistics.clusters import members_of

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_AUTO = "kuiper"
_ROUNDING = 1.0 + 1e-9
# A calibrated model's p-value is below this once in five times; one that stays so is on its way to being refuted.
_LIKELY = 0.2
_TITLES = {
    "ece": "ECE",
    "hosmer-lemeshow": "Hosmer-Lemeshow",
    "kolmogorov-smirnov": "Kolmogorov-Smirnov",
    "kuiper": "Kuiper",
    "skce": "squared kernel calibration error",
    "spiegelhalter": "Spiegelhalter",
    "t-cal": "T-Cal",
}


@dataclass(frozen=True)
class CalibrationTest:
    """What a test of calibration found. That it does not refute proves nothing.

    Attributes
    ----------
    name : str
        Which test it was.
    statistic : float
        The larger, the more speaks against calibration; infinite where an outcome was impossible.
    p_value : float
        How often a perfectly calibrated model with the same confidences shows as large a statistic.
    n : int
        Number of items.
    method : str
        Where the p-value is from, in words.
    """

    name: str
    statistic: float
    p_value: float
    n: int
    method: str


def calibration_test(self: Scores, name: str = "auto") -> CalibrationTest:
    """Test the hypothesis that each answer is right with the probability that is its confidence.

    For up to 2,000 items, for confidences near one, and for tests without a known law, the p-value is that of
    999 to 9,999 redraws of the answers from the confidences: exact, whatever the number of items. With clusters it is
    that of sign flips of whole clusters, or, where few clusters can tell, of redraws in which those of a
    cluster are right or wrong together. A wrong answer at a confidence of exactly 1 refutes calibration: p is 0.

    Parameters
    ----------
    name : str
        ``"kuiper"``, which ``"auto"`` takes, and ``"kolmogorov-smirnov"``: cumulative differences, no bins
        (Arrieta-Ibarra et al. 2022). ``"ece"``: the plug-in ECE over 15 bins (Vaicenavicius et al. 2019).
        ``"t-cal"``: debiased squared error over coarse to fine bins (Lee et al. 2023). ``"skce"``: squared kernel
        calibration error (Widmann et al. 2019). ``"spiegelhalter"``: the Brier score, on both sides
        (Spiegelhalter 1986). ``"hosmer-lemeshow"``: ten groups of equal size (Hosmer, Lemeshow 1980).

    Raises
    ------
    ScoresError
        If there is no such test, or Spiegelhalter's is asked for where all confidences are 0, one half or 1.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> test = Scores([0.9] * 100, [1] * 70 + [0] * 30).calibration_test()
    >>> test.name, round(test.statistic, 2), test.p_value, test.n
    ('kuiper', 6.67, 0.0001, 100)
    """
    chosen = _AUTO if name == "auto" else name
    if chosen not in TESTS:
        raise ScoresError(f"a calibration test is 'auto' or one of {', '.join(map(repr, TESTS))}, got {name!r}")
    if chosen == "spiegelhalter" and not spiegelhalter.sees(self.confidence):
        raise ScoresError(
            "Spiegelhalter's test looks at confidences other than 0, 0.5 and 1, and there is none; "
            "take another one, such as 'kuiper'"
        )
    found = examine(TESTS[chosen], self.confidence, self.correct, members_of(self.clusters))
    return CalibrationTest(chosen, found.statistic, found.p_value, len(self), found.method)


def is_calibrated(self: Scores, alpha: float | None = None, *, test: str = "auto", tolerance: float = 0.05) -> Verdict:
    """Judge the claim that the model is calibrated.

    A test that does not refute calibration proves nothing: with few items none does. So the claim

    * is refuted if a test refutes that the model is perfectly calibrated, however small its error may be;
    * holds if not, and the upper end of the interval of the ECE is at most ``tolerance``: an error that
      matters is excluded;
    * is undecided else: more items are needed.

    Parameters
    ----------
    alpha : float, optional
        How often a perfectly calibrated model may be refuted, from 0 to 1. By default one less the confidence of
        the rules in force, 0.05; a run that corrects for many gates makes it smaller by the gate's share.
    test : str
        As for ``calibration_test``.
    tolerance : float
        The ECE that is let pass, from 0 to 1. A model whose ECE is larger is found calibrated in at most half of one
        less the confidence of the rules in force, 2.5% of runs.

    Raises
    ------
    ScoresError
        As for ``calibration_test``, or if a number is out of range.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> print(Scores([0.9] * 1000, [1] * 900 + [0] * 100).is_calibrated().status)
    holds
    >>> print(Scores([0.9] * 20, [1] * 18 + [0] * 2).is_calibrated().status)
    undecided
    """
    for name, number in (("alpha", alpha), ("tolerance", tolerance)):
        if number is not None and not 0.0 <= number <= 1.0:
            raise ScoresError(f"{name} must lie between 0 and 1, got {number!r}")
    found = calibration_test(self, test)
    error = self.ece()
    rate = 1.0 - error.confidence
    level = round(rate, 12) if alpha is None else float(alpha)

    def refuted(strict: Measurement) -> bool:
        # Corrections go by the two-sided error rate 1 - strict.confidence, of which a claim about a limit errs with
        # one half. This claim errs with the whole of its rate, so that what it hands on is half of its p-value.
        return found.p_value * rate <= level * (1.0 - strict.confidence) * _ROUNDING

    holds = not refuted(error) and error.high <= tolerance
    judgement = judged(error, holds=holds, refuted=refuted)
    # What the interval would need; where the test may soon refute, or the best guess is too much, nobody knows.
    likely = found.p_value > _LIKELY and (error.debiased or 0.0) < tolerance
    needed = error.items_needed(tolerance) if judgement.open_to_items and likely else None
    return Verdict(
        judgement.status,
        "is_calibrated",
        "the model is calibrated",
        _reason(found, error, refuted(error), level, tolerance)
        + judgement.note
        + (f"; about {needed} items would decide it" if needed else ""),
        error,
        float(tolerance),
        needed,
        judgement.p_value,
        judgement.share,
    )


def _reason(found: CalibrationTest, error: Measurement, refutes: bool, level: float, tolerance: float) -> str:
    test = (
        f"the {_TITLES[found.name]} test gives p = {found.p_value:.2g} on {found.n} "
        f"{'item' if found.n == 1 else 'items'}, which is {'at most' if refutes else 'above'} {level:.4g}"
    )
    known = f"with {100 * error.confidence:g}% confidence the ECE is at most {error.high:.4g}"
    if refutes:
        return f"{test}; {known}"
    if error.high <= tolerance:
        return f"{test}, and {known}, so an error above {tolerance:.4g} is excluded"
    return f"{test}, but {known}, so an error above {tolerance:.4g} is not excluded"
