"""How far samples differ in meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer, Cost
from pytest_llmcal.scoring.confidence.samples import Drawing, Samples
from pytest_llmcal.scoring.confidence.sequence import greedy
from pytest_llmcal.scoring.protocol import Generation, ModelError
from pytest_llmcal.tasks import OpenItem, Writing


@dataclass(frozen=True)
class _OfEntropy(Drawing):
    """Samples whose classes' probabilities have an entropy H in nats, as the confidence 1 - H / log n."""

    answer: Literal["greedy", "majority"] = "greedy"

    paper: ClassVar[str] = "Farquhar et al. 2024"

    @property
    def cost(self) -> Cost:
        """What it asks for one item, with the options that it has."""
        return replace(super().cost, texts=self.samples + (self.answer == "greedy"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.answer not in ("greedy", "majority"):
            raise ModelError(f"answer is {self.answer!r}; allowed are 'greedy' and 'majority'")

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered many times, and once more greedily unless the majority answers."""
        drawn = self.drawn(asker, items, writing)
        best: Sequence[Generation] = (
            greedy(asker, items, writing) if self.answer == "greedy" else [samples.majority() for samples in drawn]
        )
        return [
            ConfidentAnswer(text.text, self._confidence(item, samples), text.finish_reason)
            for item, text, samples in zip(items, best, drawn, strict=True)
        ]

    def _confidence(self, item: OpenItem, samples: Samples) -> float:
        try:
            return self.confidence(samples)
        except ModelError as error:
            raise ModelError(f"item {item.id!r}: {error}") from None

    def confidence(self, samples: Samples) -> float:
        """Return 1 less the entropy's share of its largest value, log n."""
        # rounding can carry the entropy of n equal classes beyond log n
        return max(0.0, 1.0 - entropy(self.probabilities(samples)) / math.log(len(samples.classes)))

    def probabilities(self, samples: Samples) -> Sequence[float]:
        """Return the probability of each class."""
        raise NotImplementedError


class DiscreteSemanticEntropy(_OfEntropy):
    """How evenly samples are spread over meanings, counted: H = -sum of k/n log k/n over classes of k of n samples.

    The confidence is 1 - H / log n: 1 where all samples mean the same, 0 where each means something else, and falling
    with H, so that AUROC and AURC are those of -H. It is no probability: calibrate it before you compare it with a
    limit for ECE or NLL. Costs ``samples`` texts an item, of which the prompt is read once, one more for the greedy
    answer, and whatever the equivalence costs; needs no log-probabilities.

    Parameters
    ----------
    samples, temperature, top_p, seed, equivalence
        As for `Drawing`.
    answer : {"greedy", "majority"}
        What is judged: the most probable text, token by token, as in the paper (which takes the best of a
        low temperature), or the samples' most frequent one, which costs no text.

    Raises
    ------
    ModelError
        A value is not allowed.

    References
    ----------
    Farquhar, Kossen, Kuhn, Gal, "Detecting hallucinations in large language models using semantic entropy", Nature 630,
    2024.

    Examples
    --------
    >>> drawn = tuple(Generation(text, (1,), (-1.0,), "stop") for text in ("Rome", "Paris", "Rome", "Paris"))
    >>> DiscreteSemanticEntropy().confidence(Samples(drawn, (0, 1, 0, 1)))
    0.5
    """

    def probabilities(self, samples: Samples) -> list[float]:
        """Return the share of samples of each class."""
        return [count / len(samples.classes) for count in samples.counts]


@dataclass(frozen=True)
class SemanticEntropy(_OfEntropy):
    """How evenly the probability of the samples is spread over meanings: H = -sum of p(c) log p(c) over classes.

    p(c) is the sum of its samples' probabilities over that of all samples ("Rao-Blackwellised" in the authors' words: a
    sample is weighed by its probability, not only counted; a text that was drawn twice counts twice, as in their code).
    The probability of a sample is that of its tokens at temperature 1, the end included, by default to the power
    1 / number of tokens. The confidence is 1 - H / log n: in [0, 1] and falling with H, so that AUROC and AURC are
    those of -H. It is no probability: calibrate it before you compare it with a limit for ECE or NLL. Costs ``samples``
    texts an item, of which the prompt is read once, one more for the greedy answer, and whatever the equivalence costs.

    Parameters
    ----------
    samples, temperature, top_p, seed, equivalence, answer
        As for `DiscreteSemanticEntropy`.
    length_normalized : bool
        Whether a sample's log-probability is the mean of its tokens' or their sum.

    Raises
    ------
    ModelError
        A value is not allowed.

    References
    ----------
    Kuhn, Gal, Farquhar, "Semantic Uncertainty: Linguistic Invariances for Uncertainty Estimation in Natural Language
    Generation", ICLR 2023; in this form Farquhar, Kossen, Kuhn, Gal, "Detecting hallucinations in large language models
    using semantic entropy", Nature 630, 2024.

    Examples
    --------
    >>> texts = (("Rome", math.log(0.3)), ("Rome", math.log(0.3)), ("Paris", math.log(0.2)))
    >>> drawn = tuple(Generation(text, (1,), (logarithm,), "stop") for text, logarithm in texts)
    >>> [round(each, 4) for each in SemanticEntropy().probabilities(Samples(drawn, (0, 0, 1)))]
    [0.75, 0.25]
    """

    length_normalized: bool = True

    needs: ClassVar[str] = "samples with log-probabilities"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.length_normalized, bool):
            raise ModelError(f"length_normalized is {self.length_normalized!r}; allowed are True and False")

    def probabilities(self, samples: Samples) -> list[float]:
        """Return the probability of each class, among those of all samples."""
        logarithms = [self._log_probability(text) for text in samples.texts]
        largest = max(logarithms)
        weights = [math.exp(each - largest) for each in logarithms]
        # sums are exact, so that the order of the samples changes no bit, and one class has exactly 1
        of_class = [
            math.fsum(weight for weight, own in zip(weights, samples.classes, strict=True) if own == number)
            for number in range(len(samples.counts))
        ]
        return [each / math.fsum(weights) for each in of_class]

    def _log_probability(self, text: Generation) -> float:
        total = math.fsum(text.log_probabilities)
        if not text.log_probabilities or not math.isfinite(total):
            raise ModelError(
                f"semantic_entropy needs the log-probability of every token, and those of {text.text!r} are "
                f"{text.log_probabilities}; discrete_semantic_entropy needs none"
            )
        return total / len(text.log_probabilities) if self.length_normalized else total


def entropy(probabilities: Sequence[float]) -> float:
    """Return the entropy in nats.

    Parameters
    ----------
    probabilities : sequence of float
        In [0, 1].

    Examples
    --------
    >>> entropy([0.5, 0.5, 0.0]) == math.log(2)
    True
    """
    # the sum is exact, so that equal probabilities in another order give the same bits, and ties stay ties
    return 0.0 - math.fsum(each * math.log(each) for each in probabilities if each > 0.0)
