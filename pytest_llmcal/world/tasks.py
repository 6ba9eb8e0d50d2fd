"""The tasks of the world: questions made into items, answers drawn at their true odds."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pytest_llmcal.tasks import Item, Items, Task, TaskError
from pytest_llmcal.world import bias
from pytest_llmcal.world.bias import BIAS
from pytest_llmcal.world.facts import WORLD_SEED
from pytest_llmcal.world.grammar import QUESTIONS, Question
from pytest_llmcal.world.seeds import generator

TASK_NAMES = tuple(QUESTIONS)
"""Names of the five tasks."""

SPLITS = {"calibration": 1000, "test": 2000}
"""Items of each split."""

MOST_CHOICES = 6


def load_task(name: str) -> Task:
    """Build a task of the embedded world; nothing is read or downloaded.

    Parameters
    ----------
    name : str
        One of `TASK_NAMES`, or ``"world/bias"``, which asks the questions of ``"world/dialogue"`` in the layout of a
        bias benchmark.

    Returns
    -------
    Task
        1,000 calibration and 2,000 test items, the same in every process. The right answer of an
        item is a draw from its `truth`.

    Raises
    ------
    TaskError
        The world has no such task.

    Examples
    --------
    >>> task = load_task("world/completion")
    >>> item = task.test[0]
    >>> len(task.calibration), len(task.test), round(sum(item.truth), 9)
    (1000, 2000, 1.0)
    """
    if name not in QUESTIONS and name != BIAS:
        raise TaskError(f"the world has no task {name!r}; its tasks are {', '.join((*TASK_NAMES, BIAS))}")
    calibration, test = (_split(name, split, size) for split, size in SPLITS.items())
    return Task(name=name, calibration=calibration, test=test, source=f"embedded world, seed {WORLD_SEED}")


def redraw(items: Items, seed: int) -> Items:
    """Draw the right answers afresh from their true odds.

    Parameters
    ----------
    items : Items
        Items whose truth is known.
    seed : int
        Same seed, same answers.

    Returns
    -------
    Items
        The same items but for `answer`.

    Raises
    ------
    TaskError
        An item's truth is not known.

    Examples
    --------
    >>> test = load_task("world/qa").test
    >>> again = redraw(test, seed=1)
    >>> again[0].id == test[0].id, again[0].truth == test[0].truth
    (True, True)
    """
    rng = generator("redraw", items.task, items.split, seed)
    return Items(items.task, items.split, tuple(_redrawn(item, items.task, rng) for item in items))


def _redrawn(item: object, task: str, rng: Random) -> Item:
    if not isinstance(item, Item) or item.truth is None:
        name = getattr(item, "id", item)
        raise TaskError(f"task {task!r}: the truth of item {name!r} is not known, so no answer can be drawn from it")
    return replace(item, answer=_draw(item.truth, rng))


def _split(name: str, split: str, size: int) -> Items:
    rng = generator(name, split, WORLD_SEED)
    kind = name.removeprefix("world/")
    questions = (bias.question(rng) if name == BIAS else QUESTIONS[name](rng) for _ in range(size))
    items = (
        _item(
            f"{kind}-{split}-{number:04d}",
            question,
            list(question.odds) if name == BIAS else _choices(question, rng),
            rng,
        )
        for number, question in enumerate(questions)
    )
    return Items(name, split, tuple(items))


def _item(item_id: str, question: Question, choices: list[str], rng: Random) -> Item:
    total = sum(question.odds[choice] for choice in choices)
    truth = tuple(question.odds[choice] / total for choice in choices)
    return Item(item_id, question.prompt, tuple(choices), _draw(truth, rng), question.groups, truth)


def _choices(question: Question, rng: Random) -> list[str]:
    """Draw which continuations are offered, in random order: the likeliest and one to five others."""
    likeliest = max(question.odds, key=question.odds.__getitem__)
    others = [text for text in question.odds if text != likeliest]
    offered = [likeliest, *rng.sample(others, rng.randint(1, min(MOST_CHOICES - 1, len(others))))]
    rng.shuffle(offered)
    return offered


def _draw(truth: tuple[float, ...], rng: Random) -> int:
    return rng.choices(range(len(truth)), weights=truth)[0]
