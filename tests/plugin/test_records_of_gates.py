"""What a test records: everything that is judged, once, under the attempt that judged it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from inner_runs import Project, seen

from pytest_llmcal.plugin.attempts import AttemptLog
from pytest_llmcal.plugin.drafts import AttemptDraft


def outcomes(project: Project, name: str) -> list[tuple[str, str]]:
    return [(record.relation, record.outcome) for record in project.gate(name).records]


def test_a_comparison_and_a_verdict_are_recorded_in_order_with_all_they_know(project: Project) -> None:
    project.gates(
        """
        def test_gate(scores):
            assert scores.ece() < 0.5
            assert scores.accuracy().above(0.6)
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=1)
    gate = project.gate("test_gate")
    first, second = gate.records
    assert (first.sequence, first.metric, first.relation, first.limit, first.outcome) == (1, "ece", "<", 0.5, "true")
    assert (second.sequence, second.metric, second.relation, second.outcome) == (2, "accuracy", "above", "holds")
    assert (first.model, first.revision) == ("a", "revision of a")
    assert (first.task, first.split, first.n) == ("world/qa", "test", 1500)
    assert first.low <= first.high
    assert first.exact is not None
    assert first.noise_floor_p95 > first.noise_floor_mean > 0
    assert sum(row.count for row in first.curve) == 1500
    assert (gate.suite, gate.name, gate.model, gate.task, gate.verdict) == (
        "test_gates.py", "test_gate", "a", "world/qa", "holds",
    )  # fmt: skip
    assert gate.attempts[0].seconds > 0
    assert [vars(model) for model in project.result().models] == [
        {"name": "a", "revision": "revision of a", "dtype": "float64", "device": "cpu", "parameters": 2}
    ]


def test_a_gate_that_asks_for_its_fixtures_late_is_the_same_gate(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal(task="coins")
        def test_late(request):
            assert request.getfixturevalue("scores").accuracy().above(0.6)

        @pytest.mark.llmcal(task="coins")
        def test_timely(scores):
            assert scores.accuracy().above(0.6)
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=2)
    late, timely = project.gate("test_late"), project.gate("test_timely")
    assert (late.model, late.task) == (timely.model, timely.task) == ("a", "coins")
    assert (late.records[0].model, late.records[0].task) == ("a", "coins")


def test_a_run_of_late_gates_alone_names_its_model(project: Project) -> None:
    project.gates("def test_late(request):\n    assert request.getfixturevalue('scores').accuracy().above(0.6)\n")
    project.run("--llmcal-model", "a").assert_outcomes(passed=1)
    assert [model.name for model in project.result().models] == ["a"]
    assert (project.gate("test_late").model, project.gate("test_late").task) == ("a", "world/qa")


def test_the_outcome_of_the_test_is_the_verdict_and_never_that_of_a_comparison(project: Project) -> None:
    project.gates(
        """
        def test_negated(model):
            assert not measured(0.03) < 0.05

        def test_negated_and_true(model):
            assert not measured(0.08) < 0.05

        def test_sorted(model):
            assert sorted([measured(0.3), measured(0.2)])[0] == 0.2

        def test_largest(model):
            assert max(measured(0.01), measured(0.02)) < 0.05
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=3, failed=1)
    assert outcomes(project, "test_negated") == [("<", "true")]
    assert outcomes(project, "test_negated_and_true") == [("<", "false")]
    verdicts = {gate.name: gate.verdict for gate in project.result().gates}
    assert verdicts == {
        "test_negated": "refuted", "test_negated_and_true": "holds", "test_sorted": "holds", "test_largest": "holds",
    }  # fmt: skip


def test_or_chained_and_reversed_comparisons_are_recorded_from_the_measurement_s_side(project: Project) -> None:
    project.gates(
        """
        def test_or(model):
            assert measured(0.03) < 0.01 or measured(0.03) < 0.05

        def test_chained(model):
            assert 0.01 < measured(0.03) < 0.05

        def test_reversed(model):
            assert 0.05 > measured(0.03)
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=3)
    assert outcomes(project, "test_or") == [("<", "false"), ("<", "true")]
    assert outcomes(project, "test_chained") == [(">", "true"), ("<", "true")]
    assert outcomes(project, "test_reversed") == [("<", "true")]


def test_a_numpy_number_on_the_left_bypasses_the_record_and_the_run_that_has_nothing_else_is_red(
    project: Project,
) -> None:
    project.gates("import numpy as np\n\ndef test_gate(model):\n    assert np.float64(0.05) > measured(0.03)\n")
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert outcomes(project, "test_gate") == []


