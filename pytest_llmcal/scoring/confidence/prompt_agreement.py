"""Whether a model answers the same when it is asked in other words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_llmcal.scoring.confidence.equivalence import FREE, AnyEquivalence, Pair, equivalence
from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer, Cost, Kind
from pytest_llmcal.scoring.confidence.sequence import greedy
from pytest_llmcal.scoring.protocol import GenerationOptions, ModelError
from pytest_llmcal.tasks import OpenItem, TaskError, Writing
from pytest_llmcal.tasks.prompts import Prompt

VARIANTS = (
    "Please answer.\n\n{{ prompt }}",
    "Take your time.\n\n{{ prompt }}",
    "Here is a question.\n\n{{ prompt }}",
    "Answer this.\n\n{{ prompt }}",
    "And the next one:\n\n{{ prompt }}",
)
"""Neutral words before the prompt: none of them should change an answer that the model is sure of."""


@dataclass(frozen=True)
class PromptAgreement:
    """The share of other wordings of the prompt that get the same answer as the prompt itself.

    Jiang et al., "Calibrating Language Models via Augmented Prompt Ensembles", 2023; Yang et al., "Just Rephrase It!
    Uncertainty Estimation in Closed-Source Language Models via Multiple Rephrased Queries", 2024.

    Parameters
    ----------
    variants : tuple of str
        Other wordings, in Jinja2, each with ``prompt`` in it.
    paraphrases : mapping of str to sequence of str, optional
        Other prompts of each item, by its id, in place of the variants.
    equivalence : str, Equivalence or callable
        When two answers are the same, as for `equivalence`; by default after normalisation.

    Raises
    ------
    ModelError
        If there is no variant, or one without the prompt, or an option has a value that is not allowed.
    """

    variants: tuple[str, ...] = VARIANTS
    paraphrases: Mapping[str, Sequence[str]] | None = None
    equivalence: AnyEquivalence = "text"

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = "texts"
    paper: ClassVar[str] = "Jiang et al. 2023; Yang et al. 2024"

    def __post_init__(self) -> None:
        if not (isinstance(self.variants, (tuple, list)) and self.variants and _texts(self.variants)):
            raise ModelError(
                f"confidence 'prompt_agreement': variants are {self.variants!r}; allowed are texts, one or more"
            )
        if self.paraphrases is not None and not isinstance(self.paraphrases, Mapping):
            raise ModelError(
                f"confidence 'prompt_agreement': paraphrases are {self.paraphrases!r}; allowed is a mapping from an "
                "item's id to texts"
            )
        equivalence(self.equivalence)
        for variant in self.variants:
            if _compiled(variant).names != {"prompt"}:
                raise ModelError(
                    f"confidence 'prompt_agreement': the variant {variant!r} must read the prompt and nothing else"
                )

    @property
    def cost(self) -> Cost:
        """What it asks for one item; of paraphrases, the one with most."""
        own = self.variants if self.paraphrases is None else max(self.paraphrases.values(), key=len, default=())
        besides = "" if self.equivalence in FREE else f"{len(own)} pairs compared"
        return Cost(texts=1 + len(own), besides=besides)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily, as it stands and in other words."""
        wordings = self._wordings(items)
        relation = equivalence(self.equivalence)
        best = greedy(asker, items, writing)
        agreed = [0] * len(items)
        options = GenerationOptions(writing.max_tokens, writing.stop)
        for turn in range(max(map(len, wordings))):  # one wording of each at a time, so that no two share an id
            asked = [place for place, own in enumerate(wordings) if turn < len(own)]
            texts = asker.generate([(items[place].id, wordings[place][turn]) for place in asked], options)
            pairs = [
                Pair(items[place].prompt, best[place].text.strip(), other.text.strip())
                for place, [other] in zip(asked, texts, strict=True)
            ]
            for place, same in zip(asked, relation.same(pairs), strict=True):
                agreed[place] += same
        return [
            ConfidentAnswer(text.text, same / len(own), text.finish_reason)
            for text, same, own in zip(best, agreed, wordings, strict=True)
        ]

    def _wordings(self, items: Sequence[OpenItem]) -> list[Sequence[str]]:
        if self.paraphrases is not None:
            return [_given(self.paraphrases, item.id) for item in items]
        compiled = [_compiled(variant) for variant in self.variants]
        return [
            [each.render({"prompt": item.prompt}, f"item {item.id!r}, prompt_agreement") for each in compiled]
            for item in items
        ]


def _given(paraphrases: Mapping[str, Sequence[str]], item: str) -> Sequence[str]:
    own = paraphrases.get(item, ())
    if not (isinstance(own, (tuple, list)) and own and _texts(own)):
        raise ModelError(f"confidence 'prompt_agreement': item {item!r} has no paraphrases; got {own!r}")
    return own


def _texts(given: Sequence[object]) -> bool:
    return all(isinstance(each, str) for each in given)


def _compiled(variant: str) -> Prompt:
    try:
        return Prompt(variant, "prompt_agreement")
    except TaskError as error:
        raise ModelError(f"confidence 'prompt_agreement': {error}") from None
