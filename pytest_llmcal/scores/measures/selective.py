"""What is gained by holding back the least confident answers (abstention, selective prediction)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics import selective
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.validation import checked_share
from pytest_llmcal.statistics.aurc import aurc_interval
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect, design_effect, members_of
from pytest_llmcal.statistics.coverage import accuracy_interval, coverage_interval
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def aurc(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the area under the risk-coverage curve: the mean error rate over all shares of the surest answers.

    (1 / n) times the sum over k of the error rate among the k most confident answers (Geifman, Uziel,
    El-Yaniv 2019), from 0 (nothing is wrong) to 1. Answers of one confidence count as in any order, on average.

    Parameters
    ----------
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> float(Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0]).aurc())
    0.0625
    """
    return _area(self, "aurc", "mean error rate over all coverages", confidence)


def e_aurc(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the excess AURC: how much larger it is than if all right answers came before all wrong ones.

    Geifman, Uziel, El-Yaniv (2019). It asks for the order of the confidences alone, whatever the accuracy: from
    0 to ln 2. The least area is that which these n items can reach, so that the best order has no excess.

    Parameters
    ----------
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If correctness is graded: the least area then depends on how the grades are spread, for which no interval is
        known.
    """
    if self.is_graded:
        raise ScoresError(
            "the excess AURC is held against the order that puts right answers before wrong ones, and correctness here "
            "is graded; take aurc, or say from which grade on an answer is right, Scores(confidence, correct >= 0.5)"
        )
    return _area(self, "e_aurc", "AURC less that of the best order", confidence)


def accuracy_at_coverage(self: Scores, coverage: float, *, confidence: float | None = None) -> Measurement:
    """Measure the share of right answers among the most confident share ``coverage`` of all.

    The interval speaks about that share of all the answers the model could give, not about those
    above the threshold that was found here: where the threshold lies is not known either.

    Parameters
    ----------
    coverage : float
        Share of the answers that is accepted, above 0 and at most 1; of n items ``coverage`` * n, rounded up.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If ``coverage`` is no such share.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0])
    >>> float(scores.accuracy_at_coverage(0.75)), float(scores.accuracy_at_coverage(1.0))
    (1.0, 0.75)
    """
    coverage = checked_share("coverage", coverage, above_zero=True)
    errors = selective.expected_errors(self.confidence, self.correct)
    count = selective.accepted_items(len(self), coverage)
    effect = effect_on_accepted(self, count)
    return measured(
        self,
        "accuracy_at_coverage",
        1.0 - errors[count - 1] / count,
        lambda level: accuracy_interval(errors, coverage, level, effect.design),
        confidence,
        f"accuracy of the {count} most confident, coverage {coverage:g}; Clopper-Pearson interval"
        + ("" if coverage == 1.0 else " over all likely thresholds"),
        effect=effect,
    )


def coverage_at_risk(self: Scores, risk: float, *, confidence: float | None = None) -> Measurement:
    """Measure the largest share of the answers, surest first, of which at most ``risk`` are wrong.

    Zero where no share is so seldom wrong. The lower end is a promise: to accept that share has at most
    that risk, but for (1 - confidence) / 2 of samples. It takes many items, few of them wrong, to promise anything: at
    least ln(2 / (1 - confidence)) / risk accepted ones, and more as the start of the search is not known.
    An item that is left out because it has no confidence is never accepted, and counts among all.

    Parameters
    ----------
    risk : float
        Share of wrong answers among the accepted ones that is let pass, from 0 to 1. No number of items
        can promise that there is none at all: at risk 0 the lower end is 0.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If ``risk`` is no such share.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> float(Scores([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 1, 0, 0]).coverage_at_risk(0.25))
    0.8
    """
    risk = checked_share("risk", risk)
    known = selective.expected_errors(self.confidence, self.correct)
    missing = len(self.left_out)
    # As if they were accepted last and all wrong: up to there nothing is changed, and beyond there is no coverage.
    errors = np.append(known, known[-1] + np.arange(1.0, missing + 1.0))
    value = min(selective.coverage_at_risk(errors, risk), len(self) / len(errors))
    whole, accepted = effect_on_accepted(self, len(self)), effect_on_accepted(self, max(1, round(value * len(errors))))
    effect = max(whole, accepted)  # by design effect
    tests = "Hoeffding-Bentkus" if self.is_graded else "binomial"

    def interval_at(level: float) -> Interval:
        if not missing:
            return coverage_interval(errors, risk, level, effect.design, graded=self.is_graded)
        # The lesser of two coverages, so an upper end errs where either does: each has half of the error rate.
        strict = 0.5 * (1.0 + level)
        accepted = coverage_interval(errors, risk, strict, effect.design, graded=self.is_graded)
        possible = clopper_pearson(len(self) / effect.design, len(errors) / effect.design, strict)
        return Interval(min(accepted.low, possible.low), min(accepted.high, possible.high))

    return measured(
        self,
        "coverage_at_risk",
        value,
        interval_at,
        confidence,
        f"largest coverage with at most {risk:g} wrong"
        + (f" out of all with the {missing} that have no confidence" if missing else "")
        + f"; {tests} tests of every coverage, fixed sequence upward",
        effect=effect,
        of_all=True,
    )


def _area(scores: Scores, name: str, kind: str, confidence: float | None) -> Measurement:
    excess = name == "e_aurc"
    value = (selective.e_aurc if excess else selective.aurc)(scores.confidence, scores.correct)
    members = members_of(scores.clusters)
    return measured(
        scores,
        name,
        value,
        aurc_interval(scores.confidence, scores.correct, value, members, excess=excess),
        confidence,
        f"{kind}; Hall's skewness-corrected t interval of the influence"
        + ("" if members is None else f" over {int(members.max()) + 1} clusters"),
    )


def effect_on_accepted(scores: Scores, count: int) -> Effect:
    """Return what clusters do to how many of the ``count`` most confident are right, and to which these are."""
    members = members_of(scores.clusters)
    if members is None:
        return INDEPENDENT
    accepted = selective.accepted_shares(scores.confidence, count)
    right = scores.correct.astype(np.float64)
    on_risk = design_effect(accepted * (right - accepted @ right / count), members)
    return on_risk if count == len(scores) else max(on_risk, design_effect(accepted, members))
