"""A gate that compares two models: what is recorded, what the report and the terminal say."""

from __future__ import annotations

import json

from inner_runs import Project, seen

GATE = """
@pytest.fixture
def former(task):
    from stand_ins import TableModel
    from pytest_llmcal.scoring import score
    return score(TableModel("former"), task.test)

@pytest.mark.llmcal(task="coins")
def test_no_step_back(scores, former):
    assert scores.not_worse_than(former, 0.01, metric="nll")

@pytest.mark.llmcal(task="coins")
def test_accuracy_stays(scores, former):
    assert scores.compare(former).accuracy().above(-0.02)
"""


def test_a_model_that_answers_as_before_may_be_released(project: Project) -> None:
    project.gates(GATE)
    project.run("--llmcal-model", "a").assert_outcomes(passed=2)
    [record] = project.gate("test_no_step_back").records
    assert (record.metric, record.relation, record.limit, record.outcome) == (
        "nll_difference", "not_worse_than", 0.01, "holds",
    )  # fmt: skip
    assert record.estimate == 0.0
    assert record.low < 0.0 < record.high
    assert (record.model, record.task, record.n) == ("a", "coins", 1500)
    assert "baseline former" in record.method
    [record] = project.gate("test_accuracy_stays").records
    assert (record.metric, record.relation, record.outcome) == ("accuracy_difference", "above", "holds")


def test_a_bolder_model_is_refused_and_told_by_how_much_it_is_worse(project: Project) -> None:
    project.gates(GATE)
    result = project.run("--llmcal-model", "bold")
    result.assert_outcomes(passed=1, failed=1)
    assert "The claim that NLL is at most 0.01 worse than the baseline's is refuted: it was measured as" in seen(result)
    result.stdout.fnmatch_lines(["*test_gates.py test_no_step_back: NLL minus the baseline's *, limit 0.01"])
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert "NLL minus the baseline&#39;s" in page
    assert "at most 0.01 worse" in page
    run = json.loads((project.folder / "reports/latest/run.json").read_text(encoding="utf-8"))
    assert "not_worse_than" in json.dumps(run)


def test_models_are_compared_while_they_answer(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal(task="coins")
        def test_early(score, task):
            from functools import partial
            from stand_ins import TableModel
            from pytest_llmcal.scoring import score as score_with
            decision = score.until(
                task,
                verdict=lambda new, old: new.not_worse_than(old, 0.01, metric="nll"),
                baseline=partial(score_with, TableModel("former")),
            )
            assert decision.items < 1500
            assert not decision
        """
    )
    project.run("--llmcal-model", "bold").assert_outcomes(passed=1)
    [record] = project.gate("test_early").records
    assert (record.metric, record.outcome) == ("nll_difference", "refuted")
    assert record.n < 1500
