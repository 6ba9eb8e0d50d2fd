"""One sample of Inspect: how a scorer judged it, and what the model said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.logged import proportion

# As Inspect's value_to_float reads them.
_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


@dataclass(frozen=True)
class Sample:
    """An item that was asked once and judged.

    Attributes
    ----------
    place : str
        Where in the file.
    id, epoch : str
        Its name, and the how manieth time it was asked.
    correct : float
        From 0 to 1.
    answer : str
        What the scorer took for the answer; empty where it found none.
    score, sample : mapping
        All that was logged of the judgement, and of the sample.
    """

    place: str
    id: str
    epoch: str
    correct: float
    answer: str
    score: Mapping[str, Any]
    sample: Mapping[str, Any]

    @property
    def letters(self) -> str:
        """Letters of its choices; empty where it has none."""
        choices = self.sample.get("choices")
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(choices)] if isinstance(choices, list) else ""

    @property
    def target(self) -> str:
        """What is right; of several right answers, their list as text."""
        target = self.sample.get("target")
        return str(target[0] if isinstance(target, list) and len(target) == 1 else target)

    @property
    def tokens(self) -> Sequence[Mapping[str, Any]]:
        """What was logged of every token; empty where no probabilities were."""
        choices = self._output().get("choices")
        first = choices[0] if isinstance(choices, list) and choices else {}
        found = first.get("logprobs") if isinstance(first, dict) else None
        tokens = found.get("content") if isinstance(found, dict) else None
        return tokens if isinstance(tokens, list) else []

    @property
    def completion(self) -> str:
        """The text that the model wrote."""
        return str(self._output().get("completion", ""))

    def _output(self) -> Mapping[str, Any]:
        output = self.sample.get("output")
        return output if isinstance(output, dict) else {}


def judged_samples(logged: Sequence[tuple[str, dict[str, Any]]], scorer: str | None, unscored: str) -> list[Sample]:
    """Return the samples that a scorer judged.

    Raises
    ------
    ScoresError
        If it is unclear which scorer is meant, one comes twice, or one has no judgement and is not to be left out.
    """
    samples = []
    seen: dict[tuple[str, str], str] = {}
    for place, sample in logged:
        if not isinstance(sample, dict) or not {"id", "epoch", "scores"} <= sample.keys():
            raise ScoresError(
                f"{place}: no sample of Inspect: expected 'id', 'epoch' and 'scores', got {str(sample)[:80]}"
            )
        identity = str(sample["id"]), str(sample["epoch"])
        if identity in seen:
            raise ScoresError(f"{place}: the sample {identity[0]!r}, epoch {identity[1]}, is also {seen[identity]}")
        seen[identity] = place
        score = _score(sample, scorer, place)
        if score is None and unscored != "leave out":
            raise ScoresError(
                f"{place}: was not judged ({_why(sample)}); Inspect leaves such a sample out of its metrics, "
                "and unscored='leave out' does here"
            )
        if score is not None:
            correct = _correct(score.get("value"), place)
            answer = score.get("answer")
            samples.append(Sample(place, *identity, correct, str(answer or "").strip(), score, sample))
    if not samples:
        raise ScoresError(f"{logged[0][0]}: neither this sample nor any other was judged")
    return samples


def _score(sample: Mapping[str, Any], scorer: str | None, place: str) -> Mapping[str, Any] | None:
    scores = sample["scores"] if isinstance(sample["scores"], dict) else {}
    if not scores:
        return None
    if scorer is None and len(scores) > 1:
        raise ScoresError(f"{place}: judged by {', '.join(map(repr, scores))}; say scorer= one of them")
    name = next(iter(scores)) if scorer is None else scorer
    if name not in scores:
        raise ScoresError(f"{place}: not judged by {name!r}; those that judged it: {', '.join(map(repr, scores))}")
    score = scores[name]
    if not isinstance(score, dict) or "value" not in score:
        raise ScoresError(f"{place}: the score {name!r} must be an object with a 'value', got {score!r}")
    value = score["value"]
    return None if isinstance(value, float) and math.isnan(value) else score  # which is how Inspect says it


def _why(sample: Mapping[str, Any]) -> str:
    error = sample.get("error")
    return f"error: {str(error.get('message'))[:200]}" if isinstance(error, dict) else "no score"


def _correct(value: object, place: str) -> float:
    if isinstance(value, str):
        if value in _LETTERS:
            return _LETTERS[value]
        if value.lower() in _WORDS:
            return _WORDS[value.lower()]
        try:
            value = float(value)
        except ValueError:
            raise ScoresError(
                f"{place}: the score is {value!r}; it must be C, P, I, N, yes, no, true, false or a number from 0 to 1"
            ) from None
    return proportion(value, place, "the score")
