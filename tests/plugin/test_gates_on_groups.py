"""Gates over groups of items: what they leave in the run and on its page."""

from __future__ import annotations

from inner_runs import Project, seen

GATES = """
def test_worst(scores):
    assert scores.by_group("metal").worst("ece").below(0.05)

def test_gap(scores):
    assert scores.by_group("metal").largest_gap("accuracy").below(0.02)

def test_audit(scores):
    assert scores.audit("metal").below(0.02)
"""


def test_the_group_found_is_named_in_failures_records_and_page_and_the_answers_are_described(project: Project) -> None:
    project.gates(GATES)
    printed = " ".join(seen(project.run("--llmcal-model", "bold")).split())
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    record = project.gate("test_worst").records[0]
    assert (record.metric, record.outcome, record.group) == ("ece_worst_group", "refuted", "metal")
    assert "the worst of 2 groups by metal" in record.explanation
    assert record.explanation in printed
    assert "ECE of the worst group" in page
    assert "the worst of 2 groups by metal" in page
    [subject] = project.result().subjects
    assert {group.attribute for group in subject.portrait.groups} >= {"metal"}
    assert {project.gate(name).records[0].subject for name in ("test_worst", "test_gap")} == {subject.key}
    audited = project.gate("test_audit").records[0]
    assert (audited.metric, audited.outcome, audited.subject) == ("subgroup_gap", "refuted", None)
    assert audited.group is not None
    assert "held-out items" in audited.explanation
    assert "; p = " in audited.explanation


def test_a_run_that_corrects_for_its_gates_corrects_these_too(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "bold", "--llmcal-correction", "holm")
    for name in ("test_worst", "test_audit"):
        assert project.gate(name).records[0].p_value is not None


def test_a_baseline_keeps_the_worst_group_of_each_attribute_apart(project: Project) -> None:
    project.gates(
        """
        def test_kept(scores, baseline):
            worst = scores.by_group("metal").worst("ece")
            assert worst < 1.0
            assert worst.not_worse_than(baseline("ece_worst_group", group="metal"), 0.4)
        """
    )
    project.run("--llmcal-baseline", "kept/base.json", "--llmcal-baseline-update", "--llmcal-model", "a")
    project.run("--llmcal-baseline", "kept/base.json", "--llmcal-model", "a").assert_outcomes(passed=1)
