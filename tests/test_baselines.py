"""Baselines by name: plain files that only an explicit word changes, and that nothing unsure gets into."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.cli import main
from pytest_llmcal.history import Baseline, BaselineError
from pytest_llmcal.history.baselines import Baselines, bless
from pytest_llmcal.history.items import ItemScores, items_path
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.measurement import About
from pytest_llmcal.records import Run
from tests.sample_runs import UNDECIDED, facts, gate, record, run

ABOUT = About("world/gpt2", "3f9c2a7be1d04c55", "world/qa", "test", "9b1c3f5a7d2e4680")
BROKEN = run(gate("test_a", record()), complete=False, problems=("A worker crashed.",))
UNSURE = run(gate("test_a", UNDECIDED), gate("test_b", record()))


def scores(*, about: About = ABOUT, first: float = 0.9) -> Scores:
    return Scores([first, 0.8, 0.7, 0.6], [1, 1, 1, 0], ids=["a", "b", "c", "d"], about=about)


def on_disk(folder: Path, whole: Run, *items: Scores) -> Path:
    path = whole.write(folder / "run.json")
    ItemScores.of(items).write_beside(path)
    return path


def test_a_saved_baseline_is_the_run_with_its_item_scores_as_plain_files(tmp_path: Path) -> None:
    source = on_disk(tmp_path, run(gate("test_a", record())), scores())
    saved = Baselines(tmp_path / "baselines").save("release-1.4", source)
    assert saved == tmp_path / "baselines" / "release-1.4.json"
    assert sorted(path.name for path in saved.parent.iterdir()) == ["release-1.4.items.parquet", "release-1.4.json"]
    assert [one.about for one in ItemScores.beside(saved).scores] == [ABOUT]


def test_a_name_that_is_taken_is_refused_unless_an_update_is_asked_for(tmp_path: Path) -> None:
    kept = Baselines(tmp_path / "baselines")
    kept.save("r", on_disk(tmp_path, run(gate("test_a", record(estimate=0.01)), gate("test_b", record())), scores()))
    part = on_disk(tmp_path, run(gate("test_a", record(estimate=0.02))), scores(about=replace(ABOUT, task="other")))
    with pytest.raises(
        BaselineError, match=r"there is a baseline 'r' in .*baselines; take another name, or .*--update"
    ):
        kept.save("r", part)
    kept.save("r", part, updates=True)
    assert [(entry.name, entry.records[0].estimate) for entry in kept.read("r").gates] == [
        ("test_a", 0.02),
        ("test_b", 0.031),
    ]
    assert sorted(one.about.task or "" for one in kept.item_scores("r").scores) == ["other", "world/qa"]


@pytest.mark.parametrize(
    ("whole", "said"), [(BROKEN, "an incomplete run cannot .*A worker crashed"), (UNSURE, "an undecided run .*test_a")]
)
def test_what_is_unsure_is_not_blessed_unless_forced_and_then_says_so(tmp_path: Path, whole: Run, said: str) -> None:
    kept, source = Baselines(tmp_path / "baselines"), on_disk(tmp_path, whole)
    with pytest.raises(BaselineError, match=said):
        kept.save("r", source)
    assert kept.names() == []
    kept.save("r", source, force=True)
    assert (kept.read("r").complete, kept.read("r").problems) == (whole.complete, whole.problems)


def test_a_gate_that_is_known_to_fail_undecided_keeps_nothing_from_being_blessed(tmp_path: Path) -> None:
    known = run(gate("test_a", UNDECIDED, outcome="xfailed"), gate("test_b", record()))
    assert bless(tmp_path / "r.json", Kept(known)).is_file()


@pytest.mark.parametrize("name", ["../evil", "", ".hidden", "a/b", "a b", "-x", "a\nb"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BaselineError, match="is no name of a baseline; allowed are"):
        Baselines(tmp_path).path(name)


def test_names_are_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("release-1.10", "release-1.9", "nightly"):
        run().write(tmp_path / f"{name}.json")
    assert Baselines(tmp_path).names() == ["nightly", "release-1.9", "release-1.10"]


def test_a_baseline_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    run().write(tmp_path / "one.json")
    with pytest.raises(BaselineError, match=r"there is no baseline 'two' in .*; there are: one"):
        Baselines(tmp_path).read("two")


def asked(path: Path, **changes: str) -> Scores:
    usual = {"model": "world/gpt2", "task": "world/qa", "split": "test", "data": ABOUT.data or ""}
    return Baseline.read(path).scores(**{**usual, **changes}, ids=["a", "b", "c", "d"])  # type: ignore[arg-type]


def test_a_baseline_gives_back_what_was_said_item_by_item(tmp_path: Path) -> None:
    path = on_disk(tmp_path, run(gate("test_a", record())), scores())
    assert asked(path).confidence.tolist() == scores().confidence.tolist()


def test_item_scores_of_another_prompt_are_refused(tmp_path: Path) -> None:
    path = on_disk(tmp_path, run(gate("test_a", record())), scores())
    with pytest.raises(
        BaselineError, match=r"on the same questions under another prompt .*Gate with the prompt of then"
    ):
        asked(path, data="ffff")


def test_a_baseline_without_item_scores_says_so(tmp_path: Path) -> None:
    path = on_disk(tmp_path, run(gate("test_a", record())))
    with pytest.raises(BaselineError, match=r"has no item scores of world/gpt2 on world/qa .*; record it anew"):
        asked(path)


def test_two_ways_of_scoring_one_subject_are_refused(tmp_path: Path) -> None:
    path = on_disk(tmp_path, run(gate("test_a", record())), scores(), scores(first=0.91))
    with pytest.raises(BaselineError, match="of 2 ways of scoring"):
        asked(path)


def test_the_present_revision_wins_after_a_forced_mixture(tmp_path: Path) -> None:
    old = scores(about=replace(ABOUT, revision="old"), first=0.5)
    path = on_disk(tmp_path, run(gate("test_a", record()), models=(facts(),)), old, scores())
    assert asked(path).about.revision == ABOUT.revision


def test_the_commands_save_list_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = on_disk(tmp_path, run(gate("test_a", record())), scores())
    folder = ["--dir", str(tmp_path / "kept")]
    assert main(["baseline", "list", *folder]) == 0
    assert "there are no baselines in " in capsys.readouterr().out
    assert main(["baseline", "save", "release-1.4", "--from", str(source), *folder]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'kept' / 'release-1.4.json'}\n"
    assert main(["baseline", "list", *folder]) == 0
    listed = capsys.readouterr().out
    assert "release-1.4  2026-11-23T13:38:27+00:00  1      world/gpt2 (3f9c2a7be1d0)  8451389" in listed
    assert main(["baseline", "show", "release-1.4", *folder]) == 0
    shown = capsys.readouterr().out
    assert "0.0310    0.0120 to 0.0420  2000" in shown
    assert "item scores: 4 of world/gpt2 on world/qa (test)" in shown


def test_the_commands_refuse_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = on_disk(tmp_path, BROKEN)
    folder = ["--dir", str(tmp_path / "kept")]
    for arguments in (["save", "r", "--from", str(source)], ["save", "../r", "--from", str(source)], ["show", "r"]):
        assert main(["baseline", *arguments, *folder]) == 2
        assert capsys.readouterr().err.startswith("llmcal: ")
    assert main(["baseline", "save", "r", "--from", str(source), "--force", *folder]) == 0


def test_merging_joins_item_scores_and_leaves_none_of_a_run_before(tmp_path: Path) -> None:
    other = replace(ABOUT, model="world/gpt2-overfit")
    one = on_disk(tmp_path / "one", run(gate("test_a", record())), scores())
    two = on_disk(tmp_path / "two", run(gate("test_b", record())), scores(about=other))
    out = tmp_path / "both.json"
    assert main(["merge", str(one), str(two), "--out", str(out)]) == 0
    assert sorted(part.about.model or "" for part in ItemScores.beside(out).scores) == [ABOUT.model, other.model]
    items_path(one).unlink()
    assert main(["merge", str(one), "--out", str(out)]) == 0
    assert not items_path(out).exists()
