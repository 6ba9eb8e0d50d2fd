r"""Where a text may be cut so that its tokens are those of the parts, one after the other.

Cut ``"... keeps bees"`` in front of the space between two plain letters. The tokens of the whole are those of
``"... keeps"`` and then those of ``" bees"``, whatever else stands on either side, if three things are so:

1. The normalizer works on each side by itself: it maps characters or short runs, never a letter together with
   the space behind it, and takes nothing off the beginning of a text.
2. The pre-tokenizer always begins a piece at such a space and does not look back, and the model encodes every
   piece by itself. Or nothing splits there, but the model is a BPE no token of which has a space behind a letter:
   then no merge ever joins the two sides, and merges on one side never wait for the other.
3. No added token can lie across the place or reach to it.

Each is read from the tokenizer's own description. What is not known for certain to be so, is not so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_letters
from typing import Any

_MARK = "\u2581"
"""How SentencePiece writes a space."""

_MAPPINGS = {"NFC", "NFD", "NFKC", "NFKD", "Nmt", "Lowercase", "StripAccents", "BertNormalizer", "Precompiled"}
"""Normalizers of single characters, or of a character and the marks behind it: a space is never such a mark."""

_WHITE_SPACE = {" {2,}", " +", r"\s+", r"\s{2,}", r"\n", r"[\n\r\t]", r"\s{2,}|[\n\r\t]"}
"""Patterns of which no match holds a letter."""

_SPLIT_AT_SPACES = {"Whitespace", "WhitespaceSplit", "BertPreTokenizer"}

_CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_ANY_CASE = f"(?i:{'|'.join(_CONTRACTIONS)})"
_ALTERNATIVES = {
    *_CONTRACTIONS,
    _ANY_CASE,
    *(
        rf"[^\r\n\p{{L}}\p{{N}}]?{letters}"
        for letters in (
            r"\p{L}+",
            r"[\p{L}\p{M}]+",
            *(
                f"{word}{tail}"
                for word in (f"{_UPPER}*{_LOWER}+", f"{_UPPER}+{_LOWER}*")
                for tail in ("", f"{_ANY_CASE}?")
            ),
        )
    ),
    r"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+".replace(r"\"", '"'),
    r" ?\p{L}+",
    r" ?\p{N}+",
    r"\p{N}",
    r"\p{N}{1,3}",
    r" ?[^\s\p{L}\p{N}]+",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*",
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*",
    r" ?[\p{P}\p{S}]+[\r\n]*",
    "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
    r"\s*[\r\n]+",
    r"\s*[\r\n]",
    r"\s+(?!\S)",
    r"\s+",
}
r"""Alternatives of the patterns of GPT-2, GPT-4, GPT-4o, Llama 3 and 4, Qwen, DeepSeek and Tekken.

Of none does a match hold a letter with a space behind it; a run of letters ends there, as it does at the end of a
text. The one that looks ahead looks behind white space, and none looks back. ``\s+`` takes any space that is left.
"""


@dataclass(frozen=True)
class Cuts:
    """Finds places for cuts.

    Attributes
    ----------
    letters : frozenset of str
        Letters between which it is safe.
    dropped : int
        1 if the part behind is to be encoded without the space that it begins with, because the tokenizer itself
        puts one in front of every text; else 0.
    """

    letters: frozenset[str]
    dropped: int

    def last(self, text: str) -> int:
        """Return the position of the last space at which a text may be cut; 0 if there is none.

        Examples
        --------
        >>> Cuts(frozenset("abc"), 0).last("a b 1 b c, c")
        7
        """
        place = text.rfind(" ")
        while place > 0:
            if text[place - 1] in self.letters and text[place + 1 : place + 2] in self.letters:
                return place
            place = text.rfind(" ", 0, place)
        return 0

    def behind(self, text: str, place: int) -> str:
        """Return what is encoded for the part behind a cut; 0 stands for no cut."""
        return text[place + self.dropped :] if place else text


def cuts_of(tokenizer: Any) -> Cuts | None:
    """Judge a tokenizer.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase

    Returns
    -------
    Cuts or None
        None if it is not certain that there are places where its texts may be cut.
    """
    if not (getattr(tokenizer, "is_fast", False) and _is_plain(type(tokenizer))):
        return None
    backend = tokenizer.backend_tokenizer
    normalizers = list(_parts(backend.normalizer))
    prepends = bool(normalizers) and normalizers[0]["type"] == "Prepend"
    mark = _mark(backend.normalizer, ascii_letters)
    if mark is None or not all(_is_local(each) for each in normalizers[prepends:]):
        return None
    # a space that is put in front of a text and kept as one may be split off again, and then something else put there
    if prepends and not normalizers[0]["prepend"] == mark == _MARK:
        return None
    if not all(_keeps_off(token, backend.normalizer, prepends) for token in _added(backend)):
        return None
    letters = _letters(backend, mark)
    return Cuts(letters, int(prepends)) if letters else None


def _is_plain(kind: type) -> bool:
    """Whether texts reach the Rust tokenizer as they are: no class of a model's own comes between."""
    methods = (getattr(kind, name, None) for name in ("__call__", "_encode_plus", "_batch_encode_plus"))
    # of GPT-2's family, transformers before 5 has a method of its own that only checks an option
    known = ("transformers.tokenization_utils", "transformers.models.gpt2.")
    return all(method is None or method.__module__.startswith(known) for method in methods)


