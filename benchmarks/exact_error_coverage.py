"""Count how often the reported interval holds the exact calibration error of the embedded models.

The answers of a world's items are draws from a known distribution, so the true
calibration error of a model is known. Here the answers are drawn afresh many times,
the gate measures each draw as it would in a test, and we count.

    python -m benchmarks.exact_error_coverage --redraws 300
"""

from __future__ import annotations

import argparse

import numpy as np

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.scoring import score
from pytest_llmcal.tasks import Item, Items
from pytest_llmcal.world import MODEL_NAMES, TASK_NAMES, redraw


def drawn(scores: Scores, items: Items, seed: int) -> Scores:
    """Return the scores with the answers of ``items`` drawn afresh."""
    labels = [item.answer for item in redraw(items, seed) if isinstance(item, Item)]
    return Scores.from_logits(scores.choices.values, labels, ids=scores.ids, truth=scores.choices.truth)


def coverage(scores: Scores, items: Items, redraws: int) -> tuple[float, float, float]:
    """Return the shares of redraws whose interval lies above, around and below the exact error."""
    exact = scores.exact_ece()
    measured = [drawn(scores, items, seed).ece() for seed in range(redraws)]
    too_high = float(np.mean([ece.low > exact for ece in measured]))
    too_low = float(np.mean([ece.high < exact for ece in measured]))
    return too_high, 1.0 - too_high - too_low, too_low


def main() -> None:
    """Print one row a model and task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--redraws", type=int, default=300)
    arguments = parser.parse_args()
    print(f"{'model':20} {'task':22} {'exact':>7} {'inside':>7} {'too high':>9} {'too low':>8}")
    for name in MODEL_NAMES:
        model = load_model(name)
        for task_name in TASK_NAMES:
            items = load_task(task_name).test
            scores = score(model, items)
            above, inside, below = coverage(scores, items, arguments.redraws)
            print(
                f"{name:20} {task_name:22} {scores.exact_ece():7.4f} {inside:7.1%} {above:9.1%} {below:8.1%}",
                flush=True,
            )
        model.close()


if __name__ == "__main__":
    main()
