"""``score``: a model's answers to items, as `Scores`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import numpy as np

from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring.confidence import AnyMethod, ChoiceConfidence, ConfidenceMethod, label, method_for, told
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
    confidence: str | AnyMethod | None = None,
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
    confidence : str or confidence method, optional
        What says how sure a model is of its answer: a name, perhaps with options (``"p_true(shown=4)"``), or what
        `confidence.create` makes. By default ``"sequence_probability"`` of an answer that it writes, and
        ``"probability"`` of a choice.
    progress : callable or bool
        Called with (done, all) as work proceeds. By default a line on standard error says how far the work
        is once it takes over two seconds; False turns it off.

    Returns
    -------
    Scores
        For questions, one row of logits an item, -inf where it has fewer choices than others; one confidence an
        item where it is another than the probability of the choice, or the answer is written. For running
        text, confidence and correctness of every next token, with ``"text"`` as a group and each text as a cluster.
        A group attribute that some items lack is the empty text for those.

    Raises
    ------
    ModelError
        The normalisation or the confidence is unknown, the confidence is for answers of another kind, or the model
        cannot answer an item.
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
    method = method_for(confidence, checked)
    with _told(progress, about) as tell:
        if isinstance(method, ChoiceConfidence):
            scores = _questions(model, questions, NORMALIZATIONS[normalization], about, tell)
            return scores if told(method) is None else _by(method, scores)
        if isinstance(method, ConfidenceMethod) and checked.writing:
            return score_written(model, written, checked.writing, method, _groups(written), about, tell)
        return _texts(model, [item for item in checked if isinstance(item, Text)], about, tell)


def _by(method: ChoiceConfidence, scores: Scores) -> Scores:
    """Return the same answers, with another confidence in them than their probability."""
    assert scores.choices is not None
    probabilities = np.concatenate([rows for _, rows in scores.choices.probabilities()])
    return Scores(
        method.of_choices(probabilities, np.isfinite(scores.choices.values)),
        scores.correct,
        ids=scores.ids,
        groups=scores.groups,
        about=replace(scores.about, confidence_method=label(method)),
    )


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
    names = [text.id for text in owners]
    return Scores(
        [token.confidence for token in tokens],
        [token.correct for token in tokens],
        ids=[f"{text.id}:{place}" for text, row in zip(texts, answers, strict=True) for place in range(len(row))],
        groups={"text": names} | _groups(owners),
        clusters=names,  # the tokens of a text are right or wrong together
        about=about,
    )
