"""Texts of others inside markup: as texts only, whatever they hold."""

from __future__ import annotations

import re
from html import escape

_LONGEST = 300
_CUT = "\N{HORIZONTAL ELLIPSIS}"

# XML 1.0 has no place for these, not even as references; browsers drop or misread those that HTML allows.
_UNREADABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str, longest: int = _LONGEST) -> str:
    """Return a text as HTML and XML show it, in an element or between the quotes of an attribute.

    Parameters
    ----------
    text : str
        Anything; control characters and lone surrogates become U+FFFD.
    longest : int
        Number of characters after which it is cut.

    Examples
    --------
    >>> escaped('<b>"R&D"</b>'), escaped("abcdef", 3)
    ('&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;', 'abc…')
    """
    cut = text if len(text) <= longest else text[:longest] + _CUT
    return escape(_UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", cut))


def isolated(text: str, longest: int = _LONGEST) -> str:
    """Return a text as HTML whose reading direction does not reach what stands beside it.

    Examples
    --------
    >>> isolated("region=north")
    '<bdi>region=north</bdi>'
    """
    return f"<bdi>{escaped(text, longest)}</bdi>"
