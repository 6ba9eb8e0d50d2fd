import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import ScoresError


def scores():
    return Scores.from_logits(
        [[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 4.0], [5.0, 0.0]],
        [0, 1, 1, 0, 0],
        ids=list("abcde"),
        groups={"region": ["north", "south", "north", "north", "south"], "size": ["s", "s", "l", "l", "l"]},
        truth=[[0.5, 0.5]] * 5,
        about=About(model="m"),
    )


def test_groups_are_scores_of_their_own():
    groups = scores().by_group("region")
    assert list(groups) == ["north", "south"]
    north = groups["north"]
    assert north.ids == ("a", "c", "d")
    assert north.correct.tolist() == [True, True, False]
    assert north.choices.values.tolist() == [[1.0, 0.0], [0.0, 3.0], [0.0, 4.0]]
    assert north.about == About(model="m", group="region=north")
    assert north.ece().about.group == "region=north"
    assert north.exact_ece() is not None


def test_groups_of_groups_say_both():
    inner = scores().by_group("region")["north"].by_group("size")["l"]
    assert inner.ids == ("c", "d")
    assert inner.about.group == "region=north, size=l"


def test_an_unknown_attribute_is_answered_with_those_there_are():
    with pytest.raises(ScoresError, match="no attribute 'gender'; those they carry: region, size"):
        scores().by_group("gender")
    with pytest.raises(ScoresError, match="those they carry: none"):
        Scores([0.5], [1]).by_group("region")


@given(st.integers(2, 60), st.floats(0.01, 0.99), st.integers(0, 5))
def test_a_split_takes_every_item_once_and_keeps_the_order(n, fraction, seed):
    whole = Scores(np.linspace(0, 1, n), [1] * n, ids=[str(i) for i in range(n)])
    if not 0 < round(fraction * n) < n:
        with pytest.raises(ScoresError, match="one part would be empty"):
            whole.split(fraction, seed)
        return
    first, second = whole.split(fraction, seed)
    assert len(first) == round(fraction * n)
    assert sorted(first.ids + second.ids, key=int) == list(whole.ids)
    assert list(first.confidence) == sorted(first.confidence)


def test_a_split_is_fixed_by_its_seed():
    n = 100
    whole = Scores([0.5] * n, [1] * n, ids=[str(i) for i in range(n)])
    assert whole.split(0.5, seed=1)[0].ids == whole.split(0.5, seed=1)[0].ids
    assert whole.split(0.5, seed=1)[0].ids != whole.split(0.5, seed=2)[0].ids


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2.0, float("nan")])
def test_a_fraction_that_leaves_a_part_empty_is_refused(fraction):
    with pytest.raises(ScoresError, match="one part would be empty"):
        scores().split(fraction)


def test_parts_take_what_was_before_calibration_along():
    whole = scores()
    repaired = whole.recalibrated(whole.choices.values / 2, "temperature(T=2)")
    south = repaired.by_group("region")["south"]
    assert south.before.ids == ("b", "e")
    assert south.before.confidence.tolist() == whole.confidence[[1, 4]].tolist()


def test_logits_of_other_items_are_refused():
    with pytest.raises(ScoresError, match=r"logits of shape \(2, 2\) do not belong"):
        scores().recalibrated(np.zeros((2, 2)), "x")
    with pytest.raises(ScoresError, match="do not belong"):
        Scores([0.5], [1]).recalibrated(np.zeros((1, 2)), "x")


def test_joined_parts_know_what_they_were_before_as_answers_to_the_same_data() -> None:
    from pytest_llmcal.measurement import About
    from pytest_llmcal.scores.joined import joined

    def part(start: int) -> Scores:
        names = [f"item-{start + place}" for place in range(40)]
        scores = Scores([0.9] * 40, [1, 1, 1, 0] * 10, ids=names, about=About(data=f"part {start}"))
        return scores.recalibrated_confidence(scores.confidence * 0.8, "by hand")

    whole = joined([part(0), part(40)], about=About(data="both"))
    assert whole.before is not None
    assert whole.before.about.data == "both"
    assert float(whole.compare(whole.before).brier()) < 0.0


def test_a_split_leaves_clusters_whole() -> None:
    clusters = [f"passage-{row % 10}" for row in range(100)]
    first, rest = Scores(np.linspace(0.1, 0.9, 100), np.arange(100) % 2, clusters=clusters).split(0.3)
    assert not set(first.clusters or ()) & set(rest.clusters or ())
    assert (len(first), len(rest)) == (30, 70)
    with pytest.raises(ScoresError, match=r"1 clusters cannot be split at the fraction 0\.3"):
        Scores([0.5] * 4, [1, 0, 1, 0], clusters=["a"] * 4).split(0.3)
