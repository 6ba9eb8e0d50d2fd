"""What a change of prompts does to answers, and when that is too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Correction, MeasurementError, Observation, Rules, using
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.scores.effect import Effect
from pytest_llmcal.tasks import Item, Items, OpenItem, Writing
from pytest_llmcal.tasks.changes import Casing, PromptChange, Swap, WhiteSpace

FIRST_TWO = PromptChange((Swap(0, 1),))


def items_of(counts: list[int], draw: np.random.Generator) -> Items:
    return Items(
        "made",
        "test",
        tuple(
            Item(f"q{place}", f"p{place}", tuple(f" {choice}" for choice in range(k)), int(draw.integers(k)))
            for place, k in enumerate(counts)
        ),
    )


def scores_of(items: Items, logits_of) -> Scores:
    """Ask a function of an item's id, a choice's text and its place for a logit."""
    rows = np.full((len(items), max(len(item.choices) for item in items)), -np.inf)
    for row, item in enumerate(items):
        rows[row, : len(item.choices)] = [logits_of(item.id, text, place) for place, text in enumerate(item.choices)]
    return Scores.from_logits(rows, [item.answer for item in items], ids=[item.id for item in items])


def by_text(name: str, text: str, _: int) -> float:
    return float(np.random.default_rng([ord(letter) for letter in name + text]).normal())


def flipped(count: int, n: int) -> Effect:
    """Make an effect of n items with two choices, of which the answers to the first so many change."""
    before = np.tile([1.0, 0.0], (n, 1))
    after = before.copy()
    after[:count] = after[:count, ::-1]
    ids = [str(place) for place in range(n)]
    both = (Scores.from_logits(values, np.arange(n) % 2, ids=ids) for values in (before, after))
    return Effect(FIRST_TWO, *both)


@given(
    st.lists(st.integers(2, 5), min_size=1, max_size=8), st.lists(st.sampled_from([(0, 1), (0, 3), (1, 2)]), max_size=3)
)
def test_a_model_that_reads_no_places_does_not_move(counts: list[int], pairs: list[tuple[int, int]]) -> None:
    items = items_of([5, *counts], np.random.default_rng(0))
    change = PromptChange(tuple(Swap(*pair) for pair in dict.fromkeys(pairs)))
    effect = Effect.of(change, items, lambda asked: scores_of(asked, by_text))
    assert effect.before.choices is not None
    assert effect.after.choices is not None
    np.testing.assert_array_equal(effect.after.choices.values, effect.before.choices.values)
    assert [float(effect.moved(metric)) for metric in ("accuracy", "ece", "brier", "flips")] == [0.0] * 4


def test_a_place_that_is_favoured_is_found_by_the_answers_that_change_where_accuracy_stays() -> None:
    items = items_of([3] * 600, np.random.default_rng(1))
    effect = Effect.of(
        FIRST_TWO, items, lambda asked: scores_of(asked, lambda *who: by_text(*who) + 2.0 * (who[2] == 0))
    )
    plain = scores_of(items, by_text).choices
    chosen = [(plain.values + 2.0 * np.eye(3)[place]).argmax(axis=1) for place in (0, 1)]
    assert float(effect.flips()) == np.mean(chosen[0] != chosen[1])
    found = {verdict.measurement.name: verdict.status for verdict in effect.unmoved(0.1).verdicts}
    assert found["flips"] == "refuted"
    assert found["accuracy_difference"] == "holds"


def test_equally_probable_choices_are_no_change() -> None:
    items = items_of([2] * 5, np.random.default_rng(2))
    effect = Effect.of(FIRST_TWO, items, lambda asked: scores_of(asked, lambda *_: 0.0))
    assert float(effect.flips()) == 0.0
    assert effect.after.correct.tolist() == effect.before.correct.tolist()


def test_the_sentence_says_what_was_changed_and_the_numbers_before_and_after() -> None:
    [accuracy, flips] = flipped(60, 400).unmoved({"accuracy": 0.02, "flips": 0.02}).verdicts
    assert flips.explain().startswith(
        "The claim that the share of answers that change is at most 0.02 when choices 1 and 2 trade places is refuted: "
        "60 of 400 answers change, and with 95% confidence the true share lies between 0.116"
    )
    assert (
        "moves by at most 0.02 when choices 1 and 2 trade places is undecided: it goes from 0.5 to 0.5"
        in accuracy.explain()
    )


def test_many_claims_are_refuted_less_easily_and_hold_as_easily() -> None:
    borderline = flipped(16, 400)  # by itself refuted at 95%
    assert borderline.unmoved({"flips": 0.02}).status == "refuted"
    strict = borderline.unmoved({"flips": 0.02}, looks=20)
    assert strict.status == "undecided"
    assert bool(strict)
    assert "one of 20 claims is refuted only at 99.75%" in strict.explain()
    assert strict.verdicts[0].share == pytest.approx(1 / 20)
    assert flipped(0, 400).unmoved({"flips": 0.02}, looks=10_000).status == "holds"


def test_gates_of_a_run_share_their_rate_with_the_looks() -> None:
    with using(Rules(correction=Correction("holm", 5, lambda: 0.15))):
        [verdict] = flipped(16, 400).unmoved({"flips": 0.02}, looks=20).verdicts
    assert verdict.share == pytest.approx(0.15 / 20)
    assert verdict.p_value is not None


def test_a_model_that_meets_the_margin_is_refuted_at_most_at_the_stated_rate() -> None:
    """Each run looks at 10 changes, all of which flip exactly the share that is let pass."""
    counts = np.random.default_rng(3).binomial(300, 0.05, size=(400, 10))
    status = {int(n): flipped(int(n), 300).unmoved({"flips": 0.05}, looks=10).status for n in np.unique(counts)}
    refuted = sum(any(status[int(n)] == "refuted" for n in run) for run in counts)
    assert refuted <= 18  # 2.5% of 400 are 10; more than 18 would be an accident of 1 in 200


def test_nothing_that_was_measured_claims_to_be_the_answers_to_the_items_before() -> None:
    heard: list[Observation] = []
    with using(Rules(observe=heard.append)):
        flipped(3, 50).unmoved()
    assert [observation.measurement.scores for observation in heard] == [None] * 3
    assert [observation.relation for observation in heard] == ["unmoved"] * 3


def test_what_cannot_be_judged_is_refused() -> None:
    effect = flipped(1, 10)
    with pytest.raises(
        MeasurementError, match="no metric of changed prompts is called 'f1'; known are flips, accuracy"
    ):
        effect.unmoved({"f1": 0.1})
    with pytest.raises(MeasurementError, match=r"the margin for ECE is -0\.1; allowed is zero or more"):
        effect.unmoved({"ece": -0.1})
    with pytest.raises(MeasurementError, match=r"so 1\.5 is no limit"):
        effect.unmoved(1.5)
    with pytest.raises(MeasurementError, match="0 looks at 3 metrics share no error rate"):
        effect.unmoved(looks=0)
    confident = replace(effect, before=effect.before.top_label(), after=effect.after.top_label())
    with pytest.raises(ScoresError, match="one confidence an item and not which choice"):
        confident.unmoved()
    assert confident.unmoved({"accuracy": 0.9, "ece": 0.9}).status == "holds"


def test_scores_are_matched_with_the_items_by_id_and_those_of_others_are_refused() -> None:
    items = items_of([2, 3, 4, 2], np.random.default_rng(4))
    effect = Effect.of(FIRST_TWO, items, lambda asked: scores_of(asked, by_text)._take(np.arange(4)[::-1]))
    assert float(effect.moved("brier")) == 0.0
    with pytest.raises(ScoresError, match="are not of the 4 items, by id"):
        Effect.of(FIRST_TWO, items, lambda asked: scores_of(asked, by_text)._take(np.arange(3)))


def without(scores: Scores, gone: list[str]) -> Scores:
    kept = [row for row, name in enumerate(scores.ids or ()) if name not in gone]
    return scores._take(np.array(kept))._with(left_out=dict.fromkeys(gone, "unparseable"))


def test_what_either_side_leaves_out_is_left_out_of_both_and_counted() -> None:
    items = items_of([2] * 100, np.random.default_rng(5))

    def effect(before: int, after: int) -> Effect:
        gone = [[f"q{place}" for place in range(before)], [f"q{place}" for place in range(before, before + after)]]
        return Effect.of(FIRST_TWO, items, lambda asked: without(scores_of(asked, by_text), gone[asked is not items]))

    [verdict] = effect(4, 6).unmoved({"flips": 0.1}).verdicts
    assert (verdict.status, verdict.measurement.n) == ("holds", 90)
    assert "10 of 100 items are left out: unparseable after the change 6, unparseable before the change 4" in (
        verdict.explain()
    )
    [hidden] = effect(5, 6).unmoved({"flips": 0.1}).verdicts
    assert (hidden.status, hidden.measurement.n) == ("undecided", 89)


def test_which_choice_was_taken_is_known_from_before_a_calibrator_that_says_nothing_of_choices() -> None:
    items = items_of([3] * 200, np.random.default_rng(6))

    def score(asked: Items) -> Scores:
        return scores_of(asked, lambda *who: by_text(*who) + 2.0 * (who[2] == 0))

    def calibrated(scores: Scores) -> Scores:
        return scores.recalibrated_confidence(scores.confidence / 2, "half")

    plain, effect = Effect.of(FIRST_TWO, items, score), Effect.of(FIRST_TWO, items, score, calibrated)
    assert float(effect.flips()) == float(plain.flips()) > 0.1
    assert float(effect.after.confidence.max()) <= 0.5
    assert {each.status for each in effect.unmoved(0.05).verdicts if each.measurement.name == "flips"} == {"refuted"}


def test_written_answers_change_where_their_normalised_texts_do() -> None:
    items = Items("open", "test", tuple(OpenItem(str(n), f"Where is {n}?", ("Rome",)) for n in range(4)), Writing())

    def score(asked: Items) -> Scores:
        written = ["Rome"] * 4 if asked is items else ["rome.", "the Rome", "Paris", "Rome"]
        return Scores([0.9] * 4, [1] * 4, ids=[item.id for item in asked], answers=written)

    assert float(Effect.of(PromptChange((Casing("upper"),)), items, score).flips()) == 0.25


def test_a_verdict_says_what_the_change_does_not_reach() -> None:
    items = items_of([2] * 30 + [3] * 10, np.random.default_rng(7))
    unread = Effect.of(FIRST_TWO, items, lambda asked: scores_of(asked, by_text)).unmoved({"flips": 0.5})
    assert "; no prompt shows the choices in their new order: they are merely weighed in it" in unread.explain()
    few = Items(
        "few", "test", tuple(replace(item, prompt=f"{item.prompt}{' ?' * (n < 5)}") for n, item in enumerate(items))
    )
    doubled = PromptChange((WhiteSpace("spaces are doubled"),))
    touched = Effect.of(doubled, few, lambda asked: scores_of(asked, by_text)).unmoved({"flips": 0.5})
    assert "; it changes 5 of 40 items" in touched.explain()
