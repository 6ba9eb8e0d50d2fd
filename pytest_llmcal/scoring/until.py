"""``until``: score as many items as a verdict needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.comparison.matching import rows_of
from pytest_llmcal.scores.decision import Decision, VerdictOf, decide
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.joined import joined
from pytest_llmcal.scoring.confidence.written import UnreadableError
from pytest_llmcal.statistics.sequential import Look, looks
from pytest_llmcal.tasks import AnyItem, Items, Task
from pytest_llmcal.tasks.order import in_random_order

ScoreItems = Callable[[Items], Scores]
"""A function from items to a model's scores, such as ``partial(score, model)``."""

Units = Sequence[tuple[AnyItem, ...]]


def until(
    score: ScoreItems,
    asked: Task | Items,
    *,
    verdict: VerdictOf,
    max_items: int | None = None,
    seed: int = 0,
    clusters: str | None = None,
    baseline: ScoreItems | Scores | None = None,
) -> Decision:
    """Score items in a random order, and stop as soon as the verdict is reached.

    The verdict is looked for at 20 items or a few more, and then each time there are 1.4 times as
    many. A look before which no confidence could be read is passed over. Each look has a share of the error rate, so
    that a wrong verdict at any of them is as
    rare as the rules in force allow for one. Each item is scored once, and none before it is needed.

    Parameters
    ----------
    score : callable
        Scores items: ``partial(score, model)``, or the fixture.
    asked : Task or Items
        What is asked; of a task, its test split.
    verdict : callable
        Function of the scores so far to a verdict, such as
        ``lambda scores: scores.ece().below(0.05)``; of a comparison, function of the scores
        of both models: ``lambda new, old: new.not_worse_than(old, 0.01, metric="nll")``.
    max_items : int, optional
        Most items to score, at least 1; by default all. Of running texts, each text counts as one.
    seed : int
        Seed of the order.
    clusters : str, optional
        Attribute whose groups stay together and are taken as clusters, for instance ``"passage"``.
    baseline : callable or Scores, optional
        Another model for a paired comparison: a function as ``score``, or scores with ids of these items.

    Returns
    -------
    Decision
        The verdict, the scores, and how many items it took.

    Raises
    ------
    ScoresError
        If ``max_items`` is no whole number of at least 1, the first cluster alone has more, or the baseline
        lacks an item.
    TypeError
        If ``verdict`` gives no verdict.
    ModelError
        If no confidence can be read of any answer.

    Examples
    --------
    >>> from functools import partial
    >>> from pytest_llmcal import load_model, load_task
    >>> from pytest_llmcal.scoring import score
    >>> model = load_model("world/gpt2-overfit", device="cpu")
    >>> decision = until(
    ...     partial(score, model), load_task("world/qa"), verdict=lambda scores: scores.ece().below(0.05), max_items=500
    ... )
    >>> decision.verdict.status, decision.items < 500
    ('refuted', True)
    """
    items = asked.test if isinstance(asked, Task) else asked
    units = in_random_order(items, seed, clusters)
    planned, chunks = _planned(units, _most(max_items, len(items)))
    named = [replace(items, items=tuple(item for unit in chunk for item in unit)) for chunk in chunks]
    whole = planned[-1].items == len(items)
    return decide(
        _samples(score, baseline, named, clusters), planned, verdict, at_the_end="exhausted" if whole else "max_items"
    )


def _most(max_items: int | None, there: int) -> int:
    if max_items is None:
        return there
    if isinstance(max_items, bool) or not isinstance(max_items, int) or max_items < 1:
        raise ScoresError(f"max_items must be a whole number of at least 1, got {max_items!r}")
    return min(max_items, there)


def _planned(units: Units, most: int) -> tuple[list[Look], list[Units]]:
    """Plan looks that cut no cluster, and the units that each of them adds."""
    ends: list[int] = []  # items up to and with each unit
    for unit in units:
        if (ends[-1] if ends else 0) + len(unit) > most:
            break
        ends.append((ends[-1] if ends else 0) + len(unit))
    if not ends:
        raise ScoresError(
            f"the first cluster alone has {len(units[0])} items, more than max_items={most}; clusters stay whole"
        )
    fixed = looks(ends[-1])
    planned, chunks, start = [], [], 0
    for look in fixed:
        stop = next(place for place, end in enumerate(ends, start=1) if end >= look.items)
        if stop > start:  # a large cluster may reach over several looks
            planned.append(look._replace(items=ends[stop - 1]))
            chunks.append(units[start:stop])
            start = stop
    return [*planned[:-1], fixed[-1]], chunks


def _samples(
    score: ScoreItems, baseline: ScoreItems | Scores | None, chunks: Sequence[Items], clusters: str | None
) -> Iterator[tuple[Scores | None, ...]]:
    grown = _growing(score, chunks, clusters)
    if baseline is None:
        yield from ((scores,) for scores in grown)
    elif isinstance(baseline, Scores):
        known = baseline
        yield from ((scores, scores and _rows(known, scores)) for scores in grown)
    else:
        yield from zip(grown, _growing(baseline, chunks, clusters), strict=True)


def _growing(score: ScoreItems, chunks: Sequence[Items], clusters: str | None) -> Iterator[Scores | None]:
    """Score chunk after chunk, and give all scores so far each time; None as long as no confidence could be read."""
    parts: list[Scores] = []
    lost: list[UnreadableError] = []
    items: tuple[AnyItem, ...] = ()
    for chunk in chunks:
        items += chunk.items
        try:
            parts.append(score(chunk))
        except UnreadableError as error:
            if len(items) == sum(map(len, chunks)) and not parts:
                raise
            lost.append(error)
        if not parts:
            yield None
            continue
        about = replace(parts[-1].about, data=replace(chunk, items=items).fingerprint)
        so_far = _with_lost(joined(parts, about=about), lost)
        parts, lost = [so_far], []
        yield so_far if clusters is None else so_far.clustered_by(clusters)


def _with_lost(scores: Scores, lost: Sequence[UnreadableError]) -> Scores:
    left_out, groups = dict(scores.left_out), dict(scores.left_out_groups)
    for chunk in lost:
        left_out |= chunk.left_out
        groups |= chunk.groups
    return scores._with(left_out=MappingProxyType(left_out), left_out_groups=MappingProxyType(groups))


def _rows(known: Scores, wanted: Scores) -> Scores:
    """Return the baseline's scores of the items that were scored; what data they are of follows from the ids alone."""
    return rows_of(known, wanted)._with(about=replace(known.about, data=None))
