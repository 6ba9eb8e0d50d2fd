"""Tests that pass and say nothing: verdicts nobody looked at, comparisons that noise decides."""

from __future__ import annotations

import pytest
from inner_runs import Project


@pytest.mark.parametrize(
    "line",
    [
        "measured().below(0.001)",
        "verdict = measured().above(0.5)",
        "scores.reliability().is_monotone()",
    ],
)
def test_a_verdict_that_nobody_asserts_makes_a_warning_at_its_line(project: Project, line: str) -> None:
    project.gates(f"""
        @pytest.mark.llmcal(task="coins")
        def test_gate(scores):
            {line}
    """)
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*test_gates.py:7: UnassertedVerdictWarning: nobody looked at the verdict that *, so it decides nothing*"]
    )


@pytest.mark.parametrize(
    "line",
    [
        "assert measured().below(0.5)",
        "assert not measured().below(0.001)",
        'assert measured().below(0.001).status == "refuted"',
        "print(measured().below(0.001).explain())",
        "v = measured().below(0.5); assert v and v.measurement < 0.5",
        "vs = [measured().below(0.5), measured().below(0.4)]; assert any(vs)",
        "assert measured().below(0.5) or measured().below(0.4)",
        "assert measured().below(0.03).items_needed is None",
    ],
)
def test_one_that_is_looked_at_makes_none(project: Project, line: str) -> None:
    project.gates(f"def test_gate(model):\n    {line}\n")
    project.run().assert_outcomes(passed=1, warnings=0)


def test_a_test_that_failed_already_is_told_no_more(project: Project) -> None:
    project.gates("def test_gate(model):\n    measured().below(0.001)\n    assert False\n")
    project.run().assert_outcomes(failed=1, warnings=0)


def test_where_warnings_are_errors_such_a_test_fails(project: Project) -> None:
    project.gates("def test_gate(model):\n    measured().below(0.001)\n")
    result = project.run("-W", "error::pytest_llmcal.measurement.UnassertedVerdictWarning")
    result.assert_outcomes(failed=1)


def test_a_bare_comparison_below_the_noise_floor_warns_and_names_the_way_out(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert not measured(0.022) < 0.02\n")
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*test_gates.py:5: NoiseFloorWarning: on 500 items a perfectly calibrated model shows ECE of 0.018 on "
            "average and up to 0.026 in 95 of 100 draws, so < 0.02 says nothing about this one; .below(0.02) knows *"
        ]
    )


def test_a_bare_comparison_above_it_or_the_other_way_round_does_not(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert measured() < 0.05\n    assert measured() > 0.01\n")
    project.run().assert_outcomes(passed=1, warnings=0)


def test_a_verdict_that_a_fixture_reached_is_asserted_where_it_is_used(project: Project) -> None:
    project.gates("""
        @pytest.fixture(scope="module")
        def verdicts():
            return [measured().below(0.5), measured().below(0.4)]

        def test_one(model, verdicts):
            assert verdicts[0]

        def test_other(model, verdicts):
            assert verdicts[1]
    """)
    project.run("--llmcal-allow-empty").assert_outcomes(passed=2, warnings=0)


def test_two_estimates_and_one_that_is_far_too_large_are_no_noise(project: Project) -> None:
    project.gates("""
        def test_gate(model):
            assert not measured(0.03) < measured(0.02)
            assert not measured(0.45) < 0.02
    """)
    project.run().assert_outcomes(passed=1, warnings=0)
