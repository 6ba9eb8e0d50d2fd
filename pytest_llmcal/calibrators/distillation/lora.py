"""Low-rank adapters through ``peft``, where it is installed."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

from transformers.pytorch_utils import Conv1D

from pytest_llmcal.calibrators.errors import CalibratorError

_RANK = 16
_SCALE = 32


def wants_lora(lora: bool | str) -> bool:
    """Decide whether adapters are trained, or all weights.

    Raises
    ------
    CalibratorError
        If the word is unknown, or adapters are asked for and ``peft`` is not there.
    """
    if lora not in (True, False, "auto"):
        raise CalibratorError(f"lora is {lora!r}; allowed are True, False and 'auto'")
    there = find_spec("peft") is not None
    if lora is True and not there:
        raise CalibratorError(
            "lora=True needs the package peft (pip install peft); without it, all weights can be trained"
        )
    return there if lora == "auto" else bool(lora)


def with_adapters(network: Any) -> Any:
    """Put low-rank adapters on every linear layer but the head; all other weights are frozen.

    Hu et al. (2021), rank 16, scaled by two.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=_RANK,
        lora_alpha=_SCALE,
        lora_dropout=0.0,
        target_modules="all-linear",
        # GPT-2 keeps its weights transposed
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in network.modules()),
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5 by a name that is to go
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(network, config)


def merged(adapted: Any) -> Any:
    """Add the adapters to the weights they adapt, and return the plain network."""
    return adapted.merge_and_unload()
