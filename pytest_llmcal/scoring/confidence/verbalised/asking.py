"""Ask a model how sure it is, together with the answer or afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer, Cost, Kind
from pytest_llmcal.scoring.confidence.sequence import greedy
from pytest_llmcal.scoring.confidence.verbalised.numbers import SCALE
from pytest_llmcal.scoring.confidence.verbalised.reading import read_confidence
from pytest_llmcal.scoring.confidence.verbalised.words import OFFERED
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError, check_whole
from pytest_llmcal.tasks import OpenItem, Writing

_PHRASES = ", ".join(OFFERED)

ONE_STEP = """Answer the question, then say how likely it is that your answer is right, from 0% to 100%.
Write these two lines and nothing else:
Answer: your answer
Confidence: the percentage

{prompt}"""
"""Asks for both at once, in numbers."""

ONE_STEP_IN_WORDS = f"""Answer the question, then say how likely it is that your answer is right: {_PHRASES}.
Write these two lines and nothing else:
Answer: your answer
Confidence: one of these phrases

{{prompt}}"""
"""Asks for both at once, in words."""

TWO_STEPS = """{prompt} {answer}

How likely is it that this answer is right? Say a percentage from 0% to 100% and nothing else.
Confidence:"""
"""Asks about an answer, in numbers."""

TWO_STEPS_IN_WORDS = f"""{{prompt}} {{answer}}

How likely is it that this answer is right? Say one of these phrases and nothing else: {_PHRASES}.
Confidence:"""
"""Asks about an answer, in words."""

_NAMED = rf"(?:my\ )?confidence(?:\ level|\ score)?{SCALE}?\W{{0,3}}[:=]"
_ON_ITS_LINE = re.compile(rf"^[\s*\#>|-]*{_NAMED}", re.IGNORECASE | re.MULTILINE | re.VERBOSE)
_ANYWHERE = re.compile(rf"[\s,;.|(*]{_NAMED}", re.IGNORECASE | re.VERBOSE)
_NEXT_QUESTION = re.compile(r"\n\s*(?:question|q|user|human)\s*:", re.IGNORECASE)
_ANSWER = re.compile(r"(?:^|\n)[\s*#>]*(?:my |final )?answer[\s*]*:[\s*]*", re.IGNORECASE)


@dataclass(frozen=True)
class Verbalised:
    r"""What the model says when it is asked for an answer and its confidence in one text.

    Costs one text an item, longer by the question about confidence and its reply. Confidence that cannot be read
    with certainty is None: see `read_confidence`.

    Parameters
    ----------
    prompt : str
        Where the item's prompt goes stands ``{prompt}``; the reply has to name the confidence after "Confidence:". By
        default in numbers; ``asking.ONE_STEP_IN_WORDS`` asks in words. With a chat model it is the user's turn.
    more_tokens : int
        Tokens beyond those of an answer, at least 0.

    Raises
    ------
    ModelError
        The prompt has no place for the item's, or a value is not allowed.

    References
    ----------
    Lin, Hilton, Evans, "Teaching Models to Express Their Uncertainty in Words", TMLR 2022. Tian, Mitchell, Zhou,
    Sharma, Rafailov, Yao, Finn, Manning, "Just Ask for Calibration", EMNLP 2023 (here "one step" is their 1S). Xiong,
    Hu, Lu, Li, Fu, He, Hooi, "Can LLMs Express Their Uncertainty?", ICLR 2024. The wording is our own.

    Examples
    --------
    >>> Verbalised().read(Generation(" Paris\nConfidence: 90%", (1,), (-1.0,), "stop"))
    ConfidentAnswer(text='Paris', confidence=0.9, finish_reason='stop')
    """

    prompt: str = ONE_STEP
    more_tokens: int = 32

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = "a model that follows instructions"
    paper: ClassVar[str] = "Lin, Hilton, Evans 2022"
    cost: ClassVar[Cost] = Cost(texts=1)

    def __post_init__(self) -> None:
        _check(self.prompt, "{prompt}")
        check_whole("more_tokens", self.more_tokens, 0)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered with a confidence."""
        asked = [replace(item, prompt=_filled(self.prompt, prompt=item.prompt)) for item in items]
        # no stop strings: those of the task end an answer, before its confidence
        texts = asker.generate(asked, GenerationOptions(writing.max_tokens + self.more_tokens))
        return [self.read(text, writing.stop) for [text] in texts]

    def read(self, written: Generation, stop: Sequence[str] = ()) -> ConfidentAnswer:
        """Part the answer from the confidence.

        Where there is no "Confidence:", the whole text is the answer. Where nothing stands before it, the answer is
        what "Answer:" stands before, and else empty: whoever only says how sure he is has answered nothing. It ends at
        the task's stop strings all the same, and a next question that the model asks itself is not read.

        Parameters
        ----------
        written : Generation
        stop : sequence of str
        """
        own, *others = _NEXT_QUESTION.split(written.text, maxsplit=1)
        complete = bool(others) or written.finish_reason == "stop"
        label = _ON_ITS_LINE.search(own) or _ANYWHERE.search(own)
        if label is None:
            answer, ended = _answer(own, stop)
            return ConfidentAnswer(answer, None, "stop" if ended or complete else "length")
        before, said = own[: label.start()], own[label.end() :]
        later = None if before.strip() else _ANSWER.search(said)
        if later is None:
            return ConfidentAnswer(_answer(before, stop)[0], read_confidence(said, complete=complete), "stop")
        answer, ended = _answer(said[later.end() :], stop)
        return ConfidentAnswer(
            answer, read_confidence(said[: later.start()]), "stop" if ended or complete else "length"
        )


