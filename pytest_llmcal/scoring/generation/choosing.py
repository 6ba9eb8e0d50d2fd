"""From logits to the next tokens."""

from __future__ import annotations

import torch

AT_ONCE = 2**24
"""Logits that are weighed at once: each takes some thirty bytes meanwhile."""


class Chooser:
    """Takes the most probable tokens, or draws some.

    Parameters
    ----------
    temperature : float
        0 takes the most probable token.
    top_p : float
        Share of the probability that is drawn from.
    """

    def __init__(self, temperature: float, top_p: float) -> None:
        self._temperature = temperature
        self._top_p = top_p

    def __call__(self, logits: torch.Tensor, drawn: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Choose one token a row.

        Parameters
        ----------
        logits : torch.Tensor of shape (rows, vocabulary)
        drawn : torch.Tensor of shape (rows,) or None
            Uniform numbers from 0 to 1; None at temperature 0.

        Returns
        -------
        (tokens, log_probabilities)
            Tensors of shape (rows,). The natural logarithms are those at temperature 1, in float32, or float64 for
            logits in float64.
        """
        size = max(1, AT_ONCE // logits.shape[-1])
        slices = [slice(start, start + size) for start in range(0, len(logits), size)]
        parts = [self._choose(logits[rows], None if drawn is None else drawn[rows]) for rows in slices]
        tokens, log_probabilities = zip(*parts, strict=True)
        return torch.cat(tokens), torch.cat(log_probabilities)

    def _choose(self, logits: torch.Tensor, drawn: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        exact = logits if logits.dtype == torch.float64 else logits.float()
        best, tokens = exact.max(-1)
        # less the best logit first: a difference of large numbers would not tell apart probabilities close to one
        below = exact - best[:, None]
        normalizer = below.exp().sum(-1).log_()
        if drawn is None:
            return tokens, -normalizer
        tokens = self._draw(below, drawn)
        return tokens, below.gather(1, tokens[:, None])[:, 0] - normalizer

    def _draw(self, below: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
        """Invert the cumulative distribution at the numbers drawn."""
        # of a smaller temperature torch may make a zero
        temperature = max(self._temperature, torch.finfo(below.dtype).tiny)
        probabilities = torch.softmax(below / temperature, -1)
        order = None
        if self._top_p < 1:
            probabilities, order = probabilities.sort(dim=-1, descending=True, stable=True)
        sums = probabilities.to(drawn.dtype).cumsum(-1)
        places = torch.searchsorted(sums, (drawn * self._mass(sums))[:, None], right=True)
        places.clamp_(max=below.shape[-1] - 1)
        return (places if order is None else order.gather(1, places))[:, 0]

    def _mass(self, sums: torch.Tensor) -> torch.Tensor:
        """Probability that is drawn from: of all tokens, or of the first ones that reach the share asked for."""
        if self._top_p == 1:
            return sums[:, -1]
        last = (sums < self._top_p).sum(-1, keepdim=True).clamp_(max=sums.shape[-1] - 1)
        return sums.gather(1, last)[:, 0]
