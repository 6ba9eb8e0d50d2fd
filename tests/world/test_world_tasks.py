"""The five tasks of the embedded world: their shape, their determinism and their odds."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from pytest_llmcal.tasks import Item, Items, Task, TaskError, Text
from pytest_llmcal.world import TASK_NAMES, load_task, redraw

TASKS = {name: load_task(name) for name in TASK_NAMES}
SPLITS = [items for task in TASKS.values() for items in (task.calibration, task.test) if items is not None]

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_split = pytest.mark.parametrize("items", SPLITS, ids=[f"{items.task}-{items.split}" for items in SPLITS])


def questions(items: Items) -> list[Item]:
    assert all(isinstance(item, Item) for item in items)
    return [item for item in items if isinstance(item, Item)]


def truth(item: Item) -> tuple[float, ...]:
    assert item.truth is not None
    return item.truth


def test_the_world_serves_the_five_uses_of_language_models() -> None:
    assert TASK_NAMES == (
        "world/qa",
        "world/translation",
        "world/summarization",
        "world/completion",
        "world/dialogue",
    )


@each_task
def test_a_task_has_a_thousand_calibration_and_two_thousand_test_items(task: Task) -> None:
    assert task.calibration is not None
    assert (task.calibration.split, len(task.calibration)) == ("calibration", 1000)
    assert (task.test.split, len(task.test)) == ("test", 2000)


@each_task
def test_no_id_occurs_in_both_splits(task: Task) -> None:
    assert task.calibration is not None
    assert len({item.id for item in task.calibration} | {item.id for item in task.test}) == 3000


@each_split
def test_choices_are_two_to_six_different_texts_that_begin_with_a_space(items: Items) -> None:
    for item in questions(items):
        assert 2 <= len(item.choices) <= 6
        assert len(set(item.choices)) == len(item.choices)
        assert all(choice.startswith(" ") and not choice[1:].startswith(" ") for choice in item.choices)
        assert not item.prompt.endswith(" ")
    assert len({len(item.choices) for item in questions(items)}) > 1


@each_split
def test_no_choice_begins_another(items: Items) -> None:
    for item in questions(items):
        for choice in item.choices:
            assert not any(other != choice and other.startswith(choice) for other in item.choices), item.id


@each_split
def test_truth_is_a_distribution_with_every_choice_possible(items: Items) -> None:
    for item in questions(items):
        assert sum(truth(item)) == pytest.approx(1.0, abs=1e-12)
        assert min(truth(item)) > 0.0


@each_split
def test_the_odds_of_the_likeliest_choice_spread(items: Items) -> None:
    highest = np.array([max(truth(item)) for item in questions(items)])
    assert np.quantile(highest, 0.05) < 0.5
    assert np.quantile(highest, 0.95) > 0.9


@each_split
def test_every_item_has_the_same_attributes_with_two_to_four_balanced_groups(items: Items) -> None:
    attributes = {tuple(item.groups) for item in items}
    assert len(attributes) == 1
    for attribute in attributes.pop():
        counts = Counter(item.groups[attribute] for item in items)
        assert 2 <= len(counts) <= 4
        assert min(counts.values()) > 0.8 * len(items) / len(counts)


@each_split
def test_answers_are_draws_from_the_truth(items: Items) -> None:
    """Pool choices by their true odds: in each pool the answers hit as often as the odds say."""
    odds = np.concatenate([truth(item) for item in questions(items)])
    hits = np.concatenate([np.arange(len(item.choices)) == item.answer for item in questions(items)])
    pool = np.digitize(odds, np.quantile(odds, np.linspace(0, 1, 13)[1:-1]))
    expected = np.bincount(pool, odds)
    spread = np.bincount(pool, odds * (1 - odds))
    statistic = float(((np.bincount(pool, hits) - expected)[spread > 0] ** 2 / spread[spread > 0]).sum())
    assert stats.chi2.sf(statistic, int((spread > 0).sum())) > 0.001


def test_the_check_of_the_odds_would_see_wrong_odds() -> None:
    items = TASKS["world/qa"].test
    likeliest = [int(np.argmax(truth(item))) for item in questions(items)]
    right = sum(item.answer == guess for item, guess in zip(questions(items), likeliest, strict=True))
    expected = sum(max(truth(item)) for item in questions(items))
    spread = sum(max(truth(item)) * (1 - max(truth(item))) for item in questions(items)) ** 0.5
    assert abs(right - expected) < 4 * spread
    assert abs(right - 0.9 * expected) > 4 * spread


def test_the_position_of_a_choice_says_nothing_about_its_odds() -> None:
    for items in SPLITS:
        first = [truth(item)[0] for item in questions(items) if len(item.choices) == 2]
        assert np.mean(first) == pytest.approx(0.5, abs=0.1)


def test_tasks_are_the_same_in_every_process() -> None:
    code = (
        "from pytest_llmcal.world import *\n"
        "for name in TASK_NAMES:\n"
        "    task = load_task(name); print(task.calibration.fingerprint, task.test.fingerprint)\n"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert seen.stdout.split() == [items.fingerprint for items in SPLITS]


def test_redraw_changes_the_answers_alone() -> None:
    items = TASKS["world/dialogue"].test
    again = redraw(items, seed=1)
    assert again != items
    assert redraw(items, seed=1) == again
    assert redraw(items, seed=2) != again
    for old, new in zip(questions(items), questions(again), strict=True):
        assert vars(new) | {"answer": old.answer} == vars(old)


def test_redraw_follows_the_truth() -> None:
    items = TASKS["world/completion"].test[:40]
    hits = np.array([[item.answer == 0 for item in questions(redraw(items, seed))] for seed in range(500)])
    odds = np.array([truth(item)[0] for item in questions(items)])
    deviation = (hits.mean(axis=0) - odds) / np.sqrt(odds * (1 - odds) / 500)
    assert stats.chi2.sf(float((deviation**2).sum()), 40) > 0.001


def test_redraw_needs_the_truth() -> None:
    item = Item("q1", "Is it?", (" yes", " no"), 0)
    with pytest.raises(TaskError, match=r"task 'mine': the truth of item 'q1' is not known"):
        redraw(Items("mine", "test", (item,)), seed=0)
    with pytest.raises(TaskError, match=r"the truth of item 't1' is not known"):
        redraw(Items("mine", "test", (Text("t1", "Once upon a time"),)), seed=0)


def test_an_unknown_task_is_answered_with_the_five_that_are() -> None:
    with pytest.raises(TaskError, match=r"no task 'world/poetry'; its tasks are world/qa, .*, world/dialogue"):
        load_task("world/poetry")


def test_importing_the_world_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest_llmcal.world as world; world.load_task('world/qa')\n"
        "print([name for name in ('torch', 'transformers', 'tokenizers', 'numpy', 'scipy', 'datasets') "
        "if name in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
