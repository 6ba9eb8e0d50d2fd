"""Relations between answers by name."""

from __future__ import annotations

from collections.abc import Callable

from pytest_llmcal.scoring.confidence.equivalence.embedding import Embedding
from pytest_llmcal.scoring.confidence.equivalence.entailment import Entailment
from pytest_llmcal.scoring.confidence.equivalence.number import SameNumber
from pytest_llmcal.scoring.confidence.equivalence.relation import Equivalence, OneByOne
from pytest_llmcal.scoring.confidence.equivalence.text import SameText
from pytest_llmcal.scoring.protocol import ModelError

AnyEquivalence = str | Equivalence | Callable[[str, str, str], bool]
"""A name, a relation, or a function of a question and two answers."""

_OF_ITSELF: dict[str, Callable[[], Equivalence]] = {"number": SameNumber, "text": SameText}
FREE = tuple(_OF_ITSELF)
"""Names of relations that ask no model."""

_OF_A_MODEL: dict[str, Callable[[str], Equivalence]] = {"entailment": Entailment, "embedding": Embedding}


def equivalence(given: AnyEquivalence) -> Equivalence:
    """Return a relation.

    Parameters
    ----------
    given : str, Equivalence or callable
        ``"text"``, ``"number"``, ``"entailment:MODEL"`` or ``"embedding:MODEL"`` with a folder or a name
        on the Hugging Face hub; a relation itself; or a function from question, one answer and the other to whether
        they say the same.

    Raises
    ------
    ModelError
        There is none of this name.

    Examples
    --------
    >>> equivalence("text")
    SameText()
    >>> equivalence("entailment:models/nli")
    Entailment(model='models/nli', device='auto', batch=64)
    """
    if isinstance(given, Equivalence):
        return given
    if callable(given):
        return OneByOne(given)
    kind, _, model = given.partition(":") if isinstance(given, str) else ("", "", "")
    if isinstance(given, str) and given in _OF_ITSELF:
        return _OF_ITSELF[given]()
    if kind in _OF_A_MODEL and model:
        return _OF_A_MODEL[kind](model)
    raise ModelError(
        f"unknown equivalence {given!r}; allowed are text, number, entailment:MODEL, embedding:MODEL, and in Python a "
        f"function of question, one answer and the other"
    )
