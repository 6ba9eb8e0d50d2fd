"""Characters of other looks: what is written one way by a keyboard and another by a typesetter."""

from __future__ import annotations

import unicodedata

_PLAIN = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
_FRACTION_SLASH = "\u2044"


def plain(text: str) -> str:
    r"""Return a text with the quotes, apostrophes and dashes of a keyboard, and with characters composed alike.

    The latter is Unicode's normalisation form KC: full-width forms become ordinary ones, and a letter with a combining
    accent becomes the letter that has it.

    Examples
    --------
    >>> plain("Hawai\u2019i \u2013 \u201c\uff19\uff10\uff05\u201d")
    'Hawai\'i - "90%"'
    """
    # dashes and quotes first: form KC makes white space of some
    return unicodedata.normalize("NFKC", text.translate(_PLAIN)).replace(_FRACTION_SLASH, "/")
