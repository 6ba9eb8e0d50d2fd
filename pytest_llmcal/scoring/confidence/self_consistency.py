"""How many samples agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer
from pytest_llmcal.scoring.confidence.samples import Drawing, Samples
from pytest_llmcal.scoring.protocol import ModelError, is_number
from pytest_llmcal.tasks import OpenItem, Writing


@dataclass(frozen=True)
class SelfConsistency(Drawing):
    """The share of samples that say what most of them say: (k + a) / (n + b) of k of n samples.

    The answer is the most frequent text of the largest class. Costs ``samples`` texts an item, of which the prompt is
    read once, and whatever the equivalence costs.

    Without smoothing (a = b = 0) the share is 1 where all samples agree, and the NLL of a model that errs there once
    is infinite. ``(1, 2)`` is Laplace's rule of succession and ``(0.5, 1)`` the mean under Jeffreys' prior, both for
    "this answer or another"; either leaves the order of the confidences, and with it AUROC and AURC, as it is. As an
    estimate of how probable the class is, the largest of several shares is too high, most so where classes are many and
    alike; how often the class is right is another question, which a calibrator answers.

    Parameters
    ----------
    samples, temperature, top_p, seed, equivalence
        As for `Drawing`.
    smoothing : (float, float)
        a and b, with 0 <= a <= b.

    Raises
    ------
    ModelError
        A value is not allowed.

    References
    ----------
    Wang, Wei, Schuurmans, Le, Chi, Narang, Chowdhery, Zhou, "Self-Consistency Improves Chain of Thought Reasoning in
    Language Models", ICLR 2023; its share as a confidence: Si, Gan, Yang, Wang, Wang, Boyd-Graber, Wang, "Prompting
    GPT-3 To Be Reliable", ICLR 2023.

    Examples
    --------
    >>> from pytest_llmcal import load_model
    >>> items = [OpenItem("bees", "Question: Who keeps the bees of Oakrise? Answer:", ("nobody",))]
    >>> model = load_model("world/gpt2", device="cpu")
    >>> [answer] = SelfConsistency(samples=10).answers(Asker(model), items, Writing(max_tokens=6, stop=(".",)))
    >>> 0.1 <= answer.confidence <= 1.0
    True
    """

    smoothing: tuple[float, float] = (0.0, 0.0)

    paper: ClassVar[str] = "Wang et al. 2023"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _two_pseudo_counts(self.smoothing):
            raise ModelError(f"smoothing is {self.smoothing!r}; allowed are two numbers (a, b) with 0 <= a <= b")

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered many times."""
        return [self.answer(samples) for samples in self.drawn(asker, items, writing)]

    def answer(self, samples: Samples) -> ConfidentAnswer:
        """Return the answer that most samples give."""
        agreeing, every = self.smoothing
        best = samples.majority()
        share = (max(samples.counts) + agreeing) / (len(samples.classes) + every)
        return ConfidentAnswer(best.text, share, best.finish_reason)


def _two_pseudo_counts(given: object) -> bool:
    if not isinstance(given, (tuple, list)) or len(given) != 2 or not all(map(is_number, given)):
        return False
    agreeing, every = given
    return bool(0 <= agreeing <= every < float("inf"))
