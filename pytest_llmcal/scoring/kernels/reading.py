"""What is read off a forward: log-probabilities of targets, fetched when they are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pytest_llmcal.scoring.plan import Row

_SLICE = 2**22
"""Logits that are turned to float32 at once: 16 MiB."""


class Places:
    """The places of a batch that are read, each once, and which target is wanted where.

    Parameters
    ----------
    rows : sequence of Row
        The batch.
    offsets : sequence of int
        Place of each row's first token among all places of the batch.

    Attributes
    ----------
    places : (p,) array of int
        Places that are read, ascending.
    where : (r,) array of int
        For each question, the index of its place in ``places``.
    targets, indices : (r,) arrays of int
        For each question, the token that is asked about, and the question's number.
    """

    def __init__(self, rows: Sequence[Row], offsets: Sequence[int]) -> None:
        asked = np.array(
            [
                (offset + read.place, read.target, read.index)
                for row, offset in zip(rows, offsets, strict=True)
                for read in row.reads
            ],
            dtype=np.int64,
        )
        self.places, self.where = np.unique(asked[:, 0], return_inverse=True)
        self.targets, self.indices = asked[:, 1], asked[:, 2]


@dataclass
class Answers:
    """Answers to all questions; one that was not asked yet is not a number.

    Attributes
    ----------
    own : (n,) array of float
        Natural logarithm of the target's probability.
    best : (n,) array of float
        Natural logarithm of the most probable token's probability.
    hit : (n,) array of bool
        Whether the target is that token.
    """

    own: np.ndarray
    best: np.ndarray
    hit: np.ndarray

    @classmethod
    def to(cls, number: int) -> Answers:
        """Make room for the answers to so many questions."""
        return cls(np.full(number, np.nan), np.full(number, np.nan), np.zeros(number, dtype=bool))


class Pending:
    """Answers under way from the device, which works on without being waited for.

    Parameters
    ----------
    logits : torch.Tensor of shape (p, vocabulary)
        At the places that are read.
    asked : Places
    """

    def __init__(self, logits: torch.Tensor, asked: Places) -> None:
        device = logits.device
        where, targets = (to_device(array, device) for array in (asked.where, asked.targets))
        values = torch.stack(weigh(logits, where, targets))
        self._indices = asked.indices
        self._event = None
        if device.type == "cuda":
            values = values.to("cpu", non_blocking=True)
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._event.record(torch.cuda.current_stream(device))
        self._values = values

    def fetch(self, answers: Answers) -> int:
        """Write the answers to their places, and return their number."""
        if self._event is not None:
            self._event.synchronize()
        own, best, hit = self._values.cpu().numpy()
        answers.own[self._indices], answers.best[self._indices], answers.hit[self._indices] = own, best, hit > 0.5
        return len(self._indices)


def to_device(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """Copy an array to a device, without waiting for what the device does."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def weigh(
    logits: torch.Tensor, where: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probability of each target, that of the best token, and whether they are the same (1 or 0).

    Taken in float32, or float64 for a model in float64, slice by slice: no second copy of the logits.
    """
    kind = torch.float64 if logits.dtype == torch.float64 else torch.float32
    step = max(1, _SLICE // logits.shape[-1])
    normalizers, bests, guesses = [], [], []
    for part in torch.split(logits, step):
        wide = part.to(kind)
        normalizers.append(wide.logsumexp(-1))
        best, guess = wide.max(-1)
        bests.append(best)
        guesses.append(guess)
    normalizer = torch.cat(normalizers)
    own = logits[where, targets].to(kind) - normalizer[where]
    best = (torch.cat(bests) - normalizer)[where]
    hit = torch.cat(guesses)[where] == targets
    return own, best, hit.to(kind)
