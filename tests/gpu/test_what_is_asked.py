"""What the tests on a GPU ask, and how they compare, work where there is no GPU: so the tests can fail there too."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import LogLikelihood, score
from tests.gpu.asking import flipped, largest_difference, one_by_one, random_model, requests, shared_prefix


def test_the_largest_difference_is_that_of_any_answer_and_other_tokens_are_no_answer() -> None:
    some, others = ([LogLikelihood(total, 2) for total in totals] for totals in ((-1.0, -2.0), (-1.5, -1.75)))
    assert largest_difference(some, others) == 0.5
    with pytest.raises(AssertionError):
        largest_difference(some, [LogLikelihood(-1.0, 2), LogLikelihood(-2.0, 3)])


def test_requests_with_a_shared_prefix_share_it_and_asked_alone_are_answered_alike(tmp_path: Path) -> None:
    asked = shared_prefix(6)
    assert len({request.context[:20] for request in asked}) == 1
    model = load_model(random_model("llama", tmp_path), device="cpu", dtype="float32")
    assert largest_difference(model.log_likelihoods(asked), one_by_one(model, asked)) < 1e-4


def test_the_requests_of_a_task_are_all_choices_of_its_items() -> None:
    asked = requests(limit=5)
    assert len({request.item for request in asked}) == 5
    assert len(asked) > 5


def test_flipped_answers_are_a_share_of_all() -> None:
    items = load_task("world/qa", limit=50).test
    one, other = (
        score(load_model(name, device="cpu"), items, progress=False) for name in ("world/gpt2", "world/gpt2-overfit")
    )
    assert flipped(one, one) == 0
    assert 0 < flipped(one, other) < 1
