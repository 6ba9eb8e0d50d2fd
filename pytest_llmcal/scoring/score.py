"""``score``: a model's answers to items, as `Scores`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring.confidence import ConfidenceMethod, create
from pytest_llmcal.scoring.confidence.written import score_written
from pytest_llmcal.scoring.normalization import NORMALIZATIONS, Normalization
from pytest_llmcal.scoring.progress import ProgressLine
from pytest_llmcal.scoring.protocol import Model, ModelError, Progress, Request
from pytest_llmcal.tasks import AnyItem, Item, Items, OpenItem, Task, Text


def score(
    model: Model,
    items: Task | Items | Sequence[AnyItem],
    *,
    normalization: str = "sum",
    confidence: str | ConfidenceMethod = "sequence_probability",
    progress: Progress | bool = True,
) -> Scores:
    """Ask a model for its answers.

    Parameters
    ----------
    model : Model
        What `load_model` gives, or anything that offers the same.
    items : Task, Items or sequence
        Questions, open ones whose answer is written, or running texts; of a task, its test split.
    normalization : {"sum", "mean", "byte", "pmi"}
        What the choices' log-likelihoods are made into: taken as they are, by token, by UTF-8 byte, or
        less that of the choice without its context. Running text knows only ``"sum"``.
    confidence : str or ConfidenceMethod
        How sure a model is of an answer that it writes: by name, or what `confidence.create` makes.
    progress : callable or bool
        Called with (done, all) as work proceeds. By default a line on standard error says how far the work
        is once it takes over two seconds; False turns it off.

    Returns
    -------
    Scores
        For questions, one row of logits an item, -inf where it has fewer choices than others. For running
        text, confidence and correctness of every next token, with ``"text"`` as a group.
        A group attribute that some items lack is the empty text for those.

    Raises
    ------
    ModelError
        The normalisation is unknown, or the model cannot answer an item.
    TaskError
        A plain sequence is empty, mixes questions and texts, or repeats an id.

    Examples
    --------
    >>> from pytest_llmcal import load_model, load_task
    >>> scores = score(load_model("world/gpt2", device="cpu"), load_task("world/qa", limit=50))
    >>> len(scores), scores.about.task, scores.about.split
    (50, 'world/qa', 'test')
    """
    if normalization not in NORMALIZATIONS:
        raise ModelError(f"unknown normalization {normalization!r}; allowed are {', '.join(NORMALIZATIONS)}")
    if isinstance(items, Task):
        items = items.test
    named = isinstance(items, Items)
    checked = items if isinstance(items, Items) else Items("items", "given", tuple(items))
    about = About(
        model=model.facts.name,
        revision=model.facts.revision,
        task=checked.task if named else None,
        split=checked.split if named else None,
        data=checked.fingerprint,
    )
    questions = [item for item in checked if isinstance(item, Item)]
    if not questions and normalization != "sum":
        raise ModelError(
            f"normalization {normalization!r} is for choices; written answers and running text know only 'sum'"
        )
    written = [item for item in checked if isinstance(item, OpenItem)]
    with _told(progress, about) as tell:
        if questions:
            return _questions(model, questions, NORMALIZATIONS[normalization], about, tell)
        if written and checked.writing:
            method = create(confidence) if isinstance(confidence, str) else confidence
            return score_written(model, written, checked.writing, method, _groups(written), about, tell)
        return _texts(model, [item for item in checked if isinstance(item, Text)], about, tell)


def _told(progress: Progress | bool, about: About) -> AbstractContextManager[Progress | None]:
    if progress is True:
        return ProgressLine(
            str(about.model) if about.task is None else f"{about.model} on {about.task} ({about.split})"
        )
    return nullcontext(progress if callable(progress) else None)


def _questions(
    model: Model, items: Sequence[Item], normalization: Normalization, about: About, progress: Progress | None
) -> Scores:
    requests = [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]
    offered = _offered(items)
    logits = np.full(offered.shape, -np.inf)
    logits[offered] = normalization.logits(model, requests, progress)
    return Scores.from_logits(
        logits,
        [item.answer for item in items],
        ids=[item.id for item in items],
        groups=_groups(items),
        truth=_truth(items, offered),
        about=about,
    )


def _offered(items: Sequence[Item]) -> np.ndarray:
    """Which places of the (items, most choices) matrix are choices, in the order of the requests."""
    counts = np.array([len(item.choices) for item in items])
    return np.arange(counts.max()) < counts[:, None]


def _truth(items: Sequence[Item], offered: np.ndarray) -> np.ndarray | None:
    """Collect the true probabilities; None unless they are known of all items."""
    known = [item.truth for item in items if item.truth is not None]
    if len(known) < len(items):
        return None
    truth = np.zeros(offered.shape)
    truth[offered] = [probability for row in known for probability in row]
    return truth


def _groups(items: Sequence[AnyItem]) -> dict[str, list[str]]:
    attributes = dict.fromkeys(attribute for item in items for attribute in item.groups)
    return {attribute: [item.groups.get(attribute, "") for item in items] for attribute in attributes}


def _texts(model: Model, texts: Sequence[Text], about: About, progress: Progress | None) -> Scores:
    answers = model.next_tokens([(text.id, text.text) for text in texts], progress)
    owners = [text for text, tokens in zip(texts, answers, strict=True) for _ in tokens]
    tokens = [token for row in answers for token in row]
    return Scores(
        [token.confidence for token in tokens],
        [token.correct for token in tokens],
        ids=[f"{text.id}:{place}" for text, row in zip(texts, answers, strict=True) for place in range(len(row))],
        groups={"text": [text.id for text in owners]} | _groups(owners),
        about=about,
    )