def _parts(component: Any) -> Iterator[dict[str, Any]]:
    """Describe a normalizer or pre-tokenizer, those of a sequence one by one."""
    if component is None:
        return
    try:
        described = json.loads(component.__getstate__())
    except Exception:  # one that is written in Python cannot be described
        described = {"type": "unknown"}
    waiting = [described]
    while waiting:
        part = waiting.pop(0)
        inner = part.get("normalizers") or part.get("pretokenizers")
        if part["type"] == "Sequence":
            waiting = [*(inner or []), *waiting]
        else:
            yield part


def _mark(normalizer: Any, letters: str) -> str | None:
    """Return what a space between letters becomes; None unless it and both letters stay one character each."""
    marks = set()
    for letter in letters:
        text = f"{letter} {letter}"
        found = re.search(
            rf"[A-Za-z]([ {_MARK}])[A-Za-z]\Z", text if normalizer is None else normalizer.normalize_str(text)
        )
        marks.add(found and found[1])
    return marks.pop() if len(marks) == 1 else None


def _is_local(part: dict[str, Any]) -> bool:
    """Whether a normalizer works on either side of a cut by itself."""
    match part:
        case {"type": "Strip", "strip_left": left}:
            return not left
        case {"type": "Replace", "pattern": {"String": text}}:
            # a match is only across a cut if it holds a letter, or a space that is not its first character
            return not re.search(rf"[A-Za-z]|.[ {_MARK}]", text, re.DOTALL)
        case {"type": "Replace", "pattern": {"Regex": pattern}}:
            return pattern in _WHITE_SPACE
        case {"type": kind}:
            return kind in _MAPPINGS
    return False


def _added(backend: Any) -> list[Any]:
    return list(backend.get_added_tokens_decoder().values())


def _keeps_off(token: Any, normalizer: Any, prepends: bool) -> bool:
    """Whether an added token never lies across a cut, nor takes the space behind it."""
    if token.single_word:
        return False  # would look at the character before it
    contents = {token.content}
    if token.normalized and normalizer is not None:
        contents.add(normalizer.normalize_str(token.content))
    if any(re.search(rf"[A-Za-z][ {_MARK}]", content) for content in contents):
        return False
    ends = any(re.search(r"[A-Za-z]\Z", content) for content in contents)
    begins = any(re.match(rf"[A-Za-z {_MARK}]", content) for content in contents)
    return not (ends and token.rstrip) and not (prepends and (ends or begins))


def _letters(backend: Any, mark: str) -> frozenset[str]:
    """Letters between which pieces, or else merges, always end; none if that is not certain."""
    none = frozenset[str]()
    model = backend.model
    kind = type(model).__name__
    draws = [getattr(model, name, None) for name in ("dropout", "alpha", "nbest_size")]
    if kind not in {"BPE", "WordPiece", "WordLevel", "Unigram"} or any(draws):
        return none
    for part in _parts(backend.pre_tokenizer):
        match _split(part, mark):
            case True:
                return frozenset(ascii_letters)
            case None:
                return none
            case False if part["type"] == "Metaspace":
                mark = part["replacement"]
            case False if part["type"] == "ByteLevel":
                mark = "Ġ"
    affixes = (model.continuing_subword_prefix, model.end_of_word_suffix) if kind == "BPE" else ("no BPE",)
    if any(affixes):
        return none
    vocabulary = backend.get_vocab(False)
    across = re.compile(f"[A-Za-z]{re.escape(mark)}")
    if mark not in vocabulary or any(map(across.search, vocabulary)):
        return none
    normalizer = backend.normalizer
    return frozenset(
        letter
        for letter in ascii_letters
        if (letter if normalizer is None else normalizer.normalize_str(letter))[-1:] in vocabulary
    )


def _split(part: dict[str, Any], mark: str) -> bool | None:
    """Whether a pre-tokenizer begins a piece at every cut; None if its pieces may depend on the other side.

    One that begins none there must leave what is around the cut for the next: a piece across it, which is that before
    and that behind it put together.
    """
    match part:
        case {"type": "ByteLevel", "use_regex": pattern}:
            # a space of its own goes before pieces that begin without one, and what is behind a cut has one
            return bool(pattern) if mark == " " else None
        case {"type": "Metaspace", "replacement": replacement}:
            return bool(part.get("split", True)) if mark in (" ", replacement) else None
        case {"type": "CharDelimiterSplit", "delimiter": delimiter}:
            return None if delimiter in (*ascii_letters, _MARK) else delimiter == mark
        case {"type": "Split", "pattern": {"String": " "}, "invert": False, "behavior": behavior}:
            return mark == " " and behavior != "MergedWithPrevious"
        case {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False} | {
            "type": "Split",
            "pattern": {"Regex": pattern},
            "behavior": "Removed",
            "invert": True,
        }:
            alternatives = set(_alternatives(pattern))
            return r"\s+" in alternatives if mark == " " and alternatives <= _ALTERNATIVES else None
        case {"type": "Digits" | "Punctuation"}:
            return False
        case {"type": kind}:
            return True if kind in _SPLIT_AT_SPACES and mark == " " else None
    return None


def _alternatives(pattern: str) -> list[str]:
    r"""Take a pattern apart at each bar that stands in no bracket.

    >>> _alternatives(r"(?i:'s|'t)|[^|\s]+|\s+(?!\S)")
    ["(?i:'s|'t)", '[^|\\s]+', '\\s+(?!\\S)']
    """
    pieces = re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?:\\.|[^()\\])*\)|\||.", pattern, re.DOTALL)
    apart = [""]
    for piece in pieces:
        if piece == "|":
            apart.append("")
        else:
            apart[-1] += piece
    return apart
