"""The fast path is trusted once it has given the plain one's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.kernels.packed import PackedForward
from pytest_llmcal.scoring.kernels.plain import PlainForward
from pytest_llmcal.scoring.kernels.reading import Answers
from pytest_llmcal.scoring.plan import Costs, Pair, branch_of_pairs, rows_of_pairs
from pytest_llmcal.scoring.running import Running

TOLERANCES = {torch.float64: 1e-9, torch.float32: 2e-4, torch.float16: 0.05, torch.bfloat16: 0.3}
"""By how much the log-probability of a token may differ between both paths, from rounding alone."""

_CONTEXTS = 3
_CHOICES = 4
_LONGEST = 128
_LONGEST_CHOICE = 16
_ONE_MORE = 3
"""How much is scored both ways: enough to go wrong if anything does, little beside a run."""

_UNLIMITED = 2**30


def probes(pairs: Sequence[Pair]) -> list[Pair]:
    """Choose what is scored both ways: the shortest contexts with some of their continuations, cut where they are long.

    The oldest tokens of each context make way for one continuation more, so that there are always two to be kept apart.

    Examples
    --------
    >>> probes([((1, 2, 3, 4), (5, 6))])
    [((4,), (5, 6)), ((4,), (2, 3, 4))]
    """
    chosen: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for context, continuation in sorted(pairs, key=lambda pair: len(pair[0])):
        if context not in chosen and len(chosen) == _CONTEXTS:
            break
        chosen.setdefault(context, []).append(continuation[:_LONGEST_CHOICE])
    return [
        (context[-_LONGEST:][_ONE_MORE:] or context, continuation)
        for context, continuations in chosen.items()
        for continuation in (*continuations[: _CHOICES - 1], context[-_ONE_MORE:])
    ]


def plain_answers(forward: PlainForward, pairs: Sequence[Pair]) -> np.ndarray:
    """Log-probability of every token of the continuations, on the plain path."""
    return _answers(pairs, lambda running: running.plain(forward, rows_of_pairs(pairs)))


def packed_answers(forward: PackedForward, pairs: Sequence[Pair], costs: Costs) -> np.ndarray:
    """Log-probability of every token of the continuations, on the packed path."""
    return _answers(pairs, lambda running: running.packed(forward, branch_of_pairs(pairs, costs)))


def difference(network: Any, plain: np.ndarray, packed: np.ndarray) -> float:
    """How far apart both paths are, in tolerances of the model's number format; above one, the packed is not trusted.

    Numbers that are not there on both paths agree: what is wrong with them is no matter of the path.
    """
    apart = np.abs(plain - packed) / np.maximum(1.0, np.abs(plain))
    same = (plain == packed) | (np.isnan(plain) & np.isnan(packed))
    worst = float(np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart)).max(initial=0.0))
    return worst / TOLERANCES.get(network.dtype, TOLERANCES[torch.float32])


def worst_difference(
    network: Any, forward: PackedForward, pairs: Sequence[Pair], truth: np.ndarray, costs: Costs
) -> float:
    """Run pairs on the packed path, once as planned and once with every beginning kept, and compare."""
    keeping = Costs(costs.keys_per_token, most_row=1, least_prefix=1, least_behind=0)
    return max(difference(network, truth, packed_answers(forward, pairs, each)) for each in (costs, keeping))


def _answers(pairs: Sequence[Pair], run: Callable[[Running], None]) -> np.ndarray:
    answers = Answers.to(sum(len(continuation) for _, continuation in pairs))
    running = Running(Budget(_UNLIMITED), answers)
    run(running)
    running.finish()
    return answers.own
