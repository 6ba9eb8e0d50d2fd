"""A run that hides more of its confidences than the one before has not improved, whatever the rest says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.history.comparing import IMPROVED, NOISE, WORSE, compare
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.report import comparison as written
from tests.test_comparing_runs import ABOUT, IDS, kept

N = 800


def hiding(missing: int, *, sure: float = 0.9) -> Kept:
    """A model that is right in 80% of cases and too sure of it, and leaves its last items out."""
    correct = np.arange(N) % 5 > 0
    left_out = dict.fromkeys(IDS[N - missing : N], "unparseable")
    here = slice(N - missing)
    scores = Scores(
        np.full(N, sure)[here], correct[here], ids=IDS[here.start : here.stop], left_out=left_out, about=ABOUT
    )
    return replace(kept(scores, source="run.json", metrics=("ece", "brier", "accuracy")), source="run.json")


@pytest.mark.parametrize(("then", "now"), [(0, 540), (100, 540), (0, 90)])
def test_more_that_is_left_out_is_worse_although_the_rest_improved(then: int, now: int) -> None:
    compared = compare(hiding(then, sure=1.0), hiding(now, sure=0.8))
    assert {change.verdict for change in compared.changes} == {WORSE}
    text = "\n".join(written.text(compared))
    assert f"{now} of 800 items are left out: unparseable {now}; then " in text
    assert "it is called worse" in text
    assert "more left out" in text


@pytest.mark.parametrize(("then", "now"), [(540, 540), (600, 540), (0, 80)])
def test_no_more_than_before_or_than_may_be_is_judged_by_the_numbers(then: int, now: int) -> None:
    changes = compare(hiding(then, sure=1.0), hiding(now, sure=0.8)).changes
    assert {change.now.metric: change.verdict for change in changes} == {
        "ece": IMPROVED,
        "brier": IMPROVED,
        "accuracy": NOISE,
    }
    assert "it is called worse" not in "\n".join(written.text(compare(hiding(then), hiding(now))))


def test_what_both_leave_out_is_said_once() -> None:
    text = "\n".join(written.text(compare(hiding(540), hiding(540))))
    assert text.count("540 of 800 items are left out: unparseable 540; as then.") == 1