def _answer(text: str, stop: Sequence[str]) -> tuple[str, bool]:
    """Return an answer without what stands around it, and whether a stop string ended it."""
    bare = _ANSWER.split(text, maxsplit=1)[-1].strip().rstrip("*|,;( ")
    ends = [place for each in stop if (place := bare.find(each)) >= 0]
    return bare[: min(ends, default=None)].rstrip(), bool(ends)


@dataclass(frozen=True)
class VerbalisedTwoSteps:
    """What the model says when it is asked about the answer that it gave.

    Costs two texts an item: the most probable answer, and a short reply. Confidence that cannot be read with certainty
    is None: see `read_confidence`.

    Parameters
    ----------
    prompt : str
        Where the item's prompt and the answer go stand ``{prompt}`` and ``{answer}``. By default in numbers;
        ``asking.TWO_STEPS_IN_WORDS`` asks in words. With a chat model it is the user's turn of a new conversation.
    max_tokens : int
        Most tokens of the reply, at least 1.

    Raises
    ------
    ModelError
        The prompt has no place for the item's or the answer, or a value is not allowed.

    References
    ----------
    As for `Verbalised`; Tian et al. call it 2S.
    """

    prompt: str = TWO_STEPS
    max_tokens: int = 24

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = "a model that follows instructions"
    paper: ClassVar[str] = "Tian et al. 2023"
    cost: ClassVar[Cost] = Cost(texts=2)

    def __post_init__(self) -> None:
        _check(self.prompt, "{prompt}", "{answer}")
        check_whole("max_tokens", self.max_tokens, 1)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily, then ask about the answers."""
        best = greedy(asker, items, writing)
        prompts = [
            (item.id, _filled(self.prompt, prompt=item.prompt, answer=text.text.strip()))
            for item, text in zip(items, best, strict=True)
        ]
        replies = asker.generate(prompts, GenerationOptions(self.max_tokens))
        return [
            ConfidentAnswer(
                text.text, read_confidence(reply.text, complete=reply.finish_reason == "stop"), text.finish_reason
            )
            for text, [reply] in zip(best, replies, strict=True)
        ]


def _check(prompt: object, *places: str) -> None:
    if not isinstance(prompt, str):
        raise ModelError(f"prompt is {prompt!r}; allowed are texts with {' and '.join(places)}")
    for place in places:
        if place not in prompt:
            raise ModelError(f"the prompt that asks how sure the model is has no {place}: {prompt!r}")


def _filled(template: str, **texts: str) -> str:
    """Fill places; braces in what is filled in are left alone."""
    return re.sub(r"\{(prompt|answer)\}", lambda found: texts.get(found[1], found[0]), template)
