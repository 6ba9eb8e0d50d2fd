"""The embedded models and tasks, gated as a user would gate them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inner_runs import Project, seen

from pytest_llmcal.records import Run

GATES = """
pytestmark = pytest.mark.llmcal(task="world/qa")

def test_confidence_can_be_trusted(scores):
    assert scores.ece().below(0.1)

def test_more_confident_means_more_often_right(scores):
    assert scores.reliability().is_monotone()

def test_temperature_scaling_costs_nothing(score, calibrator, task):
    fitted = calibrator("temperature").fit(score(task.calibration))
    repaired = fitted.transform(score(task.test))
    assert repaired.nll() <= score(task.test).nll() + 0.01
"""


def untimed(run: Run) -> Run:
    gates = tuple(
        replace(gate, attempts=tuple(replace(attempt, seconds=0.0) for attempt in gate.attempts)) for gate in run.gates
    )
    subjects = tuple(replace(subject, seconds=0.0) for subject in run.subjects)
    return replace(run, started="", seconds=0.0, gates=gates, subjects=subjects)


@pytest.fixture
def world(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without stand-ins, whose models compute every answer."""
    monkeypatch.setenv("LLMCAL_NO_CACHE", "1")
    project.write("conftest.py", "")
    project.gates(GATES)
    return project


@pytest.mark.slow
def test_the_default_model_is_gated_on_its_task_and_holds(world: Project) -> None:
    result = world.run_apart()
    result.assert_outcomes(passed=3)
    run = world.result()
    assert run.complete
    [facts] = run.models
    assert (facts.name, facts.dtype) == ("world/gpt2", "float32")
    assert 0 < facts.parameters < 1_000_000
    [record] = world.gate("test_confidence_can_be_trusted").records
    assert (record.model, record.revision, record.task, record.split) == (
        "world/gpt2",
        facts.revision,
        "world/qa",
        "test",
    )
    assert (record.n, record.exact is not None, bool(record.data)) == (2000, True, True)


@pytest.mark.slow
def test_the_overfit_model_fails_and_says_why(world: Project) -> None:
    result = world.run_apart("--llmcal-model", "world/gpt2-overfit")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert world.gate("test_confidence_can_be_trusted").verdict == "refuted"
    for words in ("  worst bin ", "  noise floor ", "  exact ", "  what next   see whether calibrated_scores"):
        assert words in seen(result)


@pytest.mark.slow
def test_two_workers_gate_the_embedded_models_as_one_process_does(world: Project) -> None:
    models = ("--llmcal-model", "world/gpt2", "--llmcal-model", "world/gpt2-overfit", "--llmcal-limit", "200")
    world.run_apart(*models, "--llmcal-json", "alone.json")
    world.run_apart("-n", "2", *models, "--llmcal-json", "together.json")
    alone, together = world.result("alone.json"), world.result("together.json")
    assert len(alone.gates) == 6
    assert untimed(alone) == untimed(together)


@pytest.mark.slow
def test_a_model_in_a_folder_and_a_task_in_a_file_are_named_relative_to_the_root(world: Project) -> None:
    import shutil
    from pathlib import Path

    import pytest_llmcal.world

    shutil.copytree(Path(pytest_llmcal.world.__file__).parent / "checkpoints" / "gpt2", world.folder / "models/mine")
    rows = [
        f'{{"question": "Is {n} odd?", "choices": ["yes", "no"], "answer": "{"no" if n % 2 else "yes"}"}}'
        for n in range(60)
    ]
    world.write("data/odd.jsonl", "\n".join(rows) + "\n")
    world.write("test_gates.py", "def test_gate(scores):\n    assert scores.accuracy() >= 0\n")
    result = world.run_apart("--llmcal-model", "models/mine", "--llmcal-task", "data/odd.jsonl")
    assert result.ret == 0, seen(result)
    gate = world.gate("test_gate")
    assert (gate.model, gate.task) == ("models/mine", "data/odd.jsonl")
    assert (gate.records[0].model, gate.records[0].task) == ("models/mine", "odd")
    assert [model.name for model in world.result().models] == ["models/mine"]
    assert str(world.folder) not in (world.folder / "reports/latest/run.json").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_prompt_beyond_the_context_is_an_error_that_names_the_option_that_cuts_it(
    world: Project,
) -> None:
    row = '{"question": "%s", "choices": ["yes", "no"], "answer": "yes", "id": "the long one"}'
    world.write("long.jsonl", row % ("who keeps bees " * 400) + "\n")
    world.write("test_gates.py", "def test_gate(scores):\n    assert scores.accuracy() >= 0\n")
    task = ("--llmcal-task", "long.toml")
    world.write("long.toml", 'source = "long.jsonl"\nid = "id"\ncalibration = 0\nshuffle_choices = false\n')
    result = world.run_apart(*task)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*item 'the long one' (*): prompt and choice are * tokens, the model reads at most*"])
    assert "(--llmcal-truncate left) leaves out the oldest" in seen(result)
    world.run_apart(*task, "--llmcal-truncate", "left").assert_outcomes(passed=1)
    assert world.result().environment["truncate"] == "left"


@pytest.mark.slow
def test_chat_with_a_model_without_a_template_is_an_error_that_names_the_file(world: Project) -> None:
    world.write("test_gates.py", "def test_gate(scores):\n    assert scores.accuracy() >= 0\n")
    result = world.run_apart("--llmcal-chat", "--llmcal-limit", "5")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*chat was asked for, and the tokenizer of * has no chat template: *.jinja*"])


@pytest.mark.slow
def test_folders_of_their_names_do_not_stand_in_for_the_embedded_model_and_task(world: Project) -> None:
    for name in ("gpt2", "qa"):
        world.write(f"world/{name}/notes.md", "nothing to load\n")
    world.run_apart("--llmcal-limit", "50", "-k", "temperature").assert_outcomes(passed=1)
    [facts] = world.result().models
    assert facts.parameters > 0


def test_an_unknown_embedded_model_is_refused_in_one_sentence(world: Project) -> None:
    result = world.run_apart("--llmcal-model", "world/none", "-k", "trusted")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*LoadError: The model 'world/none' could not be loaded: *"])
