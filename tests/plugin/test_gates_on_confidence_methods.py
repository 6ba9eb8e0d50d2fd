"""A gate says by which method the model is asked how sure it is, and every record says so too."""

from __future__ import annotations

import json

import pytest
from inner_runs import Project, seen

MARGIN = "margin"
GATE = """
@pytest.mark.llmcal(task="coins", confidence="margin")
def test_rank(scores):
    assert scores.auroc().above(0.4)
"""
PLAIN = """
@pytest.mark.llmcal(task="coins")
def test_rank(scores):
    assert scores.auroc().above(0.4)
"""


def methods(project: Project) -> set[str | None]:
    return {record.confidence_method for gate in project.result().gates for record in gate.records}


def test_the_marker_names_the_method_and_record_report_and_failure_say_it(project: Project) -> None:
    project.gates(GATE + "    assert scores.ece().below(0.001)\n")
    result = project.run("--llmcal-model", "fair")
    result.assert_outcomes(failed=1)
    assert "fair on coins (test split) with confidence by margin" in seen(result)
    assert methods(project) == {MARGIN}
    [subject] = project.result().subjects
    assert subject.confidence_method == MARGIN
    assert subject.seconds is not None
    page = (project.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "confidence by margin" in page


def test_a_call_names_another_and_each_is_scored_once(project: Project) -> None:
    project.gates("""
    @pytest.mark.llmcal(task="coins", confidence="margin", calibrator="platt")
    def test_both(score, task, calibrated_scores):
        own, entropy, again = score(task), score(task, confidence="entropy"), score(task, confidence="entropy")
        assert entropy is again
        assert (own.about.confidence_method, entropy.about.confidence_method) == ("margin", "entropy")
        assert score(task, confidence="probability").about.confidence_method is None
        decision = score.until(task, verdict=lambda scores: scores.auroc().above(0.4), confidence="entropy")
        assert decision.scores.about.confidence_method == "entropy"
        assert calibrated_scores.nll() < 1
    """)
    project.run("--llmcal-model", "fair").assert_outcomes(passed=1)
    assert methods(project) == {"entropy", MARGIN}


def test_the_option_is_for_gates_that_name_none_and_for_answers_of_its_kind(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.gates(PLAIN + GATE.replace("test_rank", "test_other").replace(MARGIN, "probability"))
    project.run("--llmcal-model", "fair", "--llmcal-confidence-method", "entropy").assert_outcomes(passed=2)
    assert {gate.name: gate.records[0].confidence_method for gate in project.result().gates} == {
        "test_rank": "entropy",
        "test_other": None,
    }
    assert project.result().environment["confidence-method"] == "entropy"
    monkeypatch.setenv("LLMCAL_CONFIDENCE_METHOD", "p_true")  # for answers that are written; these are none
    project.run("--llmcal-model", "fair").assert_outcomes(passed=2)
    assert methods(project) == {None}


def test_a_method_that_there_is_not_is_one_sentence_before_any_model_is_loaded(project: Project) -> None:
    project.gates(GATE.replace(MARGIN, "p_true"))
    result = project.run("--llmcal-model", "fair", "--llmcal-confidence-method", "guess")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--llmcal-confidence-method: unknown confidence 'guess'; allowed are " in seen(result)
    assert project.events() == []
    result = project.run("--llmcal-model", "fair")
    result.assert_outcomes(errors=1)
    assert "'p_true' is for answers that the model writes, and these items have choices" in seen(result)
    project.gates(GATE.replace('"margin"', "3"))
    result = project.run()
    assert "the marker llmcal(confidence=...) takes a confidence method's name, got 3" in seen(result)


def test_a_baseline_by_another_method_is_none(project: Project) -> None:
    project.gates(GATE)
    project.run("--llmcal-model", "fair", "--llmcal-json", "old.json").assert_outcomes(passed=1)
    same = """
    @pytest.mark.llmcal(task="coins", confidence="margin")
    def test_same(scores, baseline):
        assert scores.auroc() >= baseline("auroc")
        assert scores.not_worse_than(baseline.scores(), 0.01, metric="auroc")
    """
    project.gates(same)
    project.run("--llmcal-model", "fair", "--llmcal-baseline", "old.json").assert_outcomes(passed=1)
    project.gates(same.replace(MARGIN, "entropy"))
    result = project.run("--llmcal-model", "fair", "--llmcal-baseline", "old.json")
    result.assert_outcomes(failed=1)
    assert "has no auroc of fair on coins split test by entropy. It has auroc of fair on coins split test by " in seen(
        result
    )


WRITTEN = [
    {"question": "What hums?", "answer": "bees", "split": "test"},
    {"question": "What barks?", "answer": "dogs", "split": "test"},
]
ANSWERS = [
    {"prompt": "Question: What hums?\nAnswer:", "text": " wasps <b>", "token_log_probabilities": [-0.1]},
    {"prompt": "Question: What barks?\nAnswer:", "text": " Dogs", "token_log_probabilities": [-0.7, -0.7]},
]


@pytest.mark.parametrize("texts", [True, False])
def test_written_answers_stand_in_the_report_beside_what_is_right_unless_texts_are_left_out(
    project: Project, texts: bool
) -> None:
    project.write("conftest.py", "")
    for name, rows in (("hums.jsonl", WRITTEN), ("answers.jsonl", ANSWERS)):
        project.write(name, "".join(json.dumps(row) + "\n" for row in rows))
    project.write("hums.toml", 'source = "hums.jsonl"\nreferences = "answer"\ncalibration = 0\n')
    project.gates("""
    @pytest.mark.llmcal(task="hums.toml", confidence="sequence_mean")
    def test_written(scores):
        assert scores.accuracy() > 0.1
    """)
    switch = () if texts else ("--llmcal-no-texts",)
    project.run("--llmcal-model", "recorded:answers.jsonl", "--llmcal-no-cache", *switch).assert_outcomes(passed=1)
    [subject] = project.result().subjects
    told = [(one.correct, one.answer, one.references) for one in subject.examples]
    shown = [(False, "wasps <b>", ("bees",)), (True, "Dogs", ("dogs",))]
    assert told == (shown if texts else [(False, None, ()), (True, None, ())])
    page = (project.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert ("<bdi>wasps &lt;b&gt;</bdi> <i>written</i>" in page) is texts
    assert "confidence by sequence_mean" in page