def test_without_assertion_rewriting_everything_is_still_recorded_and_explained(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert measured().below(0.005)\n    assert measured() < 1\n")
    result = project.run_apart("--assert=plain", "--llmcal-model", "a")
    result.assert_outcomes(failed=1)
    assert outcomes(project, "test_gate") == [("below", "refuted")]
    result.stdout.fnmatch_lines(["The claim that ECE is at most 0.005 is refuted: *", "  worst bin *"])


def test_reruns_keep_every_attempt_with_its_own_records_and_judge_the_last(project: Project) -> None:
    project.gates(
        """
        values = iter([0.3, 0.2, 0.01])

        def test_gate(model):
            assert measured(next(values)) < 0.05
        """
    )
    result = project.run("--reruns", "3", "--llmcal-model", "a")
    assert result.ret == 0
    gate = project.gate("test_gate")
    assert [attempt.outcome for attempt in gate.attempts] == ["failed", "failed", "passed"]
    assert [[record.estimate for record in attempt.records] for attempt in gate.attempts] == [[0.3], [0.2], [0.01]]
    assert gate.verdict == "holds"
    assert project.result().complete


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests are built in since pytest 9")
def test_subtests_record_everything_once_and_a_failed_one_fails_the_gate(project: Project) -> None:
    project.gates(
        """
        def test_gate(model, subtests):
            for limit in (0.05, 0.005, 0.06):
                with subtests.test(limit=limit):
                    assert measured().below(limit)
        """
    )
    result = project.run("--llmcal-model", "a")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    gate = project.gate("test_gate")
    assert [record.limit for record in gate.records] == [0.05, 0.005, 0.06]
    assert (gate.outcome, gate.verdict, len(gate.attempts)) == ("failed", "refuted", 1)
    assert seen(result).count("The claim that ECE is at most 0.005 is refuted") == 1
    assert "The claim that ECE is at most 0.05 holds" not in seen(result)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests are built in since pytest 9")
def test_a_failed_subtest_fails_the_gate_without_the_terminal_too(project: Project) -> None:
    project.gates(
        """
        def test_gate(model, subtests):
            with subtests.test():
                assert measured().below(0.005)
        """
    )
    assert project.run("-p", "no:terminal", "--llmcal-model", "a").ret == pytest.ExitCode.TESTS_FAILED
    assert project.gate("test_gate").outcome == "failed"


def test_expected_failures_keep_pytest_s_outcome_and_the_strict_one_fails(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.xfail
        def test_fails(model):
            assert measured().below(0.005)

        @pytest.mark.xfail
        def test_passes(model):
            assert measured().below(0.05)

        @pytest.mark.xfail(strict=True)
        def test_must_fail(model):
            assert measured().below(0.05)
        """
    )
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(xfailed=1, xpassed=1, failed=1)
    assert {gate.name: gate.outcome for gate in project.result().gates} == {
        "test_fails": "xfailed", "test_passes": "xpassed", "test_must_fail": "failed",
    }  # fmt: skip
    assert all(len(gate.records) == 1 for gate in project.result().gates)
    assert "XPASS(strict)" in project.gate("test_must_fail").attempts[0].message


def test_what_a_fixture_measures_belongs_to_the_test_that_set_it_up(project: Project) -> None:
    project.gates(
        """
        @pytest.fixture(scope="module")
        def checked(model):
            assert measured(name="accuracy").above(0.005)

        def test_first(checked): pass
        def test_second(checked):
            assert measured().below(0.05)
        """
    )
    project.run("--llmcal-model", "a").assert_outcomes(passed=2)
    assert [record.metric for record in project.gate("test_first").records] == ["accuracy"]
    assert [record.metric for record in project.gate("test_second").records] == ["ece"]


def test_a_test_that_merely_handles_measurements_is_no_gate_until_it_is_marked(project: Project) -> None:
    project.gates("def test_mine():\n    assert measured().below(0.05)\n")
    project.run().assert_outcomes(passed=1)
    assert project.files() == {"test_gates.py"}
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.05)\n")
    project.run().assert_outcomes(passed=1)
    [gate] = project.result().gates
    assert (gate.name, gate.model, gate.task, gate.verdict) == ("test_gate", None, None, "holds")


def test_a_test_that_asks_for_a_fixture_late_is_a_gate_too(project: Project) -> None:
    project.gates(
        """
        def test_gate(request):
            scores = request.getfixturevalue("scores")
            assert scores.accuracy() >= 0
        """
    )
    project.run("--llmcal-model", "a", "--llmcal-task", "qa").assert_outcomes(passed=1)
    [gate] = project.result().gates
    assert [record.model for record in gate.records] == ["a"]


def test_a_method_and_a_folder_give_a_gate_its_name_and_suite(project: Project) -> None:
    project.gates(
        """
        class TestTrust:
            @pytest.mark.parametrize("limit", [0.05])
            def test_gate(self, model, limit):
                assert measured().below(limit)
        """,
        "gates/trust/test_gates.py",
    )
    project.run("--llmcal-model", "a", "--rootdir", str(project.folder)).assert_outcomes(passed=1)
    assert project.gate("test_gate[0.05]").suite == "gates/trust"


@pytest.mark.parametrize(("policy", "passed", "failed", "skipped", "verdict"), [
    ("fail", 0, 1, 0, "undecided"), ("pass", 1, 0, 0, "undecided"), ("skip", 0, 0, 1, "skipped"),
])  # fmt: skip
def test_an_undecided_verdict_counts_as_the_option_says(
    project: Project, policy: str, passed: int, failed: int, skipped: int, verdict: str
) -> None:
    project.gates("def test_gate(model):\n    assert measured().below(0.02)\n")
    result = project.run("-rs", "--llmcal-undecided", policy)
    result.assert_outcomes(passed=passed, failed=failed, skipped=skipped)
    assert project.gate("test_gate").verdict == verdict
    assert outcomes(project, "test_gate") == [("below", "undecided")]
    if policy == "skip":
        result.stdout.fnmatch_lines(["*The claim that ECE is at most 0.02 is undecided: *"])
        assert "is undecided" in project.gate("test_gate").attempts[0].message


def test_the_report_of_the_call_carries_every_record_and_the_others_what_is_new() -> None:
    log = AttemptLog(number=1, draft=AttemptDraft())
    log.records.append({"sequence": 1})
    assert log.for_report("setup") == [{"sequence": 1}]
    log.records.append({"sequence": 2})
    assert log.for_report("call") == [{"sequence": 1}, {"sequence": 2}]
    assert log.for_report("teardown") == []


def test_an_error_in_the_body_is_no_verdict(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert measured().below(0.05)\n    raise OSError('disk gone')\n")
    project.run().assert_outcomes(failed=1)
    gate = project.gate("test_gate")
    assert gate.verdict == "error"
    assert gate.attempts[0].message.startswith("OSError: disk gone")
    assert not project.result().complete


def test_a_comparison_with_nan_fails_the_test_with_a_sentence(project: Project) -> None:
    project.gates(
        """
        def test_limit(model):
            assert measured() < float("nan")

        def test_verdict(model):
            assert measured().below(float("nan"))

        def test_value(model):
            assert measured(float("nan")) < 0.05
        """
    )
    result = project.run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        ["*the limit for ECE is NaN*", "*the limit for ECE is NaN*", "*the estimate of ECE is NaN*"]
    )


def test_empty_bins_and_a_single_class_make_no_gate_wrong(project: Project) -> None:
    project.gates(
        """
        from pytest_llmcal import Scores

        pytestmark = pytest.mark.llmcal

        def test_empty_bins():
            scores = Scores([0.55] * 50 + [0.95] * 50, [1, 0] * 25 + [1] * 50)
            assert scores.ece() < 0.1
            assert len(scores.ece().curve) == 2

        def test_one_class():
            scores = Scores([0.9] * 200, [1] * 200)
            assert scores.ece().below(0.5)
            with pytest.raises(ValueError, match="all 200 answers are right"):
                scores.auroc()
        """
    )
    project.run().assert_outcomes(passed=2)
    assert all(record.curve for gate in project.result().gates for record in gate.records)


def test_infinite_numbers_pass_through_the_run(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal
        def test_gate():
            assert measured(float("inf"), 0.1, float("inf"), name="nll") > 1
            assert measured() < float("inf")
        """
    )
    project.run().assert_outcomes(passed=1)
    first, second = project.gate("test_gate").records
    assert (first.estimate, first.high, second.limit) == (float("inf"), float("inf"), float("inf"))


def test_a_measurement_is_a_float_wherever_floats_are_used() -> None:
    """In a process of its own: approx and pickle see the plugin's Measurement as any library would."""
    program = """
import copy, json, pickle, pytest
from by_hand import measured
ece = measured(0.081, 0.07, 0.09)
assert ece == pytest.approx(0.081) and hash(ece) == hash(0.081) and f"{ece:.2f}" == "0.08"
assert json.loads(json.dumps({"ece": ece})) == {"ece": 0.081} and max(ece, 0.2) == 0.2
assert repr(ece).startswith("ece=0.0810"), repr(ece)
for same in (pickle.loads(pickle.dumps(ece)), copy.copy(ece), copy.deepcopy(ece)):
    assert type(same) is type(ece) and same == ece
    for name in ("low", "high", "n", "curve", "noise_floor"):
        assert getattr(same, name) == getattr(ece, name), name
"""
    folder = __file__.rpartition("/")[0]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=folder, timeout=60)
