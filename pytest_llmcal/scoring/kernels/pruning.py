"""The last layer answers only where it is read.

What the last layer makes of a token is needed where logits are wanted, and nowhere else; its keys and values are needed
of all tokens. So the block is given the places that are read, its attention all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from pytest_llmcal.scoring.kernels.weights import PackedLinear, is_linear


class LastLayer:
    """The parts of a model's last layer that pruning takes hold of.

    Attributes
    ----------
    block : torch.nn.Module
        The layer.
    attention : torch.nn.Module
        Its attention.
    norm : torch.nn.Module
        What the layer's input goes through before its attention.
    out : torch.nn.Module
        The linear map behind the attention's heads.
    """

    def __init__(self, block: nn.Module, attention: nn.Module, norm: nn.Module, out: nn.Module) -> None:
        self.block, self.attention, self.norm, self.out = block, attention, norm, out

    @contextmanager
    def only_at(self, places: torch.Tensor) -> Iterator[None]:
        """Compute the layer at some places alone, for the span of a ``with`` block.

        Elsewhere it gives zeros.
        """
        whole: list[torch.Tensor] = []
        tokens = 0

        def at_block(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
            nonlocal tokens
            whole.append(inputs[0] if inputs else named["hidden_states"])
            tokens = whole[-1].shape[1]
            part = whole[-1][:, places.to(whole[-1].device)]
            return ((part, *inputs[1:]), named) if inputs else (inputs, {**named, "hidden_states": part})

        def at_attention(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
            all_places = self.norm(whole.pop())
            return ((all_places, *inputs[1:]), named) if inputs else (inputs, {**named, "hidden_states": all_places})

        def at_out(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            return (inputs[0][:, places.to(inputs[0].device)], *inputs[1:])

        def behind_block(_: nn.Module, __: tuple[Any, ...], output: Any) -> Any:
            part = output[0] if isinstance(output, tuple) else output
            spread = part.new_zeros(1, tokens, part.shape[-1])
            spread[:, places.to(spread.device)] = part
            return (spread, *output[1:]) if isinstance(output, tuple) else spread

        hooks = [
            self.block.register_forward_pre_hook(at_block, with_kwargs=True),
            self.attention.register_forward_pre_hook(at_attention, with_kwargs=True),
            self.out.register_forward_pre_hook(at_out),
            self.block.register_forward_hook(behind_block),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


class Watch:
    """Watches one forward, to find the last layer's parts.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._calls: list[tuple[nn.Module, Any, Any]] = []
        self.attentions: list[nn.Module] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note each call of a module, its first input and its output."""

        def note(module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            first = inputs[0] if inputs else named.get("hidden_states")
            self._calls.append((module, first, output))

        hooks = [each.register_forward_hook(note, with_kwargs=True) for each in self._network.modules()]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def last_layer(self, attentions: list[nn.Module]) -> LastLayer | None:
        """Return the last layer, or None where it is not built as pruning needs it.

        Parameters
        ----------
        attentions : list of torch.nn.Module
            The attention modules, in the order in which they were called.
        """
        attention = attentions[-1]
        block = self._block_of(attention)
        if block is None or self._called(block) != 1 or self._called(attention) != 1:
            return None
        inside = self._input_of(attention)
        norms = [
            module
            for module, given, output in self._calls
            if module in set(block.children()) and output is inside and given is self._input_of(block)
        ]
        linear = [module for module, _, _ in self._calls if module in set(attention.children()) and _is_linear(module)]
        if not norms or not linear or not isinstance(inside, torch.Tensor):
            return None
        return LastLayer(block, attention, norms[0], linear[-1])

    def _block_of(self, attention: nn.Module) -> nn.Module | None:
        """Return the element of a list of layers that holds an attention module directly."""
        layers = [each for modules in self._network.modules() if isinstance(modules, nn.ModuleList) for each in modules]
        return next((layer for layer in layers if attention in set(layer.children())), None)

    def _called(self, module: nn.Module) -> int:
        return sum(called is module for called, _, _ in self._calls)

    def _input_of(self, module: nn.Module) -> Any:
        return next(given for called, given, _ in self._calls if called is module)


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, PackedLinear) or is_linear(module)
