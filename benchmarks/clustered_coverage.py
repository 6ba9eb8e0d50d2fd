"""How often intervals are wrong where items come in clusters, with the clusters said and unsaid.

    python -m benchmarks.clustered_coverage [--draws 400] [--confidence 0.95]

Answers to questions about one passage are right or wrong together: a latent normal has a share that
is common to the cluster. The confidence is the same for all items of a cluster ("one confidence"), or each
item has its own. An end promises to be wrong in at most 2.5% of draws at 95%.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics.calibration_error import calibration_error

# Items of which the true values are computed.
_MANY = 1_000_000


class Design(NamedTuple):
    """How items come: clusters, items in each, the share that they have in common, and how much too sure they are."""

    clusters: int
    size: int
    correlation: float
    overconfident_by: float
    one_confidence: bool

    def draw(self, generator: np.random.Generator, clusters: int) -> tuple[Scores, np.ndarray]:
        """Draw scores of so many clusters, and the true probability that each answer is right."""
        member = np.repeat(np.arange(clusters), self.size)
        n = len(member)
        confidence = generator.beta(5.0, 1.5, clusters)[member] if self.one_confidence else generator.beta(5.0, 1.5, n)
        chance = np.clip(confidence - self.overconfident_by, 0.0, 1.0)
        common, own = generator.normal(size=clusters)[member], generator.normal(size=n)
        latent = np.sqrt(self.correlation) * common + np.sqrt(1.0 - self.correlation) * own
        return Scores(confidence, ndtr(latent) < chance, clusters=list(map(str, member))), chance


DESIGNS = [
    Design(clusters, size, correlation, gap, one_confidence)
    for clusters, size, correlation in ((100, 5, 0.3), (40, 25, 0.3), (10, 20, 0.3), (300, 3, 1.0), (40, 10, 0.0))
    for gap, one_confidence in ((0.0, True), (0.1, True), (0.1, False))
]


def measured(scores: Scores, level: float) -> dict[str, Measurement]:
    """Measure everything that has an interval in closed form."""
    asked = {"confidence": level}
    return {
        "accuracy": scores.accuracy(**asked),
        "auroc": scores.auroc(**asked),
        "brier": scores.brier(**asked),
        "nll": scores.nll(**asked),
        "ece": scores.ece(binning="uniform", **asked),
        "ece_l2": scores.ece(binning="uniform", norm="l2", **asked),
        "mce": scores.mce(5, binning="uniform", **asked),
    }


def truth(design: Design) -> dict[str, float]:
    """Return what is measured, of all the answers that the model could give."""
    scores, chance = design.draw(np.random.default_rng(1), _MANY // design.size)
    known = {name: float(value) for name, value in measured(scores._with(clusters=None), 0.9).items()}
    norms = {"ece": (15, "l1"), "ece_l2": (15, "l2"), "mce": (5, "max")}
    return known | {name: calibration_error(scores.confidence, chance, *how) for name, how in norms.items()}


def rates(design: Design, draws: int, level: float) -> dict[str, np.ndarray]:
    """Return in how many percent of draws the low and the high end were wrong: clusters said, and unsaid."""
    generator = np.random.default_rng(0)
    true = truth(design)
    wrong = {name: np.zeros(4) for name in true}
    for _ in range(draws):
        scores, _ = design.draw(generator, design.clusters)
        while scores.correct.all():  # has no AUROC
            scores, _ = design.draw(generator, design.clusters)
        said, unsaid = measured(scores, level), measured(scores._with(clusters=None), level)
        for name, value in true.items():
            ends = np.array([said[name].low, said[name].high, unsaid[name].low, unsaid[name].high])
            # The true values are known to three or four digits.
            wrong[name] += (ends - value) * [1, -1, 1, -1] > 1e-3
    return {name: 100.0 * count / draws for name, count in wrong.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--confidence", type=float, default=0.95)
    options = parser.parse_args()
    print(
        f"wrong low / high end in % of {options.draws} draws at {options.confidence:.0%}; in brackets without clusters"
    )
    print(f"{'clusters of items':<20}{'common':>7}{'gap':>5}  {'confidence':<11}", end="")
    names = list(measured(DESIGNS[0].draw(np.random.default_rng(0), 9)[0], 0.9))
    print("".join(f"{name:>24}" for name in names))
    worst = np.zeros(4)
    for design in DESIGNS:
        print(f"{design.clusters:>5} of {design.size:<11}{design.correlation:>7}{design.overconfident_by:>5}  ", end="")
        print(f"{'one' if design.one_confidence else 'own':<11}", end="")
        for low, high, low_unsaid, high_unsaid in rates(design, options.draws, options.confidence).values():
            worst = np.maximum(worst, [low, high, low_unsaid, high_unsaid])
            print(f"{f'{low:.1f} / {high:.1f} ({low_unsaid:.0f} / {high_unsaid:.0f})':>24}", end="")
        print(flush=True)
    print(f"worst: {worst[0]:.1f} / {worst[1]:.1f} ({worst[2]:.0f} / {worst[3]:.0f})")


if __name__ == "__main__":
    main()
