"""Confidence methods by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pytest_llmcal.scoring.confidence.method import AnyMethod, ChoiceConfidence, ConfidenceMethod, Kind
from pytest_llmcal.scoring.confidence.naming import read, written
from pytest_llmcal.scoring.confidence.of_choices import Entropy, Margin, Probability
from pytest_llmcal.scoring.confidence.p_true import PTrue
from pytest_llmcal.scoring.confidence.prompt_agreement import PromptAgreement
from pytest_llmcal.scoring.confidence.self_consistency import SelfConsistency
from pytest_llmcal.scoring.confidence.semantic_entropy import DiscreteSemanticEntropy, SemanticEntropy
from pytest_llmcal.scoring.confidence.sequence import SequenceLowest, SequenceMean, SequenceProbability
from pytest_llmcal.scoring.confidence.verbalised import Verbalised, VerbalisedTwoSteps
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.tasks import AnyItem, Item, OpenItem

_KNOWN: dict[str, Callable[..., AnyMethod]] = {
    "discrete_semantic_entropy": DiscreteSemanticEntropy,
    "entropy": Entropy,
    "margin": Margin,
    "p_true": PTrue,
    "probability": Probability,
    "prompt_agreement": PromptAgreement,
    "self_consistency": SelfConsistency,
    "semantic_entropy": SemanticEntropy,
    "sequence_lowest": SequenceLowest,
    "sequence_mean": SequenceMean,
    "sequence_probability": SequenceProbability,
    "verbalised": Verbalised,
    "verbalised_two_steps": VerbalisedTwoSteps,
}

DEFAULT: dict[Kind, str] = {"written": "sequence_probability", "choices": "probability"}
"""The method where none is named."""


def names(kind: Kind | None = None) -> tuple[str, ...]:
    """Return the names of the methods, sorted; only those for one kind of answers, where one is given.

    Examples
    --------
    >>> names("choices")
    ('entropy', 'margin', 'probability')
    """
    return tuple(sorted(name for name, method in _KNOWN.items() if kind in (None, getattr(method, "kind", None))))


def create(name: str, **options: Any) -> AnyMethod:
    """Make a confidence method by its name.

    Parameters
    ----------
    name : str
        One of ``names()``, perhaps with options: ``"p_true(shown=4)"``.
    **options
        Options beside those.

    Raises
    ------
    ModelError
        There is none of this name, or it has no such option, or not with this value; what there is is named.

    Examples
    --------
    >>> create("p_true(shown=4)").cost
    Cost(texts=5, weighed=2, besides='')
    """
    found, given = read(name)
    if found not in _KNOWN:
        raise ModelError(f"unknown confidence {found!r}; allowed are {', '.join(names())}")
    try:
        return _KNOWN[found](**given, **options)
    except TypeError as error:
        raise ModelError(f"confidence {found!r}: {error}") from None


def label(method: AnyMethod) -> str:
    """Return the name of a method with those of its options that are not the default.

    Examples
    --------
    >>> label(create("p_true", shown=4))
    'p_true(shown=4)'
    """
    known = (name for name, kind in _KNOWN.items() if type(method) is kind)
    return written(next(known, type(method).__name__), method)


def kind_of(items: Iterable[AnyItem]) -> Kind | Literal["running text"]:
    """Return what kind of answers items have.

    Examples
    --------
    >>> from pytest_llmcal.tasks import OpenItem
    >>> kind_of([OpenItem("1", "Who sang Yesterday?", ("The Beatles",))])
    'written'
    """
    first = next(iter(items))  # of one kind are all that stand together in Items
    return "choices" if isinstance(first, Item) else "written" if isinstance(first, OpenItem) else "running text"


def method_for(given: str | AnyMethod | None, items: Iterable[AnyItem]) -> AnyMethod | None:
    """Return the method that is meant for items; None for running text, where there is nothing to choose.

    Parameters
    ----------
    given : str, method or None
        As ``score`` takes it; None for the default.
    items : iterable of Item, OpenItem or Text
        What is asked.

    Raises
    ------
    ModelError
        The method is unknown, or for answers of another kind.
    """
    answers = kind_of(items)
    if given is None:
        return None if answers == "running text" else create(DEFAULT[answers])
    method = create(given) if isinstance(given, str) else given
    if not isinstance(method, (ConfidenceMethod, ChoiceConfidence)):
        raise ModelError(
            f"confidence is {method!r}; allowed are the names {', '.join(names())}, and objects with what "
            "pytest_llmcal.scoring.confidence.ConfidenceMethod or ChoiceConfidence say"
        )
    if answers == "running text":
        raise ModelError(
            f"confidence {label(method)!r} is for {_MEANT[method.kind]}; of running text it is always the probability "
            "of the next token"
        )
    if method.kind != answers:
        raise ModelError(
            f"confidence {label(method)!r} is for {_MEANT[method.kind]}, and these items have {_MEANT[answers]}; for "
            f"them there are {', '.join(names(answers))}"
        )
    return method


_MEANT: dict[Kind, str] = {"written": "answers that the model writes", "choices": "choices that the model weighs"}


def told(method: AnyMethod | None) -> str | None:
    """Return what scores say of their method: nothing where confidence is what it is everywhere else.

    That is the probability of a choice, or of a token of running text.
    """
    return None if method is None or isinstance(method, Probability) else label(method)
