import pickle

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError


def test_clusters_follow_their_items_through_every_part_and_copy() -> None:
    scores = Scores([0.9, 0.8, 0.7], [1, 1, 0], clusters=["a", "a", "b"], groups={"region": ["n", "s", "s"]})
    assert scores.by_group("region")["s"].clusters == ("a", "b")
    assert pickle.loads(pickle.dumps(scores)).clusters == ("a", "a", "b")
    assert sorted(sum((part.clusters or () for part in scores.split(0.5)), ())) == ["a", "a", "b"]


def test_an_attribute_of_the_items_may_name_their_clusters() -> None:
    scores = Scores([0.9, 0.8], [1, 0], groups={"passage": ["p1", "p2"]})
    assert scores.clusters is None
    assert scores.clustered_by("passage").clusters == ("p1", "p2")
    with pytest.raises(ScoresError, match="no attribute 'subject'; those they carry: passage"):
        scores.clustered_by("subject")


@pytest.mark.parametrize("make", [Scores.from_probabilities, Scores.from_logits])
def test_scores_over_choices_take_clusters_too(make) -> None:
    assert make([[0.2, 0.8], [0.6, 0.4]], [1, 1], clusters=["a", "b"]).clusters == ("a", "b")


def test_clusters_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(ScoresError, match="clusters has 1 entries for 2 items"):
        Scores([0.9, 0.8], [1, 0], clusters=["a"])
    with pytest.raises(ScoresError, match=r"clusters\[1\] is 7"):
        Scores([0.9, 0.8], [1, 0], clusters=["a", 7])  # type: ignore[list-item]
    with pytest.raises(ScoresError, match="clusters is the string 'ab'"):
        Scores([0.9, 0.8], [1, 0], clusters="ab")
