import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores, strategies
from pytest_llmcal.scores import ScoresError

KINDS = ("corp", "murphy", "refinement")


def drawn(n=600, seed=0, **more):
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.3, 1.0, n)
    return Scores(confidence, generator.random(n) < confidence, **more)


@pytest.mark.parametrize("kind", KINDS)
@given(scores=strategies.scores(), seed=st.integers(0, 1000))
def test_the_order_of_the_items_changes_no_part(kind, scores, seed):
    if len(scores) == 1:
        return
    order = np.random.default_rng(seed).permutation(len(scores))
    clusters = None if scores.clusters is None else [scores.clusters[i] for i in order]
    back = Scores(scores.confidence[order], scores.correct[order], clusters=clusters).decomposition(kind=kind)
    there = scores.decomposition(kind=kind)
    for name in ("score", "miscalibration", "discrimination", "uncertainty", "within_bins"):
        assert getattr(back, name) == pytest.approx(getattr(there, name), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_that_of_the_measurement(kind):
    scores = drawn()
    assert scores.decomposition("brier", kind).score == pytest.approx(float(scores.brier()))
    assert scores.decomposition("nll", kind).score == pytest.approx(float(scores.nll()))


def test_clusters_stay_together_when_a_map_is_fitted():
    """Copies of the item that is scored, among those fitted to, would let isotonic regression learn its answer."""
    one = drawn(60)
    copies = Scores(np.repeat(one.confidence, 10), np.repeat(one.correct, 10))
    apart = copies.decomposition(kind="refinement")
    clustered = Scores(copies.confidence, copies.correct, clusters=[str(i // 10) for i in range(600)])
    together = clustered.decomposition(kind="refinement")
    assert apart.refinement < together.refinement - 0.02


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("correct", [0, 1])
def test_answers_all_of_one_kind_have_no_uncertainty(kind, correct):
    parts = Scores(np.linspace(0.5, 0.9, 20), np.full(20, correct)).decomposition("nll", kind)
    assert parts.uncertainty == 0.0
    assert parts.miscalibration > 0.0


def test_one_item_or_one_cluster_leaves_nothing_to_fit_on():
    with pytest.raises(ScoresError, match="there is one item only"):
        Scores([0.5], [1]).decomposition(kind="refinement")
    with pytest.raises(ScoresError, match="there is one cluster only"):
        Scores([0.5, 0.6], [1, 0], clusters=["a", "a"]).decomposition(kind="refinement")


def test_arguments_that_are_none_are_refused():
    with pytest.raises(ScoresError, match="score must be 'brier' or 'nll', got 'crps'"):
        drawn(5).decomposition("crps")
    with pytest.raises(ScoresError, match="kind must be 'corp', 'murphy' or 'refinement', got 'kind'"):
        drawn(5).decomposition(kind="kind")
