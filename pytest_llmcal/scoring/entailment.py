"""How right an answer is by a classifier of natural language inference: whether it follows from a reference."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmcal.tasks import OpenItem
from pytest_llmcal.tasks.correctness import Judge

_BATCH = 64
"""Pairs that are read at once."""


def entailment(model: str) -> Judge:
    """Make the judge of ``"entailment:MODEL"``: the probability that a reference entails the answer, the best counts.

    For a summary the reference is the text that was summarised. Where both together are longer than the classifier
    reads, the longer one loses its beginning. (Maynez, Narayan, Bohnet, McDonald, "On Faithfulness
    and Factuality in Abstractive Summarization", ACL 2020, section 4.)

    Parameters
    ----------
    model : str
        Folder or name on the Hugging Face hub of a sequence classifier with a label "entailment".

    Returns
    -------
    callable
        From answers and their items to numbers from 0 to 1.

    Raises
    ------
    ModelError
        It cannot be loaded, or none or several of its labels are entailment.
    """
    from pytest_llmcal.scoring.confidence.equivalence.readers import Classifier

    classifier = Classifier(model, "auto")

    def judge(texts: Sequence[str], items: Sequence[OpenItem]) -> list[float]:
        answered = list(zip(texts, items, strict=True))
        pairs = [(reference.strip(), text.strip()) for text, item in answered for reference in item.references]
        found = iter(classifier.probabilities(pairs, _BATCH))
        return [max(next(found) for _ in item.references) for _, item in answered]

    return judge
