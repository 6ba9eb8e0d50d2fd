"""The items behind a number: what a model was surest of and wrong about, and right about and least sure of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_llmcal.records import Choice, Example

if TYPE_CHECKING:
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.tasks import Item, Items, OpenItem

_OF_EACH = 5
_RIGHT = 0.5  # a graded answer is shown among the right ones from here on
_PROMPT = 400  # characters; of a longer one the end is kept, where the question stands
_TEXT = 120
_CHOICES = 4
_REFERENCES = 3
_USUAL = "answered"
_CUT = "\N{HORIZONTAL ELLIPSIS}"


def examples_of(scores: Scores, items: Items | None, *, texts: bool) -> tuple[Example, ...]:
    """Return the most confident wrong answers and the least confident right ones, five of each at most.

    Parameters
    ----------
    scores : Scores
        With ids; without them nothing is known of its items.
    items : Items or None
        What was asked; None where that is not known.
    texts : bool
        Whether prompts and choices may be told.
    """
    from pytest_llmcal.tasks import Item, OpenItem

    if scores.ids is None or items is None:
        return ()
    known = {item.id: item for item in items if isinstance(item, (Item, OpenItem))}
    order = np.argsort(-scores.confidence.astype(np.float64), kind="stable")
    places = [place for place in order.tolist() if scores.ids[place] in known]
    is_right = scores.correct >= _RIGHT
    wrong = [place for place in places if not is_right[place]][:_OF_EACH]
    right = [place for place in reversed(places) if is_right[place]][:_OF_EACH]
    return tuple(_example(scores, place, known, texts) for place in wrong + right)


def _example(scores: Scores, place: int, known: Mapping[str, Item | OpenItem], texts: bool) -> Example:
    assert scores.ids is not None
    item = known[scores.ids[place]]
    return Example(
        id=item.id,
        confidence=round(float(scores.confidence[place]), 6),
        correct=bool(scores.correct[place] >= _RIGHT),
        prompt=_end(item.prompt) if texts else None,
        correctness=round(float(scores.correct[place]), 6) if scores.is_graded else None,
        outcome=_outcome(scores, place),
        **_said(scores, place, item, texts),
    )


def _outcome(scores: Scores, place: int) -> str | None:
    if scores.outcomes is None or scores.outcomes[place] == _USUAL:
        return None
    return scores.outcomes[place]


def _said(scores: Scores, place: int, item: Item | OpenItem, texts: bool) -> dict[str, Any]:
    from pytest_llmcal.tasks import Item

    if isinstance(item, Item):
        return {"choices": _choices(scores, place, item, texts)}
    if scores.answers is None or not texts:
        return {}
    return {
        "answer": _beginning(scores.answers[place].strip()),
        "references": tuple(_beginning(one.strip()) for one in item.references[:_REFERENCES]),
    }


def _choices(scores: Scores, place: int, item: Item, texts: bool) -> tuple[Choice, ...]:
    if scores.choices is None:  # calibrator or confidence method know one confidence an item
        return ()
    one = scores.choices.take(np.array([place]))
    [(_, rows)] = one.probabilities()
    chosen, label = int(one.chosen[0]), int(one.labels[0])
    likely = sorted(range(len(item.choices)), key=lambda index: (-rows[0, index], index))
    shown = likely[:_CHOICES]
    if label not in shown:
        shown[-1] = label
    return tuple(
        Choice(
            probability=round(float(rows[0, index]), 6),
            right=index == label,
            chosen=index == chosen,
            text=_beginning(item.choices[index].strip()) if texts else None,
        )
        for index in shown
    )


def _end(text: str) -> str:
    return text if len(text) <= _PROMPT else _CUT + text[-_PROMPT:]


def _beginning(text: str) -> str:
    return text if len(text) <= _TEXT else text[:_TEXT] + _CUT
