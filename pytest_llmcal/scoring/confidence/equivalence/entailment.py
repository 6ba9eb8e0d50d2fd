"""Answers each of which follows from the other, as a classifier of natural language inference sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_llmcal.scoring.confidence.equivalence.relation import Pair

if TYPE_CHECKING:
    from pytest_llmcal.scoring.confidence.equivalence.readers import Classifier


@dataclass(frozen=True)
class Entailment:
    """Answers are the same if each entails the other, read behind their question.

    Costs two texts of the classifier a pair, and fewer pairs than there are different answers times classes.

    Parameters
    ----------
    model : str
        Folder or name on the Hugging Face hub of a sequence classifier with a label "entailment".
    device : str
        As for `load_model`.
    batch : int
        Texts that are read at once.

    References
    ----------
    Kuhn, Gal, Farquhar, "Semantic Uncertainty: Linguistic Invariances for Uncertainty Estimation in Natural Language
    Generation", ICLR 2023.
    """

    model: str
    device: str = "auto"
    batch: int = 64

    def same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Ask the classifier both ways.

        Raises
        ------
        ModelError
            It cannot be loaded, or none or several of its labels are entailment.
        """
        texts = [(f"{question} {one}", f"{question} {other}") for question, one, other in pairs]
        both_ways = [*texts, *((other, one) for one, other in texts)]
        entailed = self._classifier.entailed(both_ways, self.batch)
        return [forth and back for forth, back in zip(entailed[: len(texts)], entailed[len(texts) :], strict=True)]

    @cached_property
    def _classifier(self) -> Classifier:
        from pytest_llmcal.scoring.confidence.equivalence.readers import Classifier

        return Classifier(self.model, self.device)
