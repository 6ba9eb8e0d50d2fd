"""How often the group gate and the audit find a model that is biased against one group, and how often a good one.

    python -m benchmarks.groups [--draws 200]

The embedded model answers the questions of its world; for items about the coast alone its logits are
multiplied by a factor, so that it is too sure there and nowhere else. What it says is computed once; the right
answers are drawn afresh from their true odds for each draw, so its true calibration errors are known. "perfect" says
the true odds themselves.

"group gate" is ``scores.by_group("region").worst("ece").below(0.05)``, "audit gap" ``scores.audit().below(0.02)``, and
"audit p" ``scores.audit().is_calibrated()``: how often each is refuted, and in brackets how often it names the coast.
"worst" and "gap" count how often the interval of the worst ECE, and of the largest gap in ECE, misses the true one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.measurement import GroupMeasurement, Verdict
from pytest_llmcal.scores import Audit, ByGroup
from pytest_llmcal.scoring import score
from pytest_llmcal.tasks import Item, Items
from pytest_llmcal.world import redraw

TASK, ATTRIBUTE, PLANTED = "world/qa", "region", "coast"
GROUP_LIMIT, AUDIT_LIMIT = 0.05, 0.02
FACTORS = (1.0, 1.25, 1.5, 2.0, 2.5)

Logits = npt.NDArray[np.floating]


class Draw(NamedTuple):
    """What the gates say of one draw of the right answers."""

    groups: ByGroup
    worst: GroupMeasurement
    audit: Audit

    def refuted(self) -> tuple[bool, bool, bool]:
        """Tell which of group gate, audit gap and audit p refute."""
        return (
            _refutes(self.worst.below(GROUP_LIMIT)),
            _refutes(self.audit.below(AUDIT_LIMIT)),
            _refutes(self.audit.is_calibrated()),
        )

    def found(self) -> tuple[bool, bool, bool]:
        """Tell which of them refute and name the planted group."""
        of_group, of_gap, of_p = self.refuted()
        is_audited = PLANTED in self.audit.subgroup
        return of_group and PLANTED in self.worst.found, of_gap and is_audited, of_p and is_audited


def _refutes(verdict: Verdict) -> bool:
    return verdict.status == "refuted"


def planted(scores: Scores, factor: float) -> Scores:
    """Return the scores with the logits of the planted group's items multiplied by a factor."""
    assert scores.choices is not None
    here = np.array(scores.groups[ATTRIBUTE]) == PLANTED
    return with_answers(scores, np.where(here[:, None], factor, 1.0) * scores.choices.values, scores.choices.labels)


def perfect(items: Items) -> Scores:
    """Return the scores of a model that says the true odds."""
    questions = [item for item in items if isinstance(item, Item) and item.truth is not None]
    truth = np.zeros((len(questions), max(len(item.choices) for item in questions)))
    for row, item in enumerate(questions):
        truth[row, : len(item.choices)] = item.truth
    with np.errstate(divide="ignore"):
        logits = np.log(truth)
    groups = {name: [item.groups[name] for item in questions] for name in questions[0].groups}
    return Scores.from_logits(logits, [item.answer for item in questions], groups=groups, truth=truth)


def with_answers(scores: Scores, logits: Logits, answers: Sequence[int]) -> Scores:
    """Return scores of these logits with these right answers."""
    assert scores.choices is not None
    return Scores.from_logits(logits, answers, groups=scores.groups, truth=scores.choices.truth)


def answers_drawn(items: Items, draws: int) -> list[list[int]]:
    """Draw the right answers afresh so many times."""
    return [[item.answer for item in redraw(items, seed) if isinstance(item, Item)] for seed in range(draws)]


def judged(scores: Scores, answers: Sequence[int]) -> Draw:
    """Judge scores by these right answers."""
    assert scores.choices is not None
    drawn = with_answers(scores, scores.choices.values, answers)
    groups = drawn.by_group(ATTRIBUTE)
    return Draw(groups, groups.worst("ece"), drawn.audit())


def exact_errors(scores: Scores) -> list[float]:
    """Return the true calibration error of each group."""
    return [part.exact_ece() or 0.0 for part in scores.by_group(ATTRIBUTE).values()]


def row(name: str, scores: Scores, answers: Sequence[Sequence[int]]) -> str:
    """Return the line of a model."""
    draws = [judged(scores, each) for each in answers]
    exact = exact_errors(scores)
    worst, gap = max(exact), max(exact) - min(exact)
    shares = [np.mean(column) for column in zip(*(draw.refuted() for draw in draws), strict=True)]
    found = [np.mean(column) for column in zip(*(draw.found() for draw in draws), strict=True)]
    gaps = [draw.groups.largest_gap("ece") for draw in draws]
    missed = [
        np.mean([draw.worst.low > worst for draw in draws]),
        np.mean([draw.worst.high < worst for draw in draws]),
        np.mean([each.low > gap for each in gaps]),
        np.mean([each.high < gap for each in gaps]),
    ]
    errors = " / ".join(f"{error:.3f}" for error in exact)
    cells = [f"{one:.1%} ({other:.1%})" for one, other in zip(shares, found, strict=True)]
    return f"| {name} | {errors} | {' | '.join(cells)} | {' | '.join(f'{share:.1%}' for share in missed)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    started = time.perf_counter()
    items = load_task(TASK).test
    answers = answers_drawn(items, options.draws)
    scores = score(load_model("world/gpt2"), items)
    print(f"{options.draws} draws of the answers to {len(items)} items; refuted (refuted and naming the {PLANTED})\n")
    print("| model | true ECE by region | group gate | audit gap | audit p | worst low | high | gap low | high |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    print(row("perfect", perfect(items), answers), flush=True)
    for factor in FACTORS:
        name = "world/gpt2" if factor == 1.0 else f"its coast times {factor:g}"
        print(row(name, planted(scores, factor), answers), flush=True)
    print(f"\n(seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
