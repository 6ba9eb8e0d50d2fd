"""One text under way."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_llmcal.scoring.generation.text import Detokenizer, GrowingText
from pytest_llmcal.scoring.protocol import Generation
from pytest_llmcal.scoring.tokens import Tokens


class Writing:
    """Tokens and their probabilities so far, and whether the text is complete.

    Parameters
    ----------
    detokenizer : Detokenizer
    prompt : tuple of int
        Tokens before the text.
    stops : sequence of str
        Stop strings.
    ends : collection of int
        End tokens.

    Attributes
    ----------
    complete : bool
        Whether an end token or a stop string came.
    """

    def __init__(self, detokenizer: Detokenizer, prompt: Tokens, stops: Sequence[str], ends: Collection[int]) -> None:
        self._detokenizer = detokenizer
        self._prompt = prompt
        self._ends = ends
        self._growing = GrowingText(detokenizer, prompt, stops) if stops else None
        self._tokens: list[int] = []
        self._log_probabilities: list[float] = []
        self._stopped = False
        self.complete = False

    def add(self, token: int, log_probability: float) -> None:
        """Add a token."""
        self._tokens.append(token)
        self._log_probabilities.append(log_probability)
        if token in self._ends:
            self.complete = True
        elif self._growing is not None:
            self.complete = self._stopped = self._growing.add(token)

    def generation(self) -> Generation:
        """Return what was written."""
        return Generation(
            text=self._text(),
            tokens=tuple(self._tokens),
            log_probabilities=tuple(self._log_probabilities),
            finish_reason="stop" if self.complete else "length",
        )

    def _text(self) -> str:
        if self._growing is not None and self._stopped:
            return self._growing.text
        # decoded as a whole: of bytes that make no character some tokenizers say another text token by token
        spoken = self._tokens[:-1] if self.complete else self._tokens
        return self._detokenizer.after(self._detokenizer.tail(self._prompt), tuple(spoken))
