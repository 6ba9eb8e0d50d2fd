"""What a failed gate says."""

from __future__ import annotations

import math

import pytest
from by_hand import measured
from hypothesis import given
from hypothesis import strategies as st
from inner_runs import Project, seen

from pytest_llmcal import Measurement
from pytest_llmcal.plugin.assertions import pytest_assertrepr_compare


def failure(project: Project, assertion: str, *arguments: str) -> str:
    project.gates(f"def test_gate(model):\n    assert {assertion}\n")
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    return seen(result)


@pytest.mark.parametrize(
    "assertion",
    [
        "measured() < 0.02",
        "0.02 > measured()",
        "0.001 < measured() < 0.02",
        "measured() < 0.001 or measured() < 0.02",
        "not measured() < 0.04",
        "measured().below(0.02)",
        "measured().below(0.005)",
        "not measured().below(0.05)",
        "all([measured().below(0.05), measured().below(0.005)])",
    ],
)
def test_a_failure_shows_estimate_interval_items_noise_floor_and_worst_bin(project: Project, assertion: str) -> None:
    text = failure(project, assertion)
    for line in (
        "  estimate    0.0300",
        "  interval    0.0100 to 0.0400 at 95%",
        "  items       500",
        "  noise floor 0.0181 on average, at most 0.0263 in 95 of 100 draws: what a perfectly calibrated model",
        "  worst bin   of 400 items answered with confidence 0.90 to 1.00, on average 0.950, a share of 0.720 was",
    ):
        assert line in text


def test_an_undecided_failure_says_how_many_items_would_decide_it_and_what_to_do(project: Project) -> None:
    text = failure(project, "measured().below(0.02)")
    assert "The claim that ECE is at most 0.02 is undecided: it was measured as 0.03 on 500 items" in text
    assert "items would decide it" in text
    assert "  what next   use more items, accept another limit, or say with --llmcal-undecided" in text


def test_a_refuted_failure_points_to_calibration(project: Project) -> None:
    assert "  what next   see whether calibrated_scores" in failure(project, "measured().below(0.005)")


def test_a_limit_under_the_noise_floor_is_called_what_it_is(project: Project) -> None:
    text = failure(project, "measured() < 0.02")
    assert "a perfectly calibrated model would often show more than 0.02 too on 500 items; .below(0.02)" in text


def test_the_short_summary_says_what_was_judged_before_it_is_cut(project: Project) -> None:
    project.gates(
        """
        def test_plain(model):
            assert measured() < 0.02

        def test_verdict(model):
            assert measured() > 1 or measured().below(0.005)
        """
    )
    lines = project.run().outlines
    assert any(line.endswith(" - ece=0.0300 < 0.02 false") for line in lines)
    assert any(line.endswith(" - ece=0.0300 below 0.005 refuted") for line in lines)


def test_a_huge_operand_is_cut() -> None:
    [line] = pytest_assertrepr_compare("==", measured(), list(range(10**6))) or []
    assert len(line) < 200


def test_the_first_line_of_the_comparison_names_both_sides(project: Project) -> None:
    text = failure(project, "measured(0.0810, 0.07, 0.09) < 0.05")
    assert "assert ece=0.0810 [0.0700, 0.0900] at 95%, n=500 < 0.05" in text


def test_many_failures_in_one_test_are_cut_with_a_count(project: Project) -> None:
    text = failure(project, "all([verdict for verdict in [measured().below(0.005) for _ in range(30)]])")
    assert text.count("The claim that ECE is at most 0.005 is refuted") == 20
    assert "... and 10 more, all in run.json" in text
    assert len(project.gate("test_gate").records) == 30


def test_an_error_is_not_dressed_up_as_a_verdict(project: Project) -> None:
    project.gates("def test_gate(model):\n    measured() < 0.02\n    raise OSError('disk gone')\n")
    result = project.run()
    assert "worst bin" not in seen(result)
    result.stdout.fnmatch_lines(["FAILED test_gates.py::test_gate* - OSError: disk gone"])


def test_a_failure_text_of_any_traceback_style_explains_itself(project: Project) -> None:
    for style in ("long", "short", "native", "auto"):
        assert "  worst bin   of 400 items" in failure(project, "measured().below(0.005)", f"--tb={style}")


class Hostile:
    """Everything that can be asked of an operand raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __float__(self) -> float:
        raise RuntimeError("no number")

    __hash__ = None  # type: ignore[assignment]


class HostileMeasurement(Measurement):
    """A measurement of the user's own that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


operands = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers()),
    st.builds(Hostile),
    st.just(measured()),
    st.just(HostileMeasurement(0.1, name="x", low=0, high=1, n=1, method="by hand", confidence=0.5)),
    st.just(measured(math.inf, -math.inf, math.inf, curve=())),
    st.just([measured()]),
    st.just(type),
)


@given(left=operands, right=operands, op=st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "in", "is", "not in", "?"]))
def test_describing_a_comparison_never_raises_whatever_the_operands(left: object, right: object, op: str) -> None:
    lines = pytest_assertrepr_compare(op, left, right)
    assert lines is None or all(isinstance(line, str) for line in lines)


def test_a_hostile_operand_leaves_pytest_s_own_failure_in_place(project: Project) -> None:
    project.gates(
        """
        class Hostile:
            def __gt__(self, other): return False
            def __repr__(self): raise RuntimeError("no text")

        def test_gate(model):
            assert Hostile() > measured()
        """
    )
    result = project.run("--llmcal-allow-empty")
    result.assert_outcomes(failed=1)
    assert "INTERNALERROR" not in seen(result)
    result.stdout.fnmatch_lines(["*AssertionError*"])
