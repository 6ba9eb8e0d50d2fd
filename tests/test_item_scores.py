"""Item scores beside a run: every number comes back as it was, and each subject once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores
from pytest_llmcal.history import ItemFileError
from pytest_llmcal.history.item_file import read_scores, write_scores
from pytest_llmcal.history.items import ItemScores, digest, items_path
from pytest_llmcal.measurement import About

ABOUT = About("m", "r1", "qa", "test", "data")


def of_choices(n: int = 40, *, seed: int = 0, about: About = ABOUT, dtype: Any = np.float64, **more: Any) -> Scores:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (n, 3)).astype(dtype)
    logits[0, 2] = -np.inf
    labels = random.integers(0, 2, n)
    return Scores.from_logits(logits, labels, ids=[f"i{i}" for i in range(n)], about=about, **more)


def grouped(**changes: Any) -> Scores:
    regions = [("north", "south")[i % 2] for i in range(40)]
    asks = [("who", "what")[i % 4 // 2] for i in range(40)]
    return of_choices(groups={"region": regions, "asks": asks}, **changes)


def same(one: Scores, other: Scores) -> bool:
    return digest(one) == digest(other) and one.confidence.dtype == other.confidence.dtype


KINDS = {
    "logits": of_choices(),
    "logits of single precision": of_choices(dtype=np.float32),
    "logits of half precision": of_choices(dtype=np.float16),
    "probabilities": Scores.from_probabilities([[0.2, 0.8], [1.0, 0.0]], [1, 1], ids=["a", "b"], about=ABOUT),
    "confidence": Scores([0.9, 0.1 + 0.2], [1, 0], ids=["a", "b"], about=ABOUT),
    "confidence of single precision": Scores(np.float32([0.9, 0.3]), [1, 0], about=ABOUT),
    "groups": grouped(),
    "clusters": of_choices(clusters=[f"c{i // 4}" for i in range(40)]),
    "odd names": Scores([0.9], [1], ids=['"\x00\u202e|<b>'], groups={"": [""]}, about=About(model="a\nb")),
    "graded": Scores([0.9, 0.3], [0.1 + 0.2, 1], ids=["a", "b"], about=ABOUT),
    "outcomes and items left out": Scores(
        [0.9, 0.3], [1, 0], ids=["a", "b"], outcomes=["answered", "refused"], left_out={'"c\u202e': "unparseable"}
    ),
    "nothing known": Scores([0.9, 0.3], [1, 0]),
}


@pytest.mark.parametrize("scores", KINDS.values(), ids=KINDS)
def test_every_number_and_name_comes_back_as_it_was(scores: Scores, tmp_path: Path) -> None:
    [back] = read_scores(write_scores([scores], tmp_path / "deep" / "items.parquet"))
    assert same(back, scores)
    assert back.about == scores.about
    for metric in ("ece", "brier", "nll"):
        if scores.choices is not None or metric != "nll":
            assert getattr(back, metric)() == getattr(scores, metric)()


def test_several_subjects_of_several_kinds_share_a_file(tmp_path: Path) -> None:
    back = read_scores(write_scores([*KINDS.values()], tmp_path / "items.parquet"))
    assert [digest(one) for one in back] == [digest(one) for one in KINDS.values()]


def test_the_file_can_be_read_as_a_table_that_explains_itself(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(write_scores([grouped()], tmp_path / "items.parquet")).to_pylist()
    assert (rows[1]["model"], rows[1]["task"], rows[1]["id"], rows[1]["kind"]) == ("m", "qa", "i1", "logits")
    assert dict(rows[1]["groups"]) == {"region": "south", "asks": "who"}
    assert rows[1]["confidence"] == pytest.approx(float(grouped().confidence[1]))


def test_two_thousand_items_of_four_choices_take_less_than_a_hundred_kilobytes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    scores = Scores.from_logits(
        random.normal(0, 3, (2000, 4)), random.integers(0, 4, 2000), ids=[f"item-{i}" for i in range(2000)], about=ABOUT
    )
    assert write_scores([scores], tmp_path / "items.parquet").stat().st_size < 100_000


def test_what_is_no_such_file_is_refused_by_name(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "run.items.parquet"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ItemFileError, match=r"run\.items\.parquet: not a Parquet file"):
        read_scores(path)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ItemFileError, match="it has no schema number"):
        read_scores(path)


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "run.items.parquet"
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({b"pytest_llmcal.items": b"7"}), path)
    with pytest.raises(ItemFileError, match="schema 7 are not supported, this version reads up to schema 2; read"):
        read_scores(path)


def test_scores_of_all_kinds_share_one_file(tmp_path: Path) -> None:
    back = read_scores(write_scores(list(KINDS.values()), tmp_path / "items.parquet"))
    assert all(same(one, other) for one, other in zip(back, KINDS.values(), strict=True))
    assert [dict(one.left_out) for one in back] == [dict(one.left_out) for one in KINDS.values()]


def test_of_equal_scores_one_is_kept_and_the_order_does_not_matter() -> None:
    scores = [of_choices(seed=seed, about=replace(ABOUT, model=f"m{seed}")) for seed in range(4)]
    kept = ItemScores.of([*scores, *scores[::-1]])
    assert len(kept.scores) == 4
    assert [digest(one) for one in ItemScores.of(scores[::-1]).scores] == [digest(one) for one in kept.scores]


@given(st.sets(st.integers(0, 9)))
def test_joining_the_halves_gives_the_whole(chosen: set[int]) -> None:
    whole = [*KINDS.values()]
    halves = [ItemScores.of(one for i, one in enumerate(whole) if (i in chosen) == side) for side in (True, False)]
    assert [*map(digest, ItemScores.joined(halves).scores)] == [*map(digest, ItemScores.of(whole).scores)]


def test_groups_are_not_written_twice_and_are_found_all_the_same() -> None:
    whole = grouped()
    parts = whole.by_group("region")
    deep = parts["north"].by_group("asks")["who"]
    kept = ItemScores.of([deep, *parts.values(), whole])
    assert [*map(digest, kept.scores)] == [digest(whole)]
    for part in (*parts.values(), deep):
        [found] = kept.of_subject(("m", "qa", "test", part.about.group, None, None))
        assert same(found, part)
    assert [*kept.of_subject(("m", "qa", "test", "region=west", None, None))] == []


def test_a_group_without_the_whole_is_kept() -> None:
    north = grouped().by_group("region")["north"]
    assert len(ItemScores.of([north]).scores) == 1


def test_an_update_replaces_the_same_subject_and_keeps_the_others() -> None:
    old = ItemScores.of([of_choices(seed=1), of_choices(seed=2, about=replace(ABOUT, task="other"))])
    new = ItemScores.of([of_choices(seed=3, about=replace(ABOUT, revision="r2"))])
    updated = old.updated(new)
    assert sorted((one.about.task or "", one.about.revision or "") for one in updated.scores) == [
        ("other", "r1"),
        ("qa", "r2"),
    ]


def test_of_none_there_is_no_file_and_an_old_one_goes(tmp_path: Path) -> None:
    run = tmp_path / "release-1.4.json"
    assert ItemScores.of([of_choices()]).write_beside(run) == items_path(run)
    assert len(ItemScores.beside(run).scores) == 1
    assert ItemScores().write_beside(run) is None
    assert ItemScores.beside(run).scores == ()
    assert [*tmp_path.iterdir()] == []
