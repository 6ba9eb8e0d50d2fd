"""The tasks of the world: questions made into items, answers drawn at their true odds."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from pytest_llmcal.tasks import Item, Items, OpenItem, Task, TaskError, Text, Writing
from pytest_llmcal.world import bias
from pytest_llmcal.world.bias import BIAS
from pytest_llmcal.world.facts import WORLD_SEED
from pytest_llmcal.world.grammar import QUESTIONS, Question
from pytest_llmcal.world.seeds import generator

WRITTEN = "-written"
"""How the name of a task ends whose answers are written, not chosen."""

TASK_NAMES = tuple(QUESTIONS)
"""Names of the five tasks."""

WRITTEN_NAMES = tuple(f"{name}{WRITTEN}" for name in QUESTIONS)
"""Names of the same five, their answers written."""

# No continuation has more tokens than these, and each is closed by the end of text: no stop string is needed.
WRITING = Writing("exact_match", max_tokens=16, stop=())

RUNNING_TEXT = "world/text"
"""Name of the task whose every token is asked for."""

SPLITS = {"calibration": 1000, "test": 2000}
"""Items of each split."""

TEXTS = {"calibration": 100, "test": 300}
"""Texts of each split of the running text, of about 25 tokens each."""

MOST_CHOICES = 6


def load_task(name: str) -> Task:
    """Build a task of the embedded world; nothing is read or downloaded.

    Parameters
    ----------
    name : str
        One of `TASK_NAMES` or `WRITTEN_NAMES`, `RUNNING_TEXT`, or ``"world/bias"``, which asks the questions of
        ``"world/dialogue"`` in the layout of a bias benchmark.

    Returns
    -------
    Task
        1,000 calibration and 2,000 test items, the same in every process. The right answer of an
        item is a draw from its `truth`, or, where it is written, from the odds of all that may be written.
        Of the running text 100 and 300 passages of the corpus, which no model was trained on.

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
    if name == RUNNING_TEXT:
        calibration, test = (_texts(split, size) for split, size in TEXTS.items())
    elif name in (*TASK_NAMES, *WRITTEN_NAMES, BIAS):
        make = _written_split if name.endswith(WRITTEN) else _split
        calibration, test = (make(name, split, size) for split, size in SPLITS.items())
    else:
        raise TaskError(
            f"the world has no task {name!r}; its tasks are {', '.join(TASK_NAMES)}, each of them with {WRITTEN} "
            f"behind it, {RUNNING_TEXT} and {BIAS}"
        )
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


def _written_split(name: str, split: str, size: int) -> Items:
    rng = generator(name, split, WORLD_SEED)
    kind = name.removeprefix("world/")
    question = QUESTIONS[name.removesuffix(WRITTEN)]
    items = (_open_item(f"{kind}-{split}-{number:04d}", question(rng), rng) for number in range(size))
    return Items(name, split, tuple(items), WRITING)


def _texts(split: str, size: int) -> Items:
    rng = generator(RUNNING_TEXT, split, WORLD_SEED)
    asked = (QUESTIONS[TASK_NAMES[number % len(TASK_NAMES)]](rng) for number in range(size))
    texts = (Text(f"text-{split}-{number:03d}", each.prompt + each.draw(rng)) for number, each in enumerate(asked))
    return Items(RUNNING_TEXT, split, tuple(texts))


def _open_item(item_id: str, question: Question, rng: Random) -> OpenItem:
    return OpenItem(item_id, question.prompt, (question.draw(rng).strip(),), question.groups)


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
