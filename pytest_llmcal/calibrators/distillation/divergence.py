"""How far a student is from its teacher, as a loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch

from pytest_llmcal.calibrators.distillation.lessons import Lesson
from pytest_llmcal.calibrators.distillation.student import Tokens

Batch = dict[str, torch.Tensor]


def collate(lessons: Sequence[Lesson]) -> Batch:
    """Lay lessons out for one run of the model.

    The last token of a choice is weighed and never read, so choices of one token share a row with their
    prompt, as they do when scored.

    Parameters
    ----------
    lessons : sequence of Lesson
        At least one.

    Returns
    -------
    dict of str to torch.Tensor
        ``input_ids`` and ``attention_mask``, padded on the right, shape (rows, width); for each weighed token
        its ``cell`` among the (rows, width) outputs, its id as ``target``, and its ``choice`` among the
        (lessons, most choices) of ``teacher``, whose absent choices are -1.

    Examples
    --------
    >>> batch = collate([Lesson([((5, 6), (7,)), ((5, 6), (8, 9))], (0.25, 0.75))])
    >>> batch["input_ids"].tolist(), batch["cell"].tolist(), batch["target"].tolist(), batch["choice"].tolist()
    ([[5, 6, 0], [5, 6, 8]], [1, 4, 5], [7, 8, 9], [0, 1, 1])
    """
    most = max(len(lesson.pairs) for lesson in lessons)
    rows = _rows(lessons)
    width = max(map(len, rows))
    weighed = [
        (rows[context + continuation[:-1]] * width + len(context) - 1 + step, token, number * most + choice)
        for number, lesson in enumerate(lessons)
        for choice, (context, continuation) in enumerate(lesson.pairs)
        for step, token in enumerate(continuation)
    ]
    cell, target, choice = (torch.tensor(column) for column in zip(*weighed, strict=True))
    return {
        "input_ids": torch.tensor([[*tokens, *(0,) * (width - len(tokens))] for tokens in rows]),
        "attention_mask": torch.tensor([[1] * len(tokens) + [0] * (width - len(tokens)) for tokens in rows]),
        "cell": cell,
        "target": target,
        "choice": choice,
        "teacher": torch.tensor(
            [[*lesson.probabilities, *(-1.0,) * (most - len(lesson.probabilities))] for lesson in lessons]
        ),
    }


def _rows(lessons: Sequence[Lesson]) -> dict[Tokens, int]:
    """Return the different rows of tokens that the model has to read, and their numbers."""
    pairs = chain.from_iterable(lesson.pairs for lesson in lessons)
    texts = dict.fromkeys(context + continuation[:-1] for context, continuation in pairs)
    return {tokens: number for number, tokens in enumerate(texts)}


def divergence(network: Any, batch: Batch, positions: bool) -> torch.Tensor:
    r"""Mean Kullback-Leibler divergence of the student from the teacher, over the choices of each item.

    .. math:: \mathrm{KL}(p \| q) = \sum_i p_i \log (p_i / q_i)

    with *p* the teacher's probabilities and *q* the softmax of the student's summed log-likelihoods of the
    choices, as scored (Hinton, Vinyals and Dean 2015, at temperature one: the student shall learn the very
    probabilities, and only there is their match the least of the loss).

    Parameters
    ----------
    network : transformers.PreTrainedModel
        Or one wrapped by ``peft``.
    batch : dict of str to torch.Tensor
        What `collate` gives, on the model's device.
    positions : bool
        Whether the model takes ``position_ids``.

    Returns
    -------
    torch.Tensor of shape ()
        In nats, at least 0; with gradients.
    """
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if positions:
        rows, width = inputs["input_ids"].shape
        inputs["position_ids"] = torch.arange(width, device=inputs["input_ids"].device).expand(rows, -1)
    logits = network(**inputs).logits.flatten(0, 1)[batch["cell"]]
    wide = logits if logits.dtype == torch.float64 else logits.float()
    tokens = wide.log_softmax(-1).gather(1, batch["target"][:, None])[:, 0]
    teacher = batch["teacher"].to(tokens.dtype)
    absent = teacher < 0.0
    choices = torch.zeros(teacher.numel(), dtype=tokens.dtype, device=tokens.device)
    choices = choices.index_add(0, batch["choice"], tokens).view_as(teacher).masked_fill(absent, -torch.inf)
    # zero times the minus infinity of an absent choice would be NaN
    student = choices.log_softmax(-1).masked_fill(absent, 0.0)
    teacher = teacher.clamp(min=0.0)
    return (torch.xlogy(teacher, teacher) - teacher * student).sum(-1).mean()
