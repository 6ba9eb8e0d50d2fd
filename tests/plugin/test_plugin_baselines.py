"""A baseline: read by a fixture, written by an option."""

from __future__ import annotations

import json

import pytest
from inner_runs import Project, seen

GATES = """
def test_no_worse(scores, baseline):
    assert scores.ece() <= baseline("ece") + 0.01

def test_accuracy(scores):
    assert scores.accuracy() > 0.5
"""

BASELINE = ("--llmcal-baseline", "kept/base.json")
UPDATE = (*BASELINE, "--llmcal-baseline-update")


def test_a_first_run_is_its_own_baseline_and_the_next_is_compared_with_it(project: Project) -> None:
    project.gates(GATES)
    first = project.run(*UPDATE, "--llmcal-model", "a")
    first.assert_outcomes(passed=2)
    first.stdout.fnmatch_lines(["baseline: kept*base.json"])
    project.run(*BASELINE, "--llmcal-model", "a").assert_outcomes(passed=2)
    record = project.gate("test_no_worse").records[0]
    assert record.limit == pytest.approx(record.estimate + 0.01)


def test_a_worse_model_of_the_same_name_fails_against_the_baseline_and_its_revision_is_noted(project: Project) -> None:
    project.gates(GATES)
    project.run(*UPDATE, "--llmcal-model", "a")
    stand_ins = (project.folder / "stand_ins.py").read_text(encoding="utf-8")
    worse = stand_ins.replace('"revision of {name}"', '"another"').replace("else 1.0", "else 2.0")
    assert worse != stand_ins
    project.write("stand_ins.py", worse)
    result = project.run(*BASELINE, "--llmcal-model", "a")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["note: a is at revision another; *base.json was recorded at revision revision of a."])
    run = project.result()
    assert run.complete
    assert "revision another" in run.environment["notes"]


def test_a_missing_baseline_other_data_and_an_unknown_metric_are_three_messages(project: Project) -> None:
    project.gates(GATES)
    missing = seen(project.run(*BASELINE, "--llmcal-model", "a"))
    assert "there is no baseline at " in missing
    project.run(*UPDATE, "--llmcal-model", "a")
    other_data = seen(project.run(*BASELINE, "--llmcal-model", "a", "--llmcal-limit", "100"))
    assert "on other items (fingerprint " in other_data
    project.gates("def test_gate(scores, baseline):\n    assert scores.nll() <= baseline('nll')\n")
    unknown = seen(project.run(*BASELINE, "--llmcal-model", "a"))
    assert "has no nll of a on world/qa split test" in unknown


def test_a_baseline_without_the_option_says_which_option(project: Project) -> None:
    project.gates(GATES)
    assert "the baseline fixture needs --llmcal-baseline" in seen(project.run("--llmcal-model", "a"))


def test_a_file_of_another_schema_is_refused(project: Project) -> None:
    project.gates(GATES)
    project.write("kept/base.json", json.dumps({"schema": 99}))
    result = project.run(*BASELINE, "--llmcal-model", "a")
    result.assert_outcomes(errors=1, passed=1)
    assert "schema 99 is not supported" in seen(result)


@pytest.mark.parametrize("part", [("-k", "accuracy"), ("--lf",)])
def test_an_update_by_a_part_of_the_gates_keeps_what_it_did_not_see(project: Project, part: tuple[str, ...]) -> None:
    project.gates(GATES)
    project.run(*UPDATE, "--llmcal-model", "a")
    before = project.result("kept/base.json")
    project.gates(GATES.replace("> 0.5", "> 0.6"))
    cache = project.folder / ".pytest_cache/v/cache/lastfailed"
    cache.parent.mkdir(parents=True)
    cache.write_text(json.dumps({"test_gates.py::test_accuracy[a]": True}), encoding="utf-8")
    result = project.pytester.runpytest_inprocess("-p", "no:hypothesispytest", *UPDATE, "--llmcal-model", "a", *part)
    result.assert_outcomes(passed=1)
    assert [gate.name for gate in project.result().gates] == ["test_accuracy"]
    after = project.result("kept/base.json")
    assert [gate.nodeid for gate in after.gates] == [gate.nodeid for gate in before.gates]
    assert {record.limit for gate in after.gates for record in gate.records if record.metric == "accuracy"} == {0.6}
    assert [gate for gate in after.gates if gate.name == "test_no_worse"] == [
        gate for gate in before.gates if gate.name == "test_no_worse"
    ]


def test_an_update_by_another_model_keeps_the_first(project: Project) -> None:
    project.gates(GATES)
    project.run(*UPDATE, "--llmcal-model", "a")
    project.run(*UPDATE, "--llmcal-model", "b")
    assert [model.name for model in project.result("kept/base.json").models] == ["a", "b"]


def test_an_incomplete_run_does_not_become_the_baseline(project: Project) -> None:
    project.gates(GATES)
    project.run(*UPDATE, "--llmcal-model", "a")
    before = (project.folder / "kept/base.json").read_text(encoding="utf-8")
    project.gates(GATES + "\ndef test_broken(scores):\n    raise OSError('disk gone')\n")
    result = project.run(*UPDATE, "--llmcal-model", "a")
    result.stdout.fnmatch_lines(["the baseline could not be written: an incomplete run cannot become a baseline: *"])
    assert (project.folder / "kept/base.json").read_text(encoding="utf-8") == before


def test_an_incomplete_first_run_does_not_become_the_baseline_either(project: Project) -> None:
    project.gates(GATES + "\ndef test_broken(scores):\n    raise OSError('disk gone')\n")
    project.run(*UPDATE, "--llmcal-model", "a")
    assert not (project.folder / "kept/base.json").exists()


def test_what_cannot_be_measured_now_is_skipped_until_the_baseline_has_it(project: Project) -> None:
    project.gates(
        """
        def test_gold(scores, baseline):
            gold = scores.by_group("metal")["gold"]
            assert gold.accuracy() >= baseline("accuracy", group="metal=gold") - 0.1

        def test_recorded(scores):
            assert scores.by_group("metal")["gold"].accuracy() > 0.1
        """
    )
    project.run(*UPDATE, "--llmcal-model", "a").assert_outcomes(skipped=1, passed=1)
    project.run(*BASELINE, "--llmcal-model", "a").assert_outcomes(passed=2)
