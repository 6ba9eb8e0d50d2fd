"""The score cache in runs of pytest: a second run loads no model, and whoever wants no cache has none."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

from pytest_llmcal.records import Run

GATES = """
pytestmark = pytest.mark.llmcal(task="world/qa")

def test_gate(scores, model):
    assert model.facts.name == "world/gpt2"
    assert scores.accuracy() > 0.1
"""
NOTES_WHAT_IS_LOADED = """
import sys

def pytest_unconfigure():
    print("LOADED", sorted({"torch", "transformers", "tokenizers"} & set(sys.modules)))
"""
NOTES_TURNS = """
from pytest_llmcal.plugin.turns import Turn

def pytest_configure():
    Turn.take = lambda turn: turns.append("TURN")

turns = []

def pytest_unconfigure():
    print(*turns)
"""
FEW = ("--llmcal-limit", "10", "--llmcal-device", "cpu")


@pytest.fixture
def world(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that gates an embedded model, with a cache of its own."""
    monkeypatch.setenv("LLMCAL_CACHE_DIR", str(project.folder / "kept"))
    project.write("conftest.py", NOTES_WHAT_IS_LOADED)
    project.gates(GATES)
    return project


def measured(run: Run) -> list[object]:
    return [gate.records for gate in run.gates]


def test_a_second_run_measures_the_same_and_loads_nothing(world: Project) -> None:
    first = world.run_apart(*FEW, "--llmcal-json", "first.json")
    second = world.run_apart(*FEW, "--llmcal-json", "second.json")
    for result in (first, second):
        result.assert_outcomes(passed=1)
    assert "LOADED ['tokenizers', 'torch', 'transformers']" in seen(first)
    assert "LOADED []" in seen(second)
    one, two = world.result("first.json"), world.result("second.json")
    assert measured(one) == measured(two)
    assert one.models == two.models
    assert one.models[0].parameters


def test_a_run_that_knows_all_answers_waits_for_no_gpu(world: Project) -> None:
    world.write("conftest.py", NOTES_TURNS)
    runs = [world.run_apart(*FEW, *options) for options in ((), (), ("--llmcal-no-cache",))]
    for run in runs:
        run.assert_outcomes(passed=1)
    assert [seen(run).count("TURN") for run in runs] == [1, 0, 1]


@pytest.mark.slow
def test_two_workers_share_it(world: Project) -> None:
    pytest.importorskip("xdist")
    models = ("--llmcal-model", "world/gpt2", "--llmcal-model", "world/gpt2-overfit")
    world.gates(GATES.replace('== "world/gpt2"', 'in ("world/gpt2", "world/gpt2-overfit")'))
    world.run_apart(*FEW, *models, "-n", "2", "--llmcal-json", "first.json").assert_outcomes(passed=2)
    alone = world.run_apart(*FEW, *models, "--llmcal-json", "second.json")
    alone.assert_outcomes(passed=2)
    assert "LOADED []" in seen(alone)
    assert measured(world.result("first.json")) == measured(world.result("second.json"))


@pytest.mark.parametrize("way", ["option", "environment", "ini"])
def test_without_a_cache_nothing_is_read_or_kept(way: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setenv("LLMCAL_CACHE_DIR", str(project.folder / "kept"))
    monkeypatch.setattr("pytest_llmcal.scoring.load_model", lambda name, **_: asked.append(name))
    monkeypatch.setattr("pytest_llmcal.scoring.cached_model", lambda *_, **__: pytest.fail("a cache was asked for"))
    project.write("conftest.py", "")
    project.gates(GATES)
    if way == "environment":
        monkeypatch.setenv("LLMCAL_NO_CACHE", "1")
    if way == "ini":
        project.write("pytest.ini", "[pytest]\nllmcal_no_cache = true\n")
    project.run(*FEW, *(["--llmcal-no-cache"] if way == "option" else []))
    assert asked == ["world/gpt2"]
    assert not (project.folder / "kept").exists()


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 * 2**30), ("500MB", 500 * 2**20), ("1.5 gb", 3 * 2**29), ("1000", 1000), ("10k", 10 * 2**10)],
)
def test_folder_and_size_reach_the_cache(
    text: str, size: int, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {}
    monkeypatch.setattr("pytest_llmcal.scoring.cached_model", lambda *_, **options: given.update(options))
    project.write("conftest.py", "")
    project.gates(GATES)
    project.run(*FEW, "--llmcal-cache-dir", "kept/here", "--llmcal-cache-size", text)
    assert given["cache_dir"] == project.folder / "kept" / "here"
    assert given["cache_size"] == size


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_folder_in_the_environment_means_the_default(
    text: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {}
    monkeypatch.setattr("pytest_llmcal.scoring.cached_model", lambda *_, **options: given.update(options))
    monkeypatch.setenv("LLMCAL_CACHE_DIR", text)
    project.write("conftest.py", "")
    project.gates(GATES)
    project.run(*FEW)
    assert given["cache_dir"] is None


@pytest.mark.parametrize("text", ["0", "much", "1 PB", "0.0001 B", ""])
def test_a_size_that_is_none_is_a_usage_error_of_one_sentence(text: str, project: Project) -> None:
    result = project.run("--llmcal-cache-size", text)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = f"ERROR: --llmcal-cache-size must be a size above 0 such as 500MB or 2GB, got {text!r}."
    assert expected in result.errlines


def test_a_model_of_a_hook_is_asked_every_time(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.accuracy() > 0.5\n")
    for _ in range(2):
        project.run("--llmcal-model", "coin").assert_outcomes(passed=1)
    assert [event for event in project.events() if event.startswith("SCORE")] == ["SCORE 3000"] * 2


@pytest.mark.slow
def test_a_damaged_cache_is_told_of_in_the_summary_of_warnings_and_the_gate_passes(world: Project) -> None:
    (world.folder / "kept").mkdir()
    (world.folder / "kept" / "scores-1.sqlite").write_bytes(b"no database" * 100)
    result = world.run_apart(*FEW)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*CacheWarning: The score cache *scores-1.sqlite is damaged and was renamed to*"])
