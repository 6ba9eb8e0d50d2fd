"""``llmcal elicit`` puts the ways of asking how sure a model is beside each other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.cli import main
from pytest_llmcal.cli.elicit import _names
from pytest_llmcal.cli.elicitation import COLUMNS, Refused, Trial, judged, lines, tried
from pytest_llmcal.scoring.confidence import names
from pytest_llmcal.scoring.recorded import RecordedModel
from pytest_llmcal.tasks import Items, OpenItem, Task, Writing
from tests.test_cli import refused

WORLD = ["elicit", "--model", "world/gpt2", "--task", "world/qa", "--device", "cpu"]
AURC, AUROC, ECE, NLL = COLUMNS


def trial(name: str, confidence: np.ndarray, correct: np.ndarray, first: int = 0) -> Trial:
    scores = Scores(confidence, correct, ids=[str(first + place) for place in range(len(correct))])
    return Trial(
        name,
        "1 text",
        0.5,
        scores,
        scores,
        {column: column.of(scores, scores) for column in COLUMNS if column.is_for(scores)},
    )


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    """A method that knows, the same one with a little noise, and one that guesses."""
    random = np.random.default_rng(0)
    sure = random.uniform(0.05, 0.95, 800)
    correct = random.uniform(size=800) < sure
    noisy = np.clip(sure + random.normal(0, 0.02, 800), 0.01, 0.99)
    return [
        trial("knows", sure, correct),
        trial("noisy", noisy, correct),
        trial("guesses", random.permutation(sure), correct),
    ]


def test_the_best_is_marked_and_who_is_within_its_error_bars(trials: list[Trial]) -> None:
    for column in (AURC, AUROC, NLL):
        judgement = judged(trials, column)
        assert {one.name: judgement.mark(one) for one in trials} in (
            {"knows": "*", "noisy": "~", "guesses": " "},
            {"knows": "~", "noisy": "*", "guesses": " "},
        )
        [(worse, difference)] = judgement.worse
        assert worse.name == "guesses"
        assert (difference.high < 0.0) if column.upwards else (difference.low > 0.0)


def test_intervals_are_as_wide_as_all_comparisons_of_the_table_ask_for(trials: list[Trial]) -> None:
    [(_, two)] = judged([trials[0], trials[2]], AUROC).worse
    [(_, three)] = judged(trials, AUROC).worse
    assert two.confidence == pytest.approx(1 - 0.05 / 4)
    assert three.confidence == pytest.approx(1 - 0.05 / 12)


def test_methods_that_left_out_other_items_are_compared_on_those_that_both_have(trials: list[Trial]) -> None:
    some = trials[0].scores
    later = trial("later", some.confidence[100:], some.correct[100:], first=100)
    assert AUROC.apart(trials[2], later, 0.95).n == 700


def test_what_could_not_be_used_is_listed_with_the_reason(trials: list[Trial]) -> None:
    items = Items("t", "test", (OpenItem("0", "What hums?", ("bees",)),), Writing())
    told = lines(trials, [Refused("p_true", "it cannot weigh")], Task("t", items, items, "here"), "m", "platt")
    assert told[-2:] == ["Not used:", "  p_true: it cannot weigh"]
    assert told[2].split()[:3] == ["method", "items", "accuracy"]


def test_recorded_answers_are_asked_what_they_can_say(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = []
    for number in range(120):
        odds = random.uniform(0.3, 1.0)
        said = "bees" if random.uniform() < odds else "wasps"
        rows.append({"id": str(number), "text": said, "token_log_probabilities": [float(np.log(odds))]})
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    every = tuple(OpenItem(row["id"], f"What hums {row['id']}?", ("bees",)) for row in rows)
    task = Task(
        "t", Items("t", "calibration", every[:60], Writing()), Items("t", "test", every[60:], Writing()), "here"
    )
    done = {name: tried(RecordedModel(path), task, name, "platt", 7) for name in names("written")}
    used = {name for name, one in done.items() if isinstance(one, Trial)}
    assert used == {"sequence_lowest", "sequence_mean", "sequence_probability"}
    assert "cannot answer what was not recorded: 20 samples" in getattr(done["self_consistency"], "reason", "")
    mean = done["sequence_mean"]
    assert isinstance(mean, Trial)
    assert (len(mean.scores), mean.cost) == (60, "1 text")
    assert str(mean.calibrated.about.calibrator).startswith("platt(")


def test_of_graded_answers_there_is_no_auroc() -> None:
    grades = np.linspace(0.0, 1.0, 50)
    graded = [trial(name, grades**power, grades) for name, power in (("near", 1.0), ("far", 3.0))]
    items = Items("t", "test", (OpenItem("0", "What hums?", ("bees",)),), Writing())
    told = lines(graded, [], Task("t", items, items, "here"), "m", "platt")
    assert "AUROC" not in told[2]
    assert told[-1] == "AUROC: not of graded answers"


@pytest.mark.slow
def test_every_method_for_choices_is_compared_on_the_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORLD, "--limit", "100"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("world/gpt2 on world/qa: 100 items (test split); calibrated by platt, fitted on 100 ")
    assert [line.split()[0] for line in printed.splitlines()[3:6]] == ["entropy", "margin", "probability"]
    assert "AURC: best is " in printed


@pytest.mark.slow
def test_every_method_for_written_answers_is_compared_on_the_world_or_listed_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*WORLD, "--task", "world/qa-written", "--limit", "40"]) == 0
    printed = capsys.readouterr().out
    rows, _, not_used = printed.partition("Not used:\n")
    compared = {line.split()[0] for line in rows.splitlines()[3:11]}
    left = {line.strip().partition(":")[0] for line in not_used.splitlines()}
    assert (compared | left, left) == (set(names("written")), {"verbalised", "verbalised_two_steps"})
    assert not_used.count("the model reads at most 64") == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--methods", "p_true"], "'p_true' is for answers that the model writes, and these items have choices"),
        (["--methods", "margin,guess"], "unknown confidence 'guess'"),
        (["--methods", ","], "is no name of a method"),
        (["--calibrator", "magic"], "there is no calibrator 'magic'"),
        (["--system", "Be brief."], "system is 'Be brief.', and only a chat template has a place for it"),
        (["--task", "world/cooking"], "the world has no task 'world/cooking'"),
        (["--task", "world/text"], "the task 'world/text' is running text"),
    ],
)
def test_what_cannot_be_compared_is_named(more: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused([*WORLD, "--limit", "5", *more], capsys)


def test_one_method_in_two_spellings_is_asked_once() -> None:
    items = Items("t", "test", (OpenItem("0", "What hums?", ("bees",)),), Writing())
    given = "p_true(shown=0), sequence_mean, p_true, p_true(seed=1)"
    assert _names(given, Task("t", items, items, "here")) == ("p_true(shown=0)", "sequence_mean", "p_true(seed=1)")
