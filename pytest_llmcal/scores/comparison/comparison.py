"""A model beside its baseline, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement import Measurement, MeasurementError, Verdict
from pytest_llmcal.measurement.not_worse import checked_margin, not_worse
from pytest_llmcal.scores.comparison import differences
from pytest_llmcal.scores.comparison.matching import matched
from pytest_llmcal.scores.losses import brier_of, nll_of
from pytest_llmcal.scores.measures import by_choice, calibration, ranking, selective, smooth
from pytest_llmcal.scores.validation import checked_clip
from pytest_llmcal.statistics.auroc import added_to_auroc

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


@dataclass(frozen=True, eq=False)
class Comparison:
    """The scores of a model and of its baseline on the same items. Immutable.

    Each method is the difference of a metric, this model's less the baseline's, and takes the
    arguments of the metric. Both models answered the same items, so most of what makes
    one of their numbers uncertain makes both larger or both smaller, and drops out.

    Attributes
    ----------
    scores : Scores
        This model's.
    baseline : Scores
        The other model's, in the same order of items.

    Raises
    ------
    ScoresError
        If ids are missing or differ, an item has different right answers, the data are others, or
        the clusters differ; the text names the first item.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> new = Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 0], ids=["a", "b", "c", "d"])
    >>> old = Scores([0.6, 0.7, 0.9, 0.9], [0, 1, 0, 1], ids=["d", "c", "b", "a"])
    >>> difference = new.compare(old).accuracy()
    >>> difference.name, float(difference)
    ('accuracy_difference', 0.25)
    """

    scores: Scores
    baseline: Scores

    def __post_init__(self) -> None:
        this, baseline = matched(self.scores, self.baseline)
        object.__setattr__(self, "scores", this)
        object.__setattr__(self, "baseline", baseline)

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return f"<Comparison on {len(self)} items: accuracy {self.scores.correct.mean():.4f}, " + (
            f"the baseline's {self.baseline.correct.mean():.4f}>"
        )

    # A metric for which no better interval is known takes one line: of_intervals, with nothing but the metric.
    accuracy = differences.of_accuracies
    brier = differences.of_means("brier", brier_of)
    nll = differences.of_means("nll", lambda scores, clip=None: nll_of(scores, checked_clip(clip)))
    auroc = differences.of_intervals(
        ranking.auroc,
        added=lambda scores: added_to_auroc(scores.confidence, scores.correct),
        rarer=lambda scores: min(int(scores.correct.sum()), int((scores.correct == 0).sum())),
        change=1.0,
    )
    ece = differences.of_intervals(calibration.ece, paired=differences.paired_ece)
    squared_ece = differences.of_intervals(calibration.squared_ece)
    mce = differences.of_intervals(calibration.mce)
    ace = differences.of_intervals(by_choice.ace)
    classwise_ece = differences.of_intervals(by_choice.classwise_ece)
    marginal_ece = differences.of_intervals(by_choice.marginal_ece)
    smooth_ece = differences.of_intervals(smooth.smooth_ece)
    skce = differences.of_intervals(smooth.skce)
    kde_ece = differences.of_intervals(smooth.kde_ece)
    aurc = differences.of_intervals(selective.aurc)
    e_aurc = differences.of_intervals(selective.e_aurc)
    accuracy_at_coverage = differences.of_intervals(selective.accuracy_at_coverage)
    coverage_at_risk = differences.of_intervals(selective.coverage_at_risk)

    def not_worse_than(self, margin: float, *, metric: str = "nll", **asked: Any) -> Verdict:
        """Judge the claim that this model is worse than its baseline by at most ``margin``.

        Holds if the whole interval of the difference is at most so much worse, refuted if all of it is worse
        by more, else undecided. Of accuracy and AUROC lower is worse, of all others higher.

        Parameters
        ----------
        margin : float
            How much worse is let pass, at least zero, in units of the metric.
        metric : str
            Name of a method of this class.
        **asked
            Arguments of that method, such as ``bins`` or ``confidence``.

        Raises
        ------
        MeasurementError
            If the margin is negative or NaN, or more than the metric can differ, or there is no such metric.
        ScoresError
            As the metric does.

        Examples
        --------
        >>> from pytest_llmcal import Scores
        >>> ids = [str(i) for i in range(400)]
        >>> new, old = (Scores([c] * 400, [1, 1, 1, 0] * 100, ids=ids) for c in (0.76, 0.6))
        >>> new.compare(old).not_worse_than(0.02, metric="brier").status
        'holds'
        """
        margin = checked_margin(margin, _checked_metric(metric))
        difference: Measurement = getattr(self, metric)(**asked)
        return not_worse(difference, margin)


METRICS = sorted(
    name
    for name, method in vars(Comparison).items()
    if callable(method) and name[0] != "_" and name != "not_worse_than"
)
"""Names of the metrics that two models can be compared by."""


def _checked_metric(metric: str) -> str:
    if metric not in METRICS:
        raise MeasurementError(f"no metric of two models is called {metric!r}; known are {', '.join(METRICS)}")
    return metric
