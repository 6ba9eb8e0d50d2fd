"""GPT-2 from its formulas, in numpy and float64: nothing is shared with what it judges.

Radford, Wu, Child, Luan, Amodei, Sutskever, "Language Models are Unsupervised Multitask Learners" (2019);
attention is softmax(Q K^T / sqrt(d)) V of Vaswani et al. (2017), GELU in its tanh form.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

Array = npt.NDArray[np.float64]


class Gpt2:
    """A GPT-2 read from a folder with ``config.json`` and ``model.safetensors``."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.layers: int = config["n_layer"]
        self.heads: int = config["n_head"]
        self.epsilon: float = config["layer_norm_epsilon"]
        assert config["activation_function"] == "gelu_new"
        with safe_open(folder / "model.safetensors", "numpy") as file:
            self.weights = {
                name.removeprefix("transformer."): file.get_tensor(name).astype(np.float64)
                for name in file.keys()  # noqa: SIM118  # not a dict
            }

    def log_probabilities(self, tokens: list[int]) -> Array:
        """Log-probabilities of the next token after each position, shape (tokens, vocabulary)."""
        hidden = self.weights["wte.weight"][tokens] + self.weights["wpe.weight"][: len(tokens)]
        for layer in range(self.layers):
            hidden = hidden + self.attention(self.norm(hidden, f"h.{layer}.ln_1"), f"h.{layer}.attn")
            hidden = hidden + self.perceptron(self.norm(hidden, f"h.{layer}.ln_2"), f"h.{layer}.mlp")
        logits = self.norm(hidden, "ln_f") @ self.weights.get("lm_head.weight", self.weights["wte.weight"]).T
        return (
            logits
            - np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1, keepdims=True))
            - logits.max(-1, keepdims=True)
        )

    def attention(self, hidden: Array, name: str) -> Array:
        length, width = hidden.shape
        size = width // self.heads
        query, key, value = (
            part.reshape(length, self.heads, size).swapaxes(0, 1)
            for part in np.split(self.linear(hidden, f"{name}.c_attn"), 3, axis=-1)
        )
        affinity = query @ key.swapaxes(1, 2) / math.sqrt(size)
        affinity = np.where(np.tri(length, dtype=bool), affinity, -np.inf)
        weight = np.exp(affinity - affinity.max(-1, keepdims=True))
        mixed = weight / weight.sum(-1, keepdims=True) @ value
        return self.linear(mixed.swapaxes(0, 1).reshape(length, width), f"{name}.c_proj")

    def perceptron(self, hidden: Array, name: str) -> Array:
        inner = self.linear(hidden, f"{name}.c_fc")
        gelu = 0.5 * inner * (1 + np.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3)))
        return self.linear(gelu, f"{name}.c_proj")

    def linear(self, hidden: Array, name: str) -> Array:
        return hidden @ self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def norm(self, hidden: Array, name: str) -> Array:
        centred = hidden - hidden.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
