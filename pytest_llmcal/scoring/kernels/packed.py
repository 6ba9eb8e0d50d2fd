"""The packed path: rows that branch, one behind the other in one long row without padding."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.devices import input_device
from pytest_llmcal.scoring.kernels.attention import NAME, Kept, Layout, attention, laid_out
from pytest_llmcal.scoring.kernels.head import only_at
from pytest_llmcal.scoring.kernels.pruning import LastLayer, Watch
from pytest_llmcal.scoring.kernels.reading import Pending, Places, to_device
from pytest_llmcal.scoring.plan import Row


class PackedForward:
    """Runs rows that branch, through the model's own forward with an attention of ours.

    Parameters
    ----------
    network : transformers.PreTrainedModel
        One that `why_not_packed` has nothing against.
    """

    padded = False

    def __init__(self, network: Any) -> None:
        self._network = network
        self._last: LastLayer | None = None

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put our attention in the place of the model's for the span of a ``with`` block."""
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        ALL_ATTENTION_FUNCTIONS.register(NAME, attention)
        configs = _configs(self._network)
        before = [config._attn_implementation for config in configs]
        for config in configs:
            config._attn_implementation = NAME
        try:
            yield
        finally:
            for config, name in zip(configs, before, strict=True):
                config._attn_implementation = name

    def prune(self, rows: Sequence[Row]) -> None:
        """Find out, by running a batch, whether the last layer can be computed only where it is read."""
        watch = Watch(self._network)
        wanted: Kept = {}
        layout = Layout(rows, np.zeros(0, dtype=np.int64), {}, wanted)
        with torch.inference_mode(), laid_out(layout), watch.watching():
            self._network(**self._inputs(rows))
        self._last = watch.last_layer(list(wanted)) if wanted else None

    def keep(self, row: Row, kept: Kept) -> Kept:
        """Compute the keys and values of tokens that others stand behind.

        Parameters
        ----------
        row : Row
            The tokens, which do not branch.
        kept : dict
            Keys and values of what stands before them.
        """
        own: Kept = {}
        layout = Layout([row], np.zeros(0, dtype=np.int64), kept, own)
        with torch.inference_mode(), laid_out(layout), only_at(self._network, torch.zeros(1, dtype=torch.long)):
            self._network(**self._inputs([row]))
        if not kept:
            return own
        return {
            module: (torch.cat((kept[module][0], keys), dim=2), torch.cat((kept[module][1], values), dim=2))
            for module, (keys, values) in own.items()
        }

    def run(self, rows: Sequence[Row], kept: Kept | None = None) -> Pending:
        """Run a batch, and return its answers under way.

        Parameters
        ----------
        rows : sequence of Row
            Their positions begin where ``kept`` ends.
        kept : dict, optional
            Keys and values of what stands before every row.
        """
        edges = np.cumsum([0, *(len(row.tokens) for row in rows)])
        asked = Places(rows, edges[:-1].tolist())
        layout = Layout(rows, asked.places, kept or {}, last=None if self._last is None else self._last.attention)
        places = to_device(asked.places, input_device(self._network))
        pruned = nullcontext() if self._last is None else self._last.only_at(places)
        with torch.inference_mode(), laid_out(layout), pruned, only_at(self._network, places) as gathered:
            logits = self._network(**self._inputs(rows)).logits
            return Pending(logits[0] if gathered() else logits[0, places.to(logits.device)], asked)

    def _inputs(self, rows: Sequence[Row]) -> dict[str, Any]:
        device = input_device(self._network)
        tokens = np.concatenate([np.array(row.tokens, dtype=np.int64) for row in rows])
        positions = np.concatenate([np.array(row.positions, dtype=np.int64) for row in rows])
        return {
            "input_ids": to_device(tokens[None], device),
            "position_ids": to_device(positions[None], device),
            "use_cache": False,
        }


def _configs(network: Any) -> list[Any]:
    """Every configuration that a part of a model goes by."""
    found = (getattr(module, "config", None) for module in network.modules())
    return list({id(config): config for config in found if hasattr(config, "_attn_implementation")}.values())


STATES = ("conv1d", "mamba", "ssm", "rwkv", "recurrent", "linear_attn")
"""Names of modules that carry a state from token to token, whatever attention may see."""


def why_not_packed(network: Any) -> str | None:
    """Say why a model is run on the plain path; None if the packed one may be tried.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    """
    try:
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
    except ImportError:
        return "this version of transformers lets no attention be replaced"
    if not hasattr(ALL_ATTENTION_FUNCTIONS, "register"):
        return "this version of transformers lets no attention be replaced"
    if not getattr(network, "_supports_attention_backend", False):
        return "its attention cannot be replaced"
    if "position_ids" not in inspect.signature(network.forward).parameters:
        return "it takes no positions"
    carried = next((name for name, _ in network.named_modules() if name.rpartition(".")[2] in STATES), None)
    if carried is not None:
        return f"{carried} carries a state from token to token"
    rope = getattr(network.config.get_text_config(), "rope_parameters", None) or {}
    if isinstance(rope, dict) and rope.get("rope_type") in ("dynamic", "longrope"):
        return f"its positions ({rope['rope_type']}) depend on the longest text of a batch"
    return None


def window_of(config: Any) -> int | None:
    """Return how many tokens the shortest-sighted layer of a model looks back; None if every one sees all.

    Parameters
    ----------
    config : transformers.PreTrainedConfig
    """
    text = config.get_text_config()
    if getattr(text, "use_sliding_window", True) is False:
        return None
    known = [getattr(text, name, None) for name in ("sliding_window", "attention_chunk_size")]
    return min((window for window in known if isinstance(window, int) and window > 0), default=None)
