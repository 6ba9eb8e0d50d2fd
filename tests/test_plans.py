"""A plan says how many items a gate needs, and the gate then decides as it said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, plan
from pytest_llmcal.cli import main
from pytest_llmcal.scores import PROFILES, ScoresError


def test_a_gate_with_the_items_of_its_plan_decides_as_often_as_planned() -> None:
    planned = plan(0.05, 0.15, profile="spread", power=0.9)
    generator, refuted = np.random.default_rng(3), 0
    for _ in range(300):
        confidence = generator.uniform(0.35, 0.97, planned.items)
        correct = generator.random(planned.items) < confidence - 0.15
        refuted += Scores(confidence, correct).ece().below(0.05).status == "refuted"
    assert refuted / 300 == pytest.approx(0.9, abs=0.055)  # three standard errors


def test_a_nearer_truth_a_higher_power_and_a_higher_confidence_need_more_items() -> None:
    items = plan(0.05, 0.15).items
    assert items < plan(0.05, 0.12).items
    assert items < plan(0.05, 0.15, power=0.95).items
    assert items < plan(0.05, 0.15, confidence=0.99).items


def test_a_pilot_says_where_confidences_lie_and_what_the_error_may_be() -> None:
    generator = np.random.default_rng(4)
    confidence = generator.uniform(0.6, 0.9, 400)
    pilot = Scores(confidence, generator.random(400) < confidence - 0.2)
    planned = plan(0.05, pilot=pilot)
    assert planned.verdict == "refuted"
    assert planned.true_error == pytest.approx(0.2, abs=0.06)
    assert plan(0.05, 0.15, pilot=pilot).items == plan(0.05, 0.15, profile=confidence).items


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"limit": 0.05}, "needs a true_error, or a pilot"),
        ({"limit": 0.05, "true_error": 0.05}, "the true error is the limit itself, 0.05"),
        ({"limit": 5.0, "true_error": 0.02}, "limit must lie between 0 and 1, got 5.0"),
        ({"limit": 0.05, "true_error": -0.1}, "true_error must lie between 0 and 1, got -0.1"),
        ({"limit": 0.05, "true_error": float("nan")}, "true_error must lie between 0 and 1, got nan"),
        ({"limit": 0.05, "true_error": 0.9, "profile": "spread"}, "a true error of 0.9 is not possible"),
        ({"limit": 0.05, "true_error": 0.02, "power": 1.0}, "power must lie between 0 and 1, got 1.0"),
        ({"limit": 0.05, "true_error": 0.02, "confidence": 95}, "confidence must lie between 0 and 1, got 95"),
        (
            {"limit": 0.05, "true_error": 0.02, "profile": "flat"},
            "called 'flat'; known are peaked, spread, sure, levels",
        ),
        ({"limit": 0.05, "true_error": 0.02, "profile": [0.5, 1.5]}, r"confidence\[1\] is 1.5"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_name(arguments: dict[str, object], reason: str) -> None:
    with pytest.raises(ScoresError, match=reason):
        plan(**arguments)  # type: ignore[arg-type]


def test_ten_million_items_may_be_too_few() -> None:
    planned = plan(0.05, 0.0499, power=0.99)
    assert planned.items is None
    assert "Even 10,000,000 items are too few" in planned.explain()


def test_the_command_says_the_number_and_the_chance_of_each_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--limit", "0.05", "--true-error", "0.15", "--confidence", "0.95", "--power", "0.8"]) == 0
    lines = capsys.readouterr().out.splitlines()
    planned = plan(0.05, 0.15)
    assert lines[0] == planned.explain()
    assert lines[2].split() == ["items", "holds", "undecided", "refuted"]
    assert [int(line.split()[0].replace(",", "")) for line in lines[3:]] == [items for items, _ in planned.table]


def test_the_command_takes_levels_and_a_pilot_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--limit", "0.05", "--true-error", "0.2", "--profile", "0.6,0.8,1"]) == 0
    path = tmp_path / "pilot.csv"
    path.write_text("confidence,correct\n" + "0.9,1\n0.8,0\n" * 50, encoding="utf-8")
    assert main(["plan", "--limit", "0.05", "--pilot", str(path)]) == 0
    assert capsys.readouterr().out.count("is refuted in 80 of 100 runs") == 2


def test_the_command_lists_every_profile(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    assert ", ".join(PROFILES) in " ".join(capsys.readouterr().out.split())


def test_the_command_refuses_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--limit", "0.05", "--true-error", "0.05"]) == 2
    assert (
        capsys.readouterr().err == "llmcal: the true error is the limit itself, 0.05: no number of items decides that\n"
    )
