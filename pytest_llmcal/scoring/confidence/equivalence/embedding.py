"""Answers whose embeddings point the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.scoring.confidence.equivalence.relation import Pair
from pytest_llmcal.scoring.protocol import ModelError

if TYPE_CHECKING:
    from pytest_llmcal.scoring.confidence.equivalence.readers import Encoder


@dataclass(frozen=True)
class Embedding:
    """Answers are the same if the cosine of their embeddings is large enough.

    The embedding of an answer, without its question, is the mean of the encoder's last hidden states over its tokens,
    as of Sentence-BERT (Reimers, Gurevych, EMNLP 2019). How close is close enough depends on the encoder: choose the
    threshold on pairs that you have looked at. Costs one text of the encoder for each different answer.

    Parameters
    ----------
    model : str
        Folder or name on the Hugging Face hub of any encoder.
    threshold : float
        Least cosine, from -1 to 1.
    device : str
        As for `load_model`.
    batch : int
        Texts that are read at once.

    Raises
    ------
    ModelError
        The threshold is outside.
    """

    model: str
    threshold: float = 0.9
    device: str = "auto"
    batch: int = 64
    _known: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not -1.0 <= self.threshold <= 1.0:  # also false for NaN
            raise ModelError(f"threshold is {self.threshold!r}; allowed is -1 to 1, a cosine")

    def same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Compare embeddings.

        Raises
        ------
        ModelError
            The encoder cannot be loaded.
        """
        texts = dict.fromkeys(text for pair in pairs for text in (pair.one, pair.other))
        new = [text for text in texts if text not in self._known]
        self._known.update(zip(new, self._encoder.directions(new, self.batch), strict=True))
        return [float(self._known[pair.one] @ self._known[pair.other]) >= self.threshold for pair in pairs]

    @cached_property
    def _encoder(self) -> Encoder:
        from pytest_llmcal.scoring.confidence.equivalence.readers import Encoder

        return Encoder(self.model, self.device)
