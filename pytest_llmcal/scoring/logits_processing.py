"""A calibrator at work while a model generates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

from pytest_llmcal.scores.logit_map import LogitMap
from pytest_llmcal.scoring.protocol import ModelError


class _Mapped(Protocol):
    """What is asked of a calibrator here."""

    def logit_map(self) -> LogitMap | None: ...


def logits_processor(
    calibrator: _Mapped, tokenizer: Any = None, options: Sequence[str | int] | None = None
) -> CalibratedLogits:
    """Return a fitted calibrator as a logits processor for ``model.generate`` of transformers.

    The temperature divides all scores. Where the calibrator has a scale and a bias for each option, those
    of the options' tokens are mapped too: s becomes ``scale * (s - L) / T + bias + L / T``, where L is the
    logarithm of the summed exponentials of the options' scores, so that without a scale the bias is added.
    The probabilities of options of one token each, taken among themselves, are then the calibrated ones.

    Longer options have no such promise: a temperature per token is not one per text. Do not set
    ``temperature`` in ``generate`` besides, and with a bias generate one token: it would push the options at every one.

    Parameters
    ----------
    calibrator : Calibrator
        Fitted; one whose ``logit_map`` says what it does.
    tokenizer : transformers.PreTrainedTokenizerBase, optional
        Needed for options that are texts.
    options : sequence of str or int, optional
        The options in the order of the items' choices: texts of one token each, as they follow the prompt
        (``" A"``), or token ids. Needed where the calibrator has a scale or a bias.

    Raises
    ------
    ModelError
        If the calibrator cannot be said so or has another number of options, or an option is no single token.

    Examples
    --------
    >>> from pytest_llmcal import Scores, calibrators
    >>> fitted = calibrators.create("temperature").fit(Scores.from_logits([[4.0, 0.0]] * 4, [0, 0, 0, 1]))
    >>> logits_processor(fitted)
    CalibratedLogits(temperature=3.641)
    """
    known = calibrator.logit_map()
    if known is None:
        raise ModelError(
            f"{calibrator!r} is not fitted, or is no map of each option's logit, so it cannot work inside of generate; "
            "apply it to scores by transform()"
        )
    return CalibratedLogits(known, _tokens(known, tokenizer, options))


class CalibratedLogits:
    """A logits processor: token ids and scores in, calibrated scores out.

    Parameters
    ----------
    known : LogitMap
        What is done.
    tokens : sequence of int
        Token of each option; empty where no option has a scale or a bias.
    """

    def __init__(self, known: LogitMap, tokens: Sequence[int]) -> None:
        self._map = known
        self._tokens = list(tokens)

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002  # transformers hands both over
        """Return scores of the next token, a tensor of shape (batch, vocabulary), in the dtype they came in."""
        exact = scores.float()
        divided = exact / self._map.temperature
        if self._tokens:
            divided[:, self._tokens] = self._of_options(exact[:, self._tokens])
        # What other processors have forbidden stays forbidden, whatever the scale.
        return divided.masked_fill(scores == -math.inf, -math.inf).to(scores.dtype)

    def __repr__(self) -> str:
        of = f", {len(self._tokens)} options" if self._tokens else ""
        return f"CalibratedLogits(temperature={self._map.temperature:.4g}{of})"

    def _of_options(self, scores: Any) -> Any:
        scale, bias = (scores.new_tensor(each or ()) for each in (self._map.scale, self._map.bias))
        together = scores.logsumexp(dim=-1, keepdim=True)
        mapped = (scores - together) * scale if self._map.scale else scores - together
        moved = (mapped + together) / self._map.temperature
        return moved + bias if self._map.bias else moved


def _tokens(known: LogitMap, tokenizer: Any, options: Sequence[str | int] | None) -> list[int]:
    lengths = {len(each) for each in (known.scale, known.bias) if each is not None}
    if not lengths:
        return []
    if options is None or lengths != {len(options)}:
        told = "none are given" if options is None else f"{len(options)} are given"
        raise ModelError(f"the calibrator knows {min(lengths)} options, each with numbers of its own, and {told}")
    tokens = [option if isinstance(option, int) else _token(option, tokenizer) for option in options]
    for place, token in enumerate(tokens):
        if token in tokens[:place]:
            first = options[tokens.index(token)]
            raise ModelError(f"the options {first!r} and {options[place]!r} are one token, {token}")
    return tokens


def _token(option: str, tokenizer: Any) -> int:
    if tokenizer is None:
        raise ModelError(f"the option {option!r} is a text; give the tokenizer too, or token ids")
    tokens = tokenizer(option, add_special_tokens=False).input_ids
    if len(tokens) != 1:
        raise ModelError(f"the option {option!r} is {len(tokens)} tokens; a scale and a bias are for options of one")
    return int(tokens[0])
