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
        ["*test_gates.py:7: UnassertedVerdictWarning: the verdict that * was never asserted, so it decides nothing*"]
    )


@pytest.mark.parametrize(
    "line",
    [
        "assert measured().below(0.5)",
        "assert not measured().below(0.001)",
        'assert measured().below(0.001).status == "refuted"',
        "print(measured().below(0.001).explain())",
        "v = measured().below(0.5); assert v and v.measurement < 0.5",
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
    project.gates("def test_gate(model):\n    assert not measured() < 0.02\n")
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
