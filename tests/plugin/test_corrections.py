"""Gates that share one error rate: refuted less easily each, and together no more often than one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inner_runs import Project

from pytest_llmcal.measurement import Correction, Measurement, Rules, shares, using
from pytest_llmcal.statistics.multiple_testing import step_down

# Refuted by itself at 95%: the interval begins 2.5 standard errors above the limit of 0.02.
BORDERLINE = """
def borderline(z=2.5):
    from scipy.special import ndtri
    from pytest_llmcal.measurement import Measurement
    def interval(level):
        reach = 0.004 * -ndtri((1 - level) / 2)
        return 0.02 + 0.004 * z - reach, 0.02 + 0.004 * z + reach
    low, high = interval(0.95)
    return Measurement(
        0.02 + 0.004 * z, name="ece", low=low, high=high, n=500, method="by hand", confidence=0.95, interval_at=interval
    )

"""


def gates(count: int, z: float = 2.5) -> str:
    body = BORDERLINE.replace("z=2.5", f"z={z}")
    return body + "".join(
        f"def test_{place}(model):\n    assert borderline().below(0.02)\n\n" for place in range(count)
    )


def test_without_a_correction_each_gate_is_judged_by_itself(project: Project) -> None:
    project.gates(gates(3))
    project.run()
    assert [gate.verdict for gate in project.result().gates] == ["refuted"] * 3
    assert "correction" not in project.result().environment


@pytest.mark.parametrize("method", ["bonferroni", "holm"])
def test_many_gates_are_refuted_less_easily_and_say_so(project: Project, method: str) -> None:
    project.gates(gates(12))
    result = project.run("--llmcal-correction", method)
    assert {gate.verdict for gate in project.result().gates} == {"undecided"}
    assert "one of 12 gates is refuted only at 99.69%" in project.result().gates[0].records[0].explanation
    assert project.result().environment["correction"] == f"{method} over 12 gates"
    result.stdout.fnmatch_lines([f"refuting was corrected for many gates: {method} over 12 gates"])
    page = (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")
    assert f"Refuting was corrected for many gates: {method} over 12 gates." in page


def test_one_gate_that_is_refuted_strictly_enough_is_refuted(project: Project) -> None:
    project.gates(gates(12, z=5.0))
    project.run("--llmcal-correction", "bonferroni")
    assert {gate.verdict for gate in project.result().gates} == {"refuted"}
    assert "as one of 12 gates it is refuted at 99.69% too" in project.result().gates[0].records[0].explanation


def test_deselected_gates_share_nothing(project: Project) -> None:
    project.gates(gates(12))
    project.run("--llmcal-correction", "bonferroni", "-k", "test_0 or test_3")
    assert "one of 2 gates" in project.result().gates[0].records[0].explanation


def test_what_holds_needs_no_correction(project: Project) -> None:
    project.gates(gates(12, z=-2.5))
    project.run("--llmcal-correction", "bonferroni").assert_outcomes(passed=12)
    assert {gate.verdict for gate in project.result().gates} == {"holds"}


def test_holm_refutes_at_the_end_what_the_refuted_leave_to_it_and_turns_the_run_red(project: Project) -> None:
    strong = gates(3, z=6.0)
    project.gates(strong + "def test_weak(model):\n    assert borderline(2.55).below(0.02)\n")
    project.run("--llmcal-correction", "bonferroni", "--llmcal-undecided", "pass")
    assert project.gate("test_weak").verdict == "undecided"
    result = project.run("--llmcal-correction", "holm", "--llmcal-undecided", "pass")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    gate = project.gate("test_weak")
    assert (gate.outcome, gate.verdict) == ("failed", "refuted")
    assert "is refuted: among all gates of the run, by Holm's procedure" in gate.records[0].explanation
    result.stdout.fnmatch_lines(
        ["note: The gate test_gates.py::test_weak* was let pass undecided and fails after all*"]
    )


def test_workers_count_all_gates_and_their_controller_steps_down(project: Project) -> None:
    project.gates(gates(3, z=6.0) + "def test_weak(model):\n    assert borderline(2.55).below(0.02)\n")
    result = project.run_apart("--llmcal-correction", "holm", "--llmcal-undecided", "pass", "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.gate("test_weak").verdict == "refuted"
    assert project.result().environment["correction"] == "holm over 4 gates"


def test_an_unknown_correction_is_refused(project: Project) -> None:
    project.gates(gates(1))
    result = project.run("--llmcal-correction", "sidak")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--llmcal-correction*none, bonferroni, holm*'sidak'*"])


def test_the_shares_of_a_gate_add_up_to_its_part() -> None:
    share = shares(4)
    assert sum(share() for _ in range(60)) == pytest.approx(0.25)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_refutes_at_least_what_bonferroni_does_and_never_a_larger_p_value_first(p_values: list[float]) -> None:
    p = np.array(p_values)
    rejected = step_down(p, np.full(len(p), 1.0 / len(p)), 0.05)
    assert (rejected >= (p <= 0.05 / len(p))).all()
    if rejected.any() and not rejected.all():
        assert p[rejected].max() <= p[~rejected].min()


def test_equal_shares_give_the_procedure_of_the_textbook() -> None:
    # Holm 1979: thresholds 0.05/4, 0.05/3, 0.05/2, 0.05
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert step_down(p, np.full(4, 0.25), 0.05).tolist() == [True, False, False, True]


def test_the_p_value_of_a_verdict_is_where_its_interval_just_clears_the_limit() -> None:
    namespace: dict[str, object] = {}
    exec(BORDERLINE, namespace)
    measurement: Measurement = namespace["borderline"]()  # type: ignore[operator]
    with using(Rules(correction=Correction("holm", 10, shares(10)))):
        verdict = measurement.below(0.02)
    assert verdict.p_value == pytest.approx(0.0062097, abs=1e-6)  # of a normal beyond 2.5
    assert verdict.share == pytest.approx(0.075)


def test_holm_leaves_a_gate_alone_that_undecided_did_not_let_pass(project: Project) -> None:
    negated = gates(3, z=6.0).replace("assert borderline", "assert not borderline")
    project.gates(negated + "def test_weak(model):\n    assert not borderline(2.55).below(0.02)\n")
    result = project.run("--llmcal-correction", "holm")
    result.assert_outcomes(passed=4)
    assert result.ret == pytest.ExitCode.OK
    weak = project.gate("test_weak")
    assert (weak.outcome, weak.records[0].outcome) == ("passed", "refuted")
    assert "refuted only at" not in weak.records[0].explanation


def test_a_gate_at_a_lower_level_loosens_no_other(project: Project) -> None:
    loose = "def test_loose(model):\n    assert borderline(1.1).at(0.5).below(0.02)\n"
    project.gates(gates(1, z=2.3) + loose)
    project.run("--llmcal-correction", "holm", "--llmcal-undecided", "pass")
    assert project.gate("test_0").verdict == "undecided"


def test_a_test_that_becomes_a_gate_as_it_runs_has_no_share_and_says_so(project: Project) -> None:
    late = "def test_late(request):\n    request.getfixturevalue('llmcal_score')\n    assert borderline().below(0.02)\n"
    project.gates(gates(1, z=-2.5) + late)
    result = project.run("--llmcal-correction", "bonferroni", "--llmcal-undecided", "pass")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*this test became a gate as it ran*"])
