"""How sure a model says that it is: a number from 0 to 1, or nothing where that is not certain."""

from __future__ import annotations

import re

from pytest_llmcal.scoring.confidence.verbalised.numbers import QUANTITY, SCALE, quantity
from pytest_llmcal.scoring.confidence.verbalised.words import WORDS
from pytest_llmcal.tasks.typography import plain

_FLAGS = re.VERBOSE | re.IGNORECASE

# "that Lyon is right" may be said of another answer, "of a mistake" against it: only these words are followed
_OF_IT = r"""
    (?:\s(?:that|of|in|about|for|to|be|being|is|was|it|it's|its|this|the|my|your|i|am|answer|response|right|correct|true
      |accurate|correctness|accuracy)\b)*
"""
_LABEL = rf"""
    (?:(?:my|the|your)\s)?(?:confidence|probability|likelihood|certainty|percentage|chances?)
    (?:\s(?:level|score|rating|estimate))?{_OF_IT}{SCALE}?(?:\s?[:=]\s?|\s-\s|\s)
"""
_I_AM = r"""
    (?:i\ am|i'm|i\ would\ be|i'd\ be|i\ would\ say|i'd\ say|i\ say|i\ estimate|i\ think|i\ believe|i\ have
      |it\ is|it's|that\ is|that's|there\ is|there's)\s
    (?:(?:it\ is|it's|there\ is|there's)\s)?(?:an?\s)?
"""
_ABOUT = r"(?:(?:about|around|approximately|approx\.|roughly)\s|~\s?|≈\s?)?"
_SURE = rf"""
    \s(?:sure|confident|certain|confidence|certainty|likely|probable|probability|likelihood|chance|correct|right|true
      |accurate){_OF_IT}
"""
_PHRASE = "|".join(re.escape(words) for words in sorted(WORDS, key=len, reverse=True))
_REMARK = r"(?P<remark>\s?[,;(]\s?[^\n]*|\s-\s[^\n]*|\sbecause\b[^\n]*)?"

_IN_NUMBERS = re.compile(
    rf"(?:{_LABEL})?(?P<i_am>{_I_AM})?{_ABOUT}[(\[]?(?:{QUANTITY})[)\]]?(?P<sure>{_SURE})?{_REMARK}", _FLAGS
)
_IN_WORDS = re.compile(rf"(?:{_LABEL})?(?:{_I_AM})?[(\[]?(?P<phrase>{_PHRASE})[)\]]?{_OF_IT}{_REMARK}", _FLAGS)
_ALONE = re.compile(rf"(?P<phrase>{_PHRASE})|{_ABOUT}(?:{QUANTITY})", _FLAGS)
_IN_A_LIST = re.compile(r"^[1-9][.)]\s", re.MULTILINE)
_AT_THE_END = re.compile(r"(?:^|[\s,:(])([0-9]{1,3}(?:\.[0-9]{1,12})?)\)?$")
_ANYWHERE = re.compile(rf"(?<![\w.,/$€£-])(?:{QUANTITY})(?![\w/%])", _FLAGS)

_AGAINST = re.compile(
    r"""\b(?:not?|never|none|cannot|wrong|incorrect|false|mistake\w*|error|doubt\w*|unsure|uncertain\w*|unlikely|improbable
    |impossible|inaccurate|unclear|made\s(?:\w+\s)?up|invent\w*|lie|fail\w*|less|fewer|more|least|most|below|under|above|over|almost|nearly)\b|n't\b""",
    _FLAGS,
)
"""Words that turn a number round or make it a bound."""

_ANOTHER_TURN = re.compile(
    r"^\s*(?:question|q|answer|a|user|human|assistant|system|context|passage)\s*:", re.IGNORECASE
)
_MARKDOWN = str.maketrans(dict.fromkeys("*_`", " "))
"""What Markdown marks words with; before a percent sign TeX has a backslash besides."""

_QUOTES = {'"': '"', "'": "'", "<": ">", "[": "]", "(": ")", "{": "}"}


