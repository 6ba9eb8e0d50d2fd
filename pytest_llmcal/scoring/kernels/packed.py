"""The packed path: rows that branch, one behind the other in one long row without padding."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.devices import input_device
from pytest_llmcal.scoring.kernels.attention import NAME, CannotPackError, Kept, Layout, attention, laid_out
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

    def look(self, rows: Sequence[Row], *, prune: bool) -> None:
        """Find out, by running a batch, how the model is built.

        Parameters
        ----------
        rows : sequence of Row
            The batch.
        prune : bool
            Whether the last layer shall be computed only where it is read, if it can.

        Raises
        ------
        CannotPackError
            Not every layer attends: what the others carry from token to token does not know of rows.
        """
        watch = Watch(self._network)
        wanted: Kept = {}
        layout = Layout(rows, np.zeros(0, dtype=np.int64), {}, wanted)
        with torch.inference_mode(), laid_out(layout), watch.watching():
            self._network(**self._inputs(rows))
        layers = self._network.config.get_text_config().num_hidden_layers
        if len(wanted) < layers:
            raise CannotPackError(f"only {len(wanted)} of its {layers} layers attend")
        self._last = watch.last_layer(list(wanted)) if prune else None

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
    text = network.config.get_text_config()
    if getattr(text, "attn_temperature_tuning", False):
        return "its attention depends on the place in the batch"
    if alone_beyond(text) is not None:
        return "what it makes of a text depends on the longest of its batch"
    return None


def alone_beyond(config: Any) -> int | None:
    """Return the length from which on a text must be run alone; None where texts of any length can be mixed.

    Positions that are scaled by the length go by the longest text of a batch, and so do attentions that
    pick some of all keys.

    Parameters
    ----------
    config : transformers.PreTrainedConfig
        Of the text model.
    """
    picked = getattr(config, "index_topk", None)
    if isinstance(picked, int):
        return picked
    for name in ("rope_parameters", "rope_scaling"):
        given = getattr(config, name, None) or {}
        for rope in (given, *(each for each in given.values() if isinstance(each, dict))):
            if rope.get("rope_type", rope.get("type")) in ("dynamic", "longrope"):
                known = rope.get("original_max_position_embeddings") or getattr(
                    config, "original_max_position_embeddings", None
                )
                return int(known or config.max_position_embeddings)
    return None


def window_of(config: Any) -> int | None:
    """Return how many tokens the shortest-sighted layer of a model looks back; None if every one sees all.

    Parameters
    ----------
    config : transformers.PreTrainedConfig
    """
    text = config.get_text_config()
    kinds = getattr(text, "layer_types", None)
    if getattr(text, "use_sliding_window", True) is False or (kinds and set(kinds) == {"full_attention"}):
        return None
    known = [getattr(text, name, None) for name in ("sliding_window", "attention_chunk_size")]
    return min((window for window in known if isinstance(window, int) and window > 0), default=None)
