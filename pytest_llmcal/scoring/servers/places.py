"""Where a server's tokens stand in the text that it was sent."""

from __future__ import annotations

from collections.abc import Sequence

_DAMAGED = "\ufffd"
"""What servers write for a part of a character; others write nothing, or ``bytes:\\xf0``."""

_SPACE = "\u2581"
"""What SentencePiece writes for a space, and some servers pass on."""


def places(text: str, tokens: Sequence[str]) -> list[int | None] | None:
    """Find where each token begins.

    Servers' own offsets are not used: that of llama-cpp-python counts a space that its tokenizer adds, that of vLLM
    the letters of ``<s>``. Tokenizers of the kind of SentencePiece put a space before a text, and some
    servers leave the space out that a token begins with; both are allowed for, and nothing else.

    Parameters
    ----------
    text : str
    tokens : sequence of str
        Texts of its tokens, without a begin token.

    Returns
    -------
    list of (int or None), or None
        Place of each token's first character; None for a token that is a part of a character, and for the one behind
        it, which may begin with another part. None for all where the tokens are not those of the text.

    Examples
    --------
    >>> places("Once upon", [" Once", " up", "on"])
    [0, 4, 7]
    >>> places("a é.", ["a", " ", "", "", "."])
    [0, 1, None, None, None]
    >>> places("Once upon", ["Once", " a"])
    """
    if _SPACE not in text:
        tokens = [token.replace(_SPACE, " ") for token in tokens]
    found = _walk(text, tokens)
    if found is None:
        spaced = _walk(" " + text, tokens)
        found = spaced and [None if place is None else max(0, place - 1) for place in spaced]
    return found


def is_part(token: str) -> bool:
    """Tell whether a token's text does not say which token it is: it is a part of a character."""
    return not token or _DAMAGED in token or token.startswith("bytes:")


def _walk(text: str, tokens: Sequence[str]) -> list[int | None] | None:
    """Go through text and tokens together; within characters that are cut, only their end is known."""
    found: list[int | None] = []
    place, lost = 0, False
    for token in tokens:
        if not lost and token and (skipped := _skipped(text, token, place)) is not None:
            found.append(place)
            place += skipped
        elif is_part(token):
            found.append(None)
            head = token.partition(_DAMAGED)[0] if _DAMAGED in token and not lost else ""
            if not text.startswith(head, place):
                return None
            place, lost = place + len(head), True
        else:
            end = _end_of_characters(text, token, place) if lost else None
            if end is None:
                return None
            found.append(None)
            place, lost = end + len(token), False
    rest = text[place:]
    return found if (rest and not rest.isascii() if lost else not rest) else None


def _skipped(text: str, token: str, place: int) -> int | None:
    """Return how many characters a token stands for, if it stands here."""
    if text.startswith(token, place):
        return len(token)
    return len(token) + 1 if text.startswith(" " + token, place) else None


def _end_of_characters(text: str, token: str, place: int) -> int | None:
    """Return where characters that were cut end, and the text of a token stands."""
    end = place
    while end < len(text) and not text[end].isascii():
        end += 1
        if text.startswith(token, end):
            return end
    # some servers show a whole character in place of its last part
    return place if not token[0].isascii() and text.startswith(token, place) else None
