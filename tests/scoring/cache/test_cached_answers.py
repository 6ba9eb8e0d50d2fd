"""What a cached model answers, what it asks the model for, and when it loads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from counting_model import IDENTITY, CountingModel, cached, number_of, requests

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import Model, ModelError, Request
from pytest_llmcal.scoring.cache import Identity
from pytest_llmcal.scoring.normalization import NORMALIZATIONS

TEXTS = [("one", "who keeps the bees"), ("two", "nobody"), ("three", "")]


def test_a_second_run_gives_the_same_bits_and_loads_no_model(tmp_path: Path) -> None:
    first = cached(tmp_path, CountingModel())
    answers, tokens, facts = first.log_likelihoods(requests(400)), first.next_tokens(TEXTS), first.facts
    first.close()
    second = cached(tmp_path)
    assert isinstance(second, Model)
    assert (second.log_likelihoods(requests(400)), second.next_tokens(TEXTS)) == (answers, tokens)
    assert second.facts == facts
    second.close()


def test_the_model_s_own_answers_come_in_the_order_asked(tmp_path: Path) -> None:
    model = cached(tmp_path, CountingModel(rounding=0.0))
    model.log_likelihoods(requests(100, begin=50))
    answers = model.log_likelihoods(requests(300))
    assert answers == CountingModel(rounding=0.0).log_likelihoods(requests(300))
    assert model.next_tokens(TEXTS) == CountingModel().next_tokens(TEXTS)
    model.close()


def test_the_model_is_asked_in_chunks_that_keep_items_whole_and_do_not_depend_on_what_is_known(tmp_path: Path) -> None:
    inner = CountingModel()
    model = cached(tmp_path, inner)
    model.log_likelihoods(requests(300, choices=3))
    assert inner.asked == [258, 258, 258, 126]
    model.log_likelihoods(requests(301, choices=3))  # one new item costs one item
    assert inner.asked[4:] == [3]
    model.close()


def test_what_is_asked_twice_is_computed_once(tmp_path: Path) -> None:
    inner = CountingModel()
    model = cached(tmp_path, inner)
    same = [Request(f"item {n}", "", " yes") for n in range(700)]
    answers = model.log_likelihoods(same)
    assert len(set(answers)) == 1
    assert inner.asked == [1]
    model.close()


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_every_normalization_is_made_of_the_same_kept_sums(tmp_path: Path, name: str) -> None:
    kept = cached(tmp_path, CountingModel(rounding=0.0))
    NORMALIZATIONS["pmi"].logits(kept, requests(50), None)
    kept.close()
    second = cached(tmp_path)
    expected = NORMALIZATIONS[name].logits(CountingModel(rounding=0.0), requests(50), None)
    assert NORMALIZATIONS[name].logits(second, requests(50), None) == expected
    second.close()


@pytest.mark.parametrize(
    "other",
    [
        replace(IDENTITY, fingerprint="4f9c"),
        replace(IDENTITY, revision="main"),
        replace(IDENTITY, dtype="bfloat16"),
        replace(IDENTITY, device="cuda"),
        replace(IDENTITY, settings={"options": {"truncate": "left"}}),
    ],
)
def test_another_model_never_answers(tmp_path: Path, other: Identity) -> None:
    first = cached(tmp_path, CountingModel())
    first.log_likelihoods(requests(10))
    first.close()
    facts = ModelFacts("counting", other.revision, other.dtype, other.device, 200_000_000)
    inner = CountingModel(facts=facts)
    second = cached(tmp_path, inner, other)
    second.log_likelihoods(requests(10))
    assert inner.asked == [20]
    second.close()


def test_another_prompt_and_another_choice_are_asked_anew(tmp_path: Path) -> None:
    inner = CountingModel(rounding=0.0)
    model = cached(tmp_path, inner)
    asked = [Request("1", "a b", " c"), Request("1", "a", " b c"), Request("1", "a b ", "c"), Request("1", "a b", " C")]
    totals = [model.log_likelihoods([each])[0].total for each in asked]
    assert inner.asked == [1, 1, 1, 1]
    assert totals == [-number_of(each.context, each.continuation) for each in asked]
    model.close()


def test_the_id_of_an_item_does_not_count(tmp_path: Path) -> None:
    model = cached(tmp_path, CountingModel())
    [first] = model.log_likelihoods([Request("1", "a", "b")])
    model.close()
    again = cached(tmp_path)
    assert again.log_likelihoods([Request("renamed", "a", "b")]) == [first]
    again.close()


def test_a_model_that_is_not_the_one_expected_is_refused_and_keeps_nothing(tmp_path: Path) -> None:
    inner = CountingModel(facts=ModelFacts("counting", "other", "float32", "cpu", 1))
    model = cached(tmp_path, inner)
    with pytest.raises(ModelError, match="loaded with revision 'other', and '3f9c' was found before; did its files"):
        model.log_likelihoods(requests(10))
    assert inner.closed
    model.close()


def test_an_error_of_the_model_passes_through_and_what_was_answered_before_is_kept(tmp_path: Path) -> None:
    class Failing(CountingModel):
        def log_likelihoods(self, requests, progress=None):
            if len(self.asked) == 2:
                raise ModelError("item 'x': no")
            return super().log_likelihoods(requests, progress)

    model = cached(tmp_path, Failing())
    with pytest.raises(ModelError, match="item 'x': no"):
        model.log_likelihoods(requests(500))
    model.close()
    inner = CountingModel()
    rest = cached(tmp_path, inner)
    rest.log_likelihoods(requests(500))
    assert sum(inner.asked) == 1_000 - 2 * 256
    rest.close()


def test_progress_counts_what_was_known_and_ends_with_all(tmp_path: Path) -> None:
    model = cached(tmp_path, CountingModel())
    model.log_likelihoods(requests(128))
    seen: list[tuple[int, int]] = []
    model.log_likelihoods(requests(500), lambda done, total: seen.append((done, total)))
    assert seen[0] == (256, 1_000)
    assert seen[-1] == (1_000, 1_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    model.close()


def test_a_closed_model_says_so_whether_or_not_it_knows_the_answer(tmp_path: Path) -> None:
    inner = CountingModel()
    model = cached(tmp_path, inner)
    model.log_likelihoods(requests(1))
    model.close()
    assert inner.closed
    with pytest.raises(ModelError, match="was closed; load it again"):
        model.log_likelihoods(requests(1))
    model.close()  # harmless


def test_a_question_that_stands_in_two_items_keeps_the_answer_of_the_first(tmp_path: Path) -> None:
    asked = [Request("first", "a", " b"), *requests(300), Request("last", "a", " b"), Request("last", "a", " c")]
    inner = CountingModel()
    model = cached(tmp_path, inner)
    answers = model.log_likelihoods(asked)
    assert answers[0] == answers[-2]
    assert sum(inner.asked) == len(asked)  # the second item is asked whole all the same
    model.close()
    again = cached(tmp_path)
    assert again.log_likelihoods(asked) == answers
    again.close()
