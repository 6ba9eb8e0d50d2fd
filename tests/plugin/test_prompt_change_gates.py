"""Gates on changes of prompts that must not matter: what is found, how small it gets, and what the run says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from inner_runs import Project, seen

SUITES = Path(__file__).parents[2] / "suites"

# Coins in the hands of a model that answers "heads" whatever is asked, and otherwise where its name says so. The
# prompts list both sides: "Coin 0.9 shows heads or tails: it is".
STAND_IN = """
from dataclasses import replace
from pytest_llmcal.scoring.protocol import LogLikelihood
from pytest_llmcal.tasks import Items, Task
from pytest_llmcal.tasks.prompts import Prompt
from pytest_llmcal.tasks.wording import Wording
from stand_ins import TableModel, coins

def listing(item):
    values = {"coin": item.prompt, "choices": tuple(choice.strip() for choice in item.choices)}
    wording = Wording(Prompt("{{ coin }} {{ choices | join(' or ') }}: it is", "coins"), values, False, item.id)
    return replace(item, prompt=wording.prompt(), wording=wording)

def listed(count):
    return Items("coins", "test", tuple(map(listing, coins("coins", "test", count))))

def pytest_llmcal_load_task(name):
    return Task(name, None, listed(1500), source="here")

class Touchy(TableModel):
    def log_likelihoods(self, requests, progress=None):
        name, answers = self.facts.name, []
        for request in requests:
            text = request.context
            total = 1.0 * (request.continuation == " heads")
            total += 2.0 * ("spaces" in name and "  " in text and request.continuation == " tails")
            total += 2.0 * ("places" in name and text.split()[3] == request.continuation.strip())
            total -= 2.0 * ("somewhat" in name and "  0.9" in text and request.continuation == " heads")
            answers.append(LogLikelihood(total, 1))
        return answers

def pytest_llmcal_load_model(name):
    return Touchy(name)
"""

GATE = """
from hypothesis import given
from pytest_llmcal.strategies import looks, prompt_changes

@looks(8)
@given(change=prompt_changes("coins", kinds=["order", "white_space"]))
@pytest.mark.llmcal(task="coins", limit=700)
def test_nothing_matters(change, score, task):
    assert score.unmoved_by(change, task, margin={margin})
"""

# Strategies are made as the file is collected, when no hook has been asked for the task.
ITEMS = """
from conftest import listed
COINS = listed(700)
"""


def gate(project: Project, margin: object = 0.02, body: str = GATE) -> None:
    project.write("conftest.py", STAND_IN)
    project.gates(ITEMS + body.format(margin=margin).replace('prompt_changes("coins"', "prompt_changes(COINS"))


def test_a_model_that_nothing_moves_passes_and_one_look_stands_in_the_run(project: Project) -> None:
    gate(project)
    project.run("--llmcal-model", "calm").assert_outcomes(passed=1)
    [found] = project.result().gates
    assert found.verdict == "holds"
    assert [(record.metric, record.relation, record.outcome) for record in found.records] == [
        ("accuracy_difference", "unmoved", "holds"),
        ("ece_difference", "unmoved", "holds"),
        ("flips", "unmoved", "holds"),
    ]
    assert found.records[0].explanation.endswith(" changes that were looked at, this one is the furthest from holding.")


@pytest.mark.parametrize(
    ("model", "smallest", "example"),
    [
        ("places", "when choices 1 and 2 trade places is refuted: 700 of 700", "Swap(first=0, second=1)"),
        ("spaces", "when spaces are doubled is refuted: 700 of 700", "WhiteSpace(what='spaces are doubled')"),
    ],
)
def test_what_breaks_the_model_is_shrunk_to_one_step_and_told_in_words(
    project: Project, model: str, smallest: str, example: str
) -> None:
    gate(project)
    result = project.run("--llmcal-model", model)
    result.assert_outcomes(failed=1)
    [found] = project.result().gates
    assert found.verdict == "refuted"
    [flips] = [record for record in found.records if record.metric == "flips"]
    assert smallest in flips.explanation
    assert f"change=PromptChange(steps=({example},))" in seen(result)
    assert flips.explanation in seen(result)
    if model == "spaces":  # the other one is the plainest change of all, and looked at first
        assert flips.explanation.endswith(" changes were looked at; no smaller one was found to break the model.")
    assert len(seen(result)) < 10_000  # no item of the task is printed
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert smallest.partition(" is refuted")[0] in page


@pytest.mark.parametrize(("option", "outcome"), [("fail", "failed"), ("pass", "passed")])
def test_undecided_looks_are_passed_by_and_follow_the_option_in_the_end(
    project: Project, option: str, outcome: str
) -> None:
    gate(project, margin={"flips": 0.25})  # about a quarter of the coins is a 0.9, for which somewhat changes its mind
    result = project.run("--llmcal-model", "somewhat", "--llmcal-undecided", option, "--llmcal-allow-empty")
    result.assert_outcomes(**{outcome: 1})
    [found] = project.result().gates
    assert [record.outcome for record in found.records] == ["undecided"]
    assert "spaces are doubled" in found.records[0].explanation


def test_gates_that_share_an_error_rate_share_it_once_among_all_looks(project: Project) -> None:
    gate(project)
    project.run("--llmcal-model", "calm", "--llmcal-correction", "bonferroni")
    [found] = project.result().gates
    assert [record.share for record in found.records] == pytest.approx([0.75 / (8 * 3)] * 3)


LOOP = """
from pytest_llmcal.tasks.changes import PromptChange, Swap, WhiteSpace

