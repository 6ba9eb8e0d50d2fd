"""``llmcal elicit`` never says that a way of asking is best which gives no confidence for many items."""

from __future__ import annotations

import numpy as np

from pytest_llmcal import Scores
from pytest_llmcal.cli.elicitation import COLUMNS, Trial, judged, lines
from pytest_llmcal.tasks import Items, OpenItem, Task, Writing

N = 600
ITEMS = Items("t", "test", (OpenItem("0", "What hums?", ("bees",)),), Writing())


def trial(name: str, confidence: np.ndarray, correct: np.ndarray, hidden: np.ndarray) -> Trial:
    ids = np.array([str(place) for place in range(N)])
    scores = Scores(
        confidence[~hidden],
        correct[~hidden],
        ids=ids[~hidden].tolist(),
        left_out=dict.fromkeys(ids[hidden].tolist(), "unparseable"),
    )
    return Trial(name, "1 text", 0.5, scores, scores, {column: column.of(scores, scores) for column in COLUMNS})


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    sure = random.uniform(0.05, 0.95, N)
    return sure, random.uniform(size=N) < sure, random.permutation(sure)


def test_a_method_that_hides_too_much_gets_no_mark_and_the_counts_are_listed() -> None:
    sure, correct, guess = drawn()
    hides = trial("hides", sure, correct, ~correct & (sure < 0.5))  # where it would look bad
    knows, guesses = (
        trial(name, one, correct, np.arange(N) < 30) for name, one in (("knows", sure), ("guesses", guess))
    )
    for column in COLUMNS:
        judgement = judged([hides, guesses, knows], column)
        assert judgement.mark(hides) == " "
        assert all(one is not hides for one, _ in (*judgement.worse, *judgement.as_good))
    assert judged([hides, guesses, knows], COLUMNS[0]).best is knows
    told = lines([hides, guesses, knows], [], Task("t", ITEMS, ITEMS, "here"), "m", "platt")
    assert "knows: 30 of 600 items are left out: unparseable 30" in told
    [line] = [line for line in told if line.startswith("hides: ")]
    assert line.endswith("; where more than 10% are, a method is not compared")


def test_where_all_methods_hide_too_much_none_is_best() -> None:
    sure, correct, guess = drawn()
    hidden = np.arange(N) < 200
    both = [trial(name, one, correct, hidden) for name, one in (("knows", sure), ("guesses", guess))]
    told = lines(both, [], Task("t", ITEMS, ITEMS, "here"), "m", "platt")
    assert "AURC: no method is compared" in told


def test_the_best_is_that_of_the_items_that_all_gave_a_confidence_for() -> None:
    sure, correct, _ = drawn()
    noisy = np.clip(sure + np.random.default_rng(1).normal(0.0, 0.1, N), 0.01, 0.99)
    lost = np.flatnonzero(~correct & (sure > 0.6))[:40]
    picky = trial("picky", noisy, correct, np.isin(np.arange(N), lost))
    knows = trial("knows", sure, correct, np.zeros(N, dtype=bool))
    aurc = COLUMNS[0]
    assert float(picky.measured[aurc]) < float(knows.measured[aurc])
    assert judged([picky, knows], aurc).best is knows
