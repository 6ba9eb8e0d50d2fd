"""Splits, shuffles, ids and limits: fixed by seed and id, whatever surrounds an item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcal.tasks import TaskError, load_task

ROWS = [
    {"question": f"q{n}", "choices": [f"w{n}", "x", "y", "z"], "answer": n % 4, "part": "abc"[n % 3]} for n in range(90)
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def sides(path: Path, **options: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Side and choices of each prompt."""
    task = load_task(path, **options)
    assert task.calibration is not None
    splits = {"calibration": task.calibration, "test": task.test}
    return {item.prompt: (side, item.choices) for side, items in splits.items() for item in items}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.permutations(ROWS), kept=st.integers(50, 90))
def test_side_and_shuffle_of_an_item_depend_on_itself_alone(
    rows: list[dict[str, Any]], kept: int, tmp_path: Path
) -> None:
    whole = sides(jsonl(tmp_path / "whole.jsonl", ROWS), shuffle_choices=True)
    part = sides(jsonl(tmp_path / "part.jsonl", rows[:kept]), shuffle_choices=True)
    assert part.items() <= whole.items()
    assert len(part) == kept


def test_another_seed_divides_and_shuffles_otherwise(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "q.jsonl", ROWS)
    one, two = (sides(path, shuffle_choices=True, seed=seed) for seed in (1, 2))
    assert one.keys() == two.keys()
    assert 20 < sum(one[each][0] != two[each][0] for each in one) < 65  # 2 * 1/3 * 2/3 * 90 = 40 are expected
    assert sum(one[each][1] != two[each][1] for each in one) > 70  # 23 in 24


def test_the_right_answer_moves_with_its_choice(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "q.jsonl", ROWS)
    right = {item.prompt: item.choices[item.answer] for item in load_task(path, calibration=0).test}
    shuffled = load_task(path, calibration=0, shuffle_choices=True).test
    assert {item.prompt: item.choices[item.answer] for item in shuffled} == right
    places = [sum(item.answer == place for item in shuffled) for place in range(4)]
    assert min(places) > 10


def test_a_third_is_kept_for_calibration(tmp_path: Path) -> None:
    task = load_task(jsonl(tmp_path / "q.jsonl", ROWS))
    assert task.calibration is not None
    assert 18 <= len(task.calibration) <= 42
    assert len(task.calibration) + len(task.test) == 90
    assert not {item.id for item in task.calibration} & {item.id for item in task.test}


@pytest.mark.parametrize("nothing", [0, None])
def test_nothing_may_be_kept_for_calibration(nothing: float | None, tmp_path: Path) -> None:
    task = load_task(jsonl(tmp_path / "q.jsonl", ROWS), calibration=nothing)
    assert task.calibration is None
    assert len(task.test) == 90


def test_a_column_may_name_the_splits(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "q.jsonl", ROWS)
    task = load_task(path, split_column="part", split="b", calibration="c")
    assert task.calibration is not None
    assert [item.prompt for item in task.test] == [f"Question: q{n}\nAnswer:" for n in range(1, 90, 3)]
    assert [item.prompt for item in task.calibration] == [f"Question: q{n}\nAnswer:" for n in range(2, 90, 3)]
    with pytest.raises(TaskError, match=r"line 1, column 'part': no row of the source says 'd'; there are a, b, c"):
        load_task(path, split_column="part", split="d")


def test_the_splits_may_be_two_files(tmp_path: Path) -> None:
    test, calibration = jsonl(tmp_path / "t.jsonl", ROWS[:30]), jsonl(tmp_path / "c.jsonl", ROWS[30:])
    task = load_task(test, calibration=str(calibration))
    assert task.calibration is not None
    assert (len(task.test), len(task.calibration)) == (30, 60)
    with pytest.raises(TaskError, match="calibration and test are the same file"):
        load_task(test, calibration=str(test))


def test_a_limit_holds_for_each_split(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "q.jsonl", ROWS)
    whole, short = load_task(path), load_task(path, limit=5)
    assert whole.calibration is not None
    assert short.calibration is not None
    assert list(short.test) == list(whole.test[:5])
    assert list(short.calibration) == list(whole.calibration[:5])


def test_an_id_may_be_a_column_or_is_the_content(tmp_path: Path) -> None:
    rows = [row | {"key": n} for n, row in enumerate(ROWS[:3])]
    assert [item.id for item in load_task(jsonl(tmp_path / "q.jsonl", rows), id="key", calibration=0).test] == [*"012"]
    same = load_task(jsonl(tmp_path / "q.jsonl", [ROWS[0], ROWS[1], ROWS[0]]), calibration=0).test
    assert same[2].id == f"{same[0].id}-2"
    assert len({item.id for item in same}) == 3


def test_groups_are_columns(tmp_path: Path) -> None:
    rows = [
        ROWS[0] | {"region": "north", "named": ["Jew", "Muslim"], "year": 1997},
        ROWS[1] | {"region": None, "named": [], "year": 1998},
    ]
    path = jsonl(tmp_path / "q.jsonl", rows)
    test = load_task(path, groups={"where": "region", "who": "named", "when": "year"}, calibration=0).test
    assert [item.groups for item in test] == [{"where": "north", "who": "Jew+Muslim", "when": "1997"}, {"when": "1998"}]