@pytest.mark.llmcal(task="coins", limit=700)
def test_nothing_matters(score, task):
    for step in (Swap(0, 1), WhiteSpace("spaces are doubled")):
        {margin}score.unmoved_by(PromptChange((step,)), task, looks={looks})
"""


def test_more_looks_than_share_the_rate_are_refused(project: Project) -> None:
    gate(project, body=LOOP.replace("{margin}", "assert ").replace("{looks}", "1"))
    result = project.run("--llmcal-model", "calm")
    assert "shared among 1 looks at changed prompts, and this is one more; say unmoved_by(..., looks=N)" in seen(result)
    assert project.result().gates[0].verdict == "error"


def test_a_loop_over_changes_is_judged_like_a_search(project: Project) -> None:
    gate(project, body=LOOP.replace("{margin}", "assert ").replace("{looks}", "2"))
    project.run("--llmcal-model", "calm").assert_outcomes(passed=1)
    project.run("--llmcal-model", "spaces").assert_outcomes(failed=1)
    [found] = project.result().gates
    assert found.records[0].explanation.endswith("2 changes were looked at.")


def test_a_refuted_look_that_nobody_asserts_fails_and_one_that_holds_is_warned_of(project: Project) -> None:
    gate(project, body=LOOP.replace("{margin}", "print(").replace("looks={looks})", "looks=2).explain())"))
    result = project.run("--llmcal-model", "spaces")
    result.assert_outcomes(failed=1)
    assert "nobody asserted this look: The claim that" in seen(result)
    gate(project, body=LOOP.replace("{margin}", "").replace("{looks}", "2"))
    result = project.run("--llmcal-model", "calm")
    result.assert_outcomes(passed=1, warnings=6)
    result.stdout.fnmatch_lines(["*UnassertedVerdictWarning: nobody looked at the verdict that*"])


WAYS = """
from pytest_llmcal.tasks.changes import PromptChange, WhiteSpace

@pytest.mark.llmcal(task="coins", limit=300)
def test_ways(score, task):
    change = PromptChange((WhiteSpace("spaces are doubled"),))
    def judged(**asked):
        return score.unmoved_by(change, task, margin={"accuracy": 0.5}, looks=3, **asked)
    plain = judged()
    assert judged() is plain
    assert judged(normalization="mean") is not plain
    assert judged(confidence="entropy") is not plain
"""


def test_another_way_to_weigh_choices_or_to_be_sure_is_another_look(project: Project) -> None:
    project.write("conftest.py", STAND_IN)
    project.gates(WAYS)
    project.run("--llmcal-model", "calm").assert_outcomes(passed=1)


RUNNING_TEXT = """
from stand_ins import *
from stand_ins import pytest_llmcal_load_task as coins_task
from pytest_llmcal.tasks import Text

def pytest_llmcal_load_task(name):
    if name != "story":
        return coins_task(name)
    return Task(name, None, Items(name, "test", (Text("t", "Once upon a time."),)), source="here")
"""


@pytest.mark.parametrize(
    ("suite", "task", "outcomes"),
    [
        ("bias/test_bias.py", "coins", {"skipped": 5}),
        ("metamorphic/test_metamorphic.py", "coins", {"passed": 1, "skipped": 2}),
        ("metamorphic/test_metamorphic.py", "story", {"skipped": 3}),
    ],
)
def test_ready_made_gates_skip_what_a_task_has_nothing_of(
    project: Project, suite: str, task: str, outcomes: dict[str, int]
) -> None:
    project.write("conftest.py", RUNNING_TEXT)
    project.write("test_gates.py", (SUITES / suite).read_text(encoding="utf-8"))
    project.run("--llmcal-model", "calm", "--llmcal-task", task, "--llmcal-allow-empty").assert_outcomes(**outcomes)
