"""The plain path: rows without branches, padded, through the model's own forward."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.devices import input_device
from pytest_llmcal.scoring.kernels.head import only_at
from pytest_llmcal.scoring.kernels.reading import Pending, Places, to_device
from pytest_llmcal.scoring.plan import Row


class PlainForward:
    """Runs rows that do not branch, as every causal language model can.

    Parameters
    ----------
    network : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        accepted = inspect.signature(network.forward).parameters
        self._takes_positions = "position_ids" in accepted
        self._options = {"use_cache": False} if "use_cache" in accepted else {}

    def run(self, rows: Sequence[Row]) -> Pending:
        """Run a batch, and return its answers under way.

        Logits are computed at the places alone that are read.
        """
        width = max(len(row.tokens) for row in rows)
        asked = Places(rows, [number * width for number in range(len(rows))])
        device = input_device(self._network)
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row.tokens)] = row.tokens
            mask[number, : len(row.tokens)] = 1
        inputs = {"input_ids": to_device(ids, device), "attention_mask": to_device(mask, device), **self._options}
        if self._takes_positions:
            inputs["position_ids"] = torch.arange(width, device=device).expand(len(rows), -1)
        places = to_device(asked.places, device)
        with torch.inference_mode(), only_at(self._network, places) as gathered:
            logits = self._network(**inputs).logits
            return Pending(logits[0] if gathered() else logits.flatten(0, 1)[places.to(logits.device)], asked)
