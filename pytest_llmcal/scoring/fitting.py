"""Prompts that are longer than a model can read: an error, or cut as the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from pytest_llmcal.scoring.cut_encoding import beginning
from pytest_llmcal.scoring.protocol import ModelError, Request

Tokens = tuple[int, ...]
Pair = tuple[Tokens, Tokens]


def fitted(
    requests: Sequence[Request],
    pairs: Sequence[Pair],
    *,
    limit: int | None,
    truncate: Literal["left"] | None,
    head: Tokens,
) -> list[Pair]:
    """Return pairs that a model can read: as they are, or truncated where that was asked for.

    Choices of one item are weighed against one another, so they are given the same context: where one is too long, the
    context of all is cut to what the longest leaves room for. lm_eval cuts each by itself.

    Parameters
    ----------
    requests : sequence of Request
        Those of one item follow one another.
    pairs : sequence of (context, continuation)
        Their tokens.
    limit : int or None
        Tokens that the model reads at once; the last one of a continuation is not read.
    truncate : {"left"} or None
        Whether the oldest tokens of a context may be left out.
    head : tuple of int
        Those of them that are kept: models that always saw a begin token are lost without it, and so are
        those that follow a conversation without its opening.

    Returns
    -------
    list of (context, continuation)

    Raises
    ------
    ModelError
        A prompt is too long, or nothing of it would be left.

    Examples
    --------
    >>> asked = [Request("one", "a", "b"), Request("one", "a", "c")]
    >>> fitted(asked, [((1, 2, 3, 4), (5,)), ((1, 2, 3, 4), (6, 7))], limit=4, truncate="left", head=(1,))
    [((1, 3, 4), (5,)), ((1, 3, 4), (6, 7))]
    """
    if limit is None:
        return list(pairs)
    result: list[Pair] = []
    numbered = zip(requests, pairs, strict=True)
    for _, group in groupby(numbered, key=lambda each: (each[0].item, each[0].context)):
        result += _group(list(group), limit, truncate, head)
    return result


def _group(group: list[tuple[Request, Pair]], limit: int, truncate: Literal["left"] | None, head: Tokens) -> list[Pair]:
    request, (context, longest) = max(group, key=lambda each: len(each[1][1]))
    cut = shortened(
        request.item, request.context, context, len(longest), "choice", limit=limit, truncate=truncate, head=head
    )
    return [(cut, continuation) for _, (_, continuation) in group]


def shortened(
    item: str,
    text: str,
    context: Tokens,
    after: int,
    name: str,
    *,
    limit: int | None,
    truncate: Literal["left"] | None,
    head: Tokens,
    apart: bool = False,
) -> Tokens:
    """Return a context that leaves room for what follows: as it is, or truncated where that was asked for.

    Parameters
    ----------
    item, text : str
        Id and text of the prompt, for the error message.
    context : tuple of int
        Its tokens.
    after : int
        Tokens that follow, the last of which is not read.
    name : str
        What they are, for the error message.
    limit, truncate, head
        As for `fitted`.
    apart : bool
        Whether context and what follows are read apart, each up to the limit.

    Raises
    ------
    ModelError
        The context is too long, nothing of it would be left, or what follows is longer than the limit by itself.

    Examples
    --------
    >>> shortened("one", "a", (1, 2, 3, 4), 2, "max_tokens", limit=4, truncate="left", head=(1,))
    (1, 3, 4)
    """
    beside = 0 if apart else after - 1
    length = max(len(context) + beside, after)
    if limit is None or length <= limit:
        return context
    kept = head[: beginning(head, context)]  # its last token may have merged with the prompt
    room = limit - beside - len(kept) if after <= limit else 0
    if truncate is None or room < 1:
        raise ModelError(
            f"item {item!r} ({opening(text)}): prompt and {name} are {length} tokens, the model reads at most {limit}"
            + ('; truncate="left" (--llmcal-truncate left) leaves out the oldest' if room >= 1 else "")
        )
    return kept + context[-room:]


def opening(text: str) -> str:
    """Quote the beginning of a text, for error messages."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
