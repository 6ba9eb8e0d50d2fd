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
"""By how much the log-probability of a token may differ between both paths at most, from rounding alone."""

_AS_ROUNDING = 10.0
"""How many times further apart both paths may be than the plain one from itself, in other batches."""

_CONTEXTS = 3
_CHOICES = 3
_LONGEST = 48
_LONGEST_CHOICE = 16
_ONE_MORE = 3
_UNLIMITED = 2**30
"""How much is scored both ways: enough to go wrong if anything does, little beside a run."""


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


def plain_answers(forward: PlainForward, pairs: Sequence[Pair], budget: int = _UNLIMITED) -> np.ndarray:
    """Log-probability of every token of the continuations, on the plain path."""
    return _answers(pairs, lambda running: running.plain(forward, rows_of_pairs(pairs)), budget)


def tolerance_of(network: Any, truth: np.ndarray, alone: np.ndarray) -> float:
    """By how much both paths may differ: some times what rounding does to the plain one, within bounds.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    truth, alone : (n,) arrays of float
        The plain path's answers, run together and one row at a time.
    """
    most = TOLERANCES.get(network.dtype, TOLERANCES[torch.float32])
    rounding = float(np.nanmax(_apart(truth, alone), initial=0.0))
    return min(most, max(most / 10, _AS_ROUNDING * rounding))


def packed_answers(forward: PackedForward, pairs: Sequence[Pair], costs: Costs) -> np.ndarray:
    """Log-probability of every token of the continuations, on the packed path."""
    return _answers(pairs, lambda running: running.packed(forward, branch_of_pairs(pairs, costs)))


def worst_difference(forward: PackedForward, pairs: Sequence[Pair], truth: np.ndarray, costs: Costs) -> float:
    """Run pairs on the packed path, once as planned and once with every beginning kept, and compare.

    Numbers that are not there on both paths agree: what is wrong with them is no matter of the path.
    """
    keeping = Costs(costs.keys_per_token, most_row=1, least_prefix=1, least_behind=0)
    return max(float(_apart(truth, packed_answers(forward, pairs, each)).max(initial=0.0)) for each in (costs, keeping))


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far apart answers are, each in parts of its size where that is above one."""
    apart = np.abs(one - other) / np.maximum(1.0, np.abs(one))
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _answers(pairs: Sequence[Pair], run: Callable[[Running], None], budget: int = _UNLIMITED) -> np.ndarray:
    answers = Answers.to(sum(len(continuation) for _, continuation in pairs))
    running = Running(Budget(budget), answers)
    run(running)
    running.finish()
    return answers.own