def read_confidence(text: str, *, complete: bool = True) -> float | None:
    r"""Read how sure a model says that it is.

    ===========================================  ==================================================================
    what is said                                 what is read
    ===========================================  ==================================================================
    ``90%``, ``90 percent``                      0.9
    ``0.9``, ``.9``, ``1.0``                     as it stands
    ``9/10``, ``9 out of 10``, ``9 in 10``       0.9; of 2, 3, 4, 5, 10, 20 or 100 (``0.9/1`` too)
    ``90``                                       0.9: a whole number or one with a point above 10, up to 100
    ``1`` to ``10``                              nothing: of 1, of 10 or of 100?
    ``0.9%``                                     nothing: a percent sign too many?
    ``80-90%``, ``between 0.8 and 0.9``          the middle; of the whole scale, nothing
    ``50/50``                                    0.5; of other pairs that sum to 100, nothing
    ``very likely``                              the median of a survey, see `WORDS`
    ``90%, very likely``                         the number, if both lie on one side of 0.5
    ``at least 90%``, ``>90%``, ``almost 100%``  nothing: a bound is no number
    ``120%``, ``-3``                             nothing
    ``90% sure. 40% sure.``, ``90. No, 40.``     nothing: they contradict each other
    ===========================================  ==================================================================

    The number may stand behind a label ("Confidence: 90%") or in a short sentence of its own ("I am 90% sure that it is
    right"). A sentence of any other kind, such as "The answer is 42", says nothing, and neither does one that speaks
    against the answer ("90% wrong"). What comes after the first sentence is only searched for other numbers: those from
    0 to 1 with a percent sign, a point or a scale, those above 10 and up to 100 that a line or a sentence ends in, and
    whatever number stands alone or behind a label. A next turn ("Question: ...") is not read at all.

    Parameters
    ----------
    text : str
        What the model said when it was asked how sure it is.
    complete : bool
        Whether it came to an end by itself. Of a text that was cut off the last line is left out: "9" may have been
        going to be "90%".

    Returns
    -------
    float or None
        From 0 to 1, None where nothing can be read with certainty.

    Examples
    --------
    >>> read_confidence("Confidence: 90%"), read_confidence("very likely"), read_confidence("I'm about 80% sure.")
    (0.9, 0.9, 0.8)
    >>> read_confidence("1") is None, read_confidence("120%") is None, read_confidence("The answer is 42.") is None
    (True, True, True)
    """
    first, rest = _first_sentence(_own_lines(text, complete))
    in_numbers = _IN_NUMBERS.fullmatch(first)
    read = _in_numbers(in_numbers) if in_numbers else _in_words(_IN_WORDS.fullmatch(first))
    return read if read is not None and _agrees(read, rest) else None


def _own_lines(text: str, complete: bool) -> list[str]:
    """Return the lines that are not empty, up to the next turn."""
    lines = plain(text).replace("\\%", "%").translate(_MARKDOWN).split("\n")
    if not complete:
        lines.pop()
    kept: list[str] = []
    for line in lines:
        if _ANOTHER_TURN.match(line):
            break
        if bare := " ".join(line.split()):
            kept.append(re.sub(r"^(?:[-#•>]+ )+(?=[a-zA-Z])", "", bare))
    return kept


def _first_sentence(lines: list[str]) -> tuple[str, str]:
    if not lines:
        return "", ""
    first, _, after = lines[0].partition(". ")
    if not re.search(r"[\w%)\]]$", first):
        first, after = lines[0], ""
    first = first.rstrip(".!; ")
    while len(first) > 2 and _QUOTES.get(first[0]) == first[-1]:
        first = first[1:-1].strip(" .!;")
    return first, "\n".join([after, *lines[1:]])


def _in_numbers(found: re.Match[str]) -> float | None:
    said = quantity(found)
    # "I think 42" is an answer; "42" and "Confidence: 42" are not
    if said.value is None or not (said.explicit or (found["i_am"] is None and found["sure"] is None)):
        return None
    return said.value if _bears(said.value, found["remark"]) else None


def _in_words(found: re.Match[str] | None) -> float | None:
    if found is None:
        return None
    said = WORDS[found["phrase"].lower()]
    number = _alone(found["remark"])
    if number is not None:
        return number if (number - 0.5) * (said - 0.5) >= 0 else None
    return said if _bears(said, found["remark"]) else None


def _alone(remark: str | None) -> float | None:
    """Return the number that a remark consists of."""
    found = _ALONE.fullmatch(_bare(remark))
    return quantity(found).value if found and not found["phrase"] else None


def _bare(remark: str | None) -> str:
    return (remark or "").strip(" ,;()-.!")


def _bears(value: float, remark: str | None) -> bool:
    """Say whether a remark neither takes back what was said nor says another number."""
    found = _ALONE.fullmatch(_bare(remark))
    if found:
        if found["phrase"]:
            return (value - 0.5) * (WORDS[found["phrase"].lower()] - 0.5) >= 0
        return quantity(found).value == value
    return not re.search(r"[0-9]", remark or "") and not _AGAINST.search(remark or "")


def _agrees(value: float, rest: str) -> bool:
    """Say whether whatever else looks like a probability is the same."""
    others = [quantity(found) for found in _ANYWHERE.finditer(rest)]
    return all(other.value == value for other in others if other.explicit) and all(
        _ends_alike(value, sentence.strip(" .!;")) for sentence in re.split(r"\n|[.!;]\s", _IN_A_LIST.sub("", rest))
    )


def _ends_alike(value: float, sentence: str) -> bool:
    """Say whether no sentence is, or ends in, another number that says nothing of its scale."""
    if alone := _IN_NUMBERS.fullmatch(sentence):
        return quantity(alone).value == value
    number = _AT_THE_END.search(sentence)
    return number is None or not 10 < float(number[1]) <= 100 or float(number[1]) / 100 == value
