"""How sure the model was of an answer in Inspect's log, in one of the ways that a log can tell it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.inspect.samples import Sample
from pytest_llmcal.scores.logs.logged import Judged, Weighed, proportion

CONFIDENCE = "confidence"
_SHUFFLED = "Choices were shuffled"


def answers_of(samples: Sequence[Sample], way: str | None) -> Weighed | Judged:
    """Return the answers with their confidence, found in one way for all.

    Raises
    ------
    ScoresError
        If a sample has not what that way needs.
    """
    way = way or _way(samples)
    if way == "letters":
        return _letters(samples)
    correct = [sample.correct for sample in samples]
    if way == "share":
        return Judged(_shares(samples), correct)
    found = {"token": _token, "sequence": _sequence}.get(way)
    return Judged([found(sample) if found else _said(sample, way) for sample in samples], correct)


def _way(samples: Sequence[Sample]) -> str:
    """Choose, by the first sample, the first way that there is something for."""
    first = samples[0]
    if CONFIDENCE in _metadata(first):
        return CONFIDENCE
    if any(sample.tokens for sample in samples):
        return "token" if first.letters else "sequence"
    if len({sample.epoch for sample in samples}) > 1:
        return "share"
    raise ScoresError(
        f"{first.place}: nothing says how sure the model is; run Inspect with logprobs=True (and top_logprobs=20), "
        "with epochs=10 to count equal answers, or let the scorer put a 'confidence' into its metadata"
    )


def _sequence(sample: Sample) -> float:
    if not sample.tokens:
        if sample.completion == "" and sample.correct == 0.0:
            return 0.0
        raise ScoresError(f"{sample.place}: no log-probabilities of its tokens; run Inspect with logprobs=True")
    return math.exp(min(sum(_log_probability(token, sample.place) for token in sample.tokens), 0.0))


def _token(sample: Sample) -> float:
    token = _letter_token(sample)
    return 0.0 if token is None else math.exp(min(_log_probability(token, sample.place), 0.0))


def _letter_token(sample: Sample) -> Mapping[str, Any] | None:
    """Return the last token that is a letter of a choice; None where no answer could be read, and none was sure."""
    if not sample.letters:
        raise ScoresError(f"{sample.place}: no choices, so no letter is its answer; confidence='sequence' needs none")
    if not sample.answer and sample.correct == 0.0:
        return None
    if not sample.tokens:
        raise ScoresError(f"{sample.place}: no log-probabilities of its tokens; run Inspect with logprobs=True")
    letters = [token for token in sample.tokens if _letter(token) in [*sample.letters]]
    if not letters:
        raise ScoresError(
            f"{sample.place}: the answer is {sample.answer!r}, but no token of {sample.completion[-60:]!r} is one "
            f"of the letters {', '.join(sample.letters)}"
        )
    token = letters[-1]
    if _letter(token) != sample.answer and not _is_shuffled(sample):
        raise ScoresError(
            f"{sample.place}: the answer is {sample.answer!r}, but the last letter written is {_letter(token)!r}"
        )
    return token


def _letters(samples: Sequence[Sample]) -> Weighed:
    rows, labels = [], []
    for sample in samples:
        token = _letter_token(sample)
        target = sample.target
        if token is None or _is_shuffled(sample) or target not in [*sample.letters]:
            raise ScoresError(
                f"{sample.place}: confidence='letters' needs one right letter, choices in their own order and an "
                f"answer that was read; got the target {target!r} and the answer {sample.answer!r}. "
                "confidence='token' needs less"
            )
        mass = _mass_of_letters(token, sample)
        best = max(mass, key=mass.__getitem__)
        if best != sample.answer:
            raise ScoresError(
                f"{sample.place}: {best} was more probable than the answer {sample.answer}, which was drawn at random; "
                "run Inspect with temperature=0, or use confidence='token'"
            )
        rows.append([math.log(mass[letter]) for letter in sample.letters])
        labels.append(sample.letters.index(target))
    return Weighed(rows, labels)


def _mass_of_letters(token: Mapping[str, Any], sample: Sample) -> dict[str, float]:
    mass = dict.fromkeys(sample.letters, 0.0)
    for other in token.get("top_logprobs") or ():
        if _letter(other) in mass:
            mass[_letter(other)] += math.exp(_log_probability(other, sample.place))
    missing = [letter for letter in mass if mass[letter] == 0.0]
    if missing:
        raise ScoresError(
            f"{sample.place}: no probability of {', '.join(missing)} among the {len(token.get('top_logprobs') or ())} "
            "likeliest tokens; run Inspect with more top_logprobs, or use confidence='token'"
        )
    return mass


def _letter(token: Mapping[str, Any]) -> str:
    """Return what is left of a token without white space, punctuation and the signs that tokenizers write for these."""
    return re.sub(r"[^A-Za-z0-9]", "", str(token.get("token", "")))


def _is_shuffled(sample: Sample) -> bool:
    return str(sample.score.get("explanation") or "").startswith(_SHUFFLED)


def _log_probability(token: Any, place: str) -> float:
    value = token.get("logprob") if isinstance(token, dict) else None
    if not isinstance(value, int | float) or math.isnan(value) or value > 1e-3:  # narrow formats round zero upward
        raise ScoresError(f"{place}: the log-probability of a token must be a number of at most 0, got {token!r}")
    return float(value)


def _shares(samples: Sequence[Sample]) -> list[float]:
    """Return, of the times that an item was asked, the share in which the answer was the same."""
    asked = Counter(sample.id for sample in samples)
    given = Counter((sample.id, _text(sample)) for sample in samples)
    for sample in samples:
        if asked[sample.id] < 2:
            raise ScoresError(f"{sample.place}: asked once, so no answers can be counted; run Inspect with epochs=10")
    return [given[sample.id, _text(sample)] / asked[sample.id] for sample in samples]


def _text(sample: Sample) -> str:
    return sample.answer or sample.completion.strip()


def _metadata(sample: Sample) -> dict[str, Any]:
    found = (sample.sample.get("metadata"), sample.score.get("metadata"))
    return {name: value for part in found if isinstance(part, dict) for name, value in part.items()}


def _said(sample: Sample, name: str) -> float:
    metadata = _metadata(sample)
    if name not in metadata:
        there = ", ".join(map(repr, metadata)) or "none"
        raise ScoresError(
            f"{sample.place}: no {name!r} in the metadata of score and sample, which have {there}; confidence= is one "
            "of 'token', 'letters', 'sequence', 'share', or a name there"
        )
    return proportion(metadata[name], sample.place, repr(name))
