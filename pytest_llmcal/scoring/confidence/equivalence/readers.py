"""Models that read answers and write nothing: a classifier of pairs, and an encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.devices import choose_device
from pytest_llmcal.scoring.folders import find_folder
from pytest_llmcal.scoring.loading import UNBOUNDED, tokenizer_of, weights_of
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.threads import most_threads, threads_for

_MARKS = 2
"""Positions that models of RoBERTa's kind count and cannot use."""


class _Reader:
    """A network with its tokenizer, which reads texts batch by batch, those of like length together."""

    def __init__(self, name: str, device: str, loader: Any, spared: str = "") -> None:
        self._device = choose_device(device)
        folder, _ = find_folder(name, None, allow_pickle=False)
        self._tokenizer = tokenizer_of(name, folder)
        # of a text that is too long the question's beginning is left out, never the answer
        self._tokenizer.truncation_side = "left"
        self._tokenizer.padding_side = "right"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self.network = weights_of(name, folder, lambda _: loader, spared=spared).to(self._device)
        self._parameters = sum(weight.numel() for weight in self.network.parameters())
        self._limit = self._longest()

    def _longest(self) -> int | None:
        positions = getattr(self.network.config, "max_position_embeddings", None)
        known = [self._tokenizer.model_max_length] if self._tokenizer.model_max_length < UNBOUNDED else []
        if isinstance(positions, int) and positions > _MARKS:
            known.append(positions - _MARKS)
        return min(known, default=None)

    def batches(self, texts: Sequence[Any], size: int) -> Iterator[tuple[list[int], Any]]:
        """Yield the places of texts, or pairs of them, and what the tokenizer makes of them."""
        places = sorted(range(len(texts)), key=lambda place: -len("".join(texts[place])))
        for start in range(0, len(places), size):
            part = places[start : start + size]
            encoded = self._tokenizer(
                [texts[place] for place in part],
                padding=True,
                truncation=self._limit is not None,
                max_length=self._limit,
                return_tensors="pt",
            )
            yield part, encoded.to(self._device)

    def read(self, network: Any, encoded: Any) -> Any:
        """Run a network."""
        with torch.inference_mode(), threads_for(self._parameters, most_threads()):
            return network(**encoded)


class Classifier(_Reader):
    """A sequence classifier that says whether one text follows from another.

    Parameters
    ----------
    name : str
        Folder or name on the Hugging Face hub.
    device : str
        As for `load_model`.

    Raises
    ------
    ModelError
        It cannot be loaded, or none or several of its labels are entailment.
    """

    def __init__(self, name: str, device: str) -> None:
        from transformers import AutoModelForSequenceClassification

        super().__init__(name, device, AutoModelForSequenceClassification)
        self._entailment = entailment_label(name, self.network.config.id2label)

    def entailed(self, pairs: Sequence[tuple[str, str]], batch: int) -> list[bool]:
        """Say of each premise and hypothesis whether entailment is the most probable label."""
        return [int(logits.argmax()) == self._entailment for logits in self._logits(pairs, batch)]

    def probabilities(self, pairs: Sequence[tuple[str, str]], batch: int) -> list[float]:
        """Return the probability of entailment of each premise and hypothesis."""
        return [float(logits.softmax(-1)[self._entailment]) for logits in self._logits(pairs, batch)]

    def _logits(self, pairs: Sequence[tuple[str, str]], batch: int) -> list[torch.Tensor]:
        found = [torch.empty(0)] * len(pairs)
        for places, encoded in self.batches(pairs, batch):
            for place, logits in zip(places, self.read(self.network, encoded).logits.double().cpu(), strict=True):
                found[place] = logits
        return found


def entailment_label(name: str, labels: dict[int, str]) -> int:
    """Find the label that means entailment.

    Raises
    ------
    ModelError
        There is none, or several.

    Examples
    --------
    >>> entailment_label("nli", {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"})
    2
    >>> entailment_label("rte", {0: "entailment", 1: "not_entailment"})
    0
    """
    found = [number for number, label in labels.items() if label.lower() in ("entailment", "entail", "entailed")]
    if len(found) != 1:
        raise ModelError(
            f"model {name!r}: one of its labels has to be 'entailment', and they are {', '.join(labels.values())}"
        )
    return int(found[0])


class Encoder(_Reader):
    """Any encoder, for the mean of its last hidden states.

    Parameters
    ----------
    name : str
        Folder or name on the Hugging Face hub.
    device : str
        As for `load_model`.

    Raises
    ------
    ModelError
        It cannot be loaded.
    """

    def __init__(self, name: str, device: str) -> None:
        from transformers import AutoModel

        super().__init__(name, device, AutoModel, spared="pooler.")  # it is not used, and masked models come without

    def directions(self, texts: Sequence[str], batch: int) -> list[np.ndarray]:
        """Return vectors of length one."""
        network = self.network.get_encoder() if self.network.config.is_encoder_decoder else self.network
        found: list[np.ndarray] = [np.empty(0)] * len(texts)
        for places, encoded in self.batches(texts, batch):
            hidden = self.read(network, encoded).last_hidden_state.double()
            mask = encoded["attention_mask"][..., None]
            means = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)
            for place, mean in zip(places, means.cpu().numpy(), strict=True):
                found[place] = mean
        return found
