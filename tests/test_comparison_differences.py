"""The difference of every metric: its value, its interval, and what is true of both whatever the data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.paired_coverage import rates
from pytest_llmcal import Measurement, Scores, strategies
from pytest_llmcal.measurement import range_of
from pytest_llmcal.scores import Comparison, ScoresError
from pytest_llmcal.statistics.mean import mean_interval
from tests.every_metric import METRICS


@st.composite
def pairs(draw, min_size: int = 1):
    """Draw two models' scores over the choices of the same items."""
    values = draw(strategies.logits(min_size=min_size, ragged=False))
    right = draw(strategies.labels(values))
    other = draw(st.sampled_from([values, values[::-1], values * 0.5, values + np.eye(len(values), values.shape[1])]))
    ids = [str(row) for row in range(len(values))]
    return tuple(Scores.from_logits(logits, right, ids=ids) for logits in (values, other))


def difference(new: Scores, old: Scores, metric: str) -> Measurement:
    try:
        return getattr(new.compare(old), metric)()
    except ScoresError:
        assume(False)
        raise


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_its_difference(metric: str) -> None:
    """One that is added to ``Scores`` takes a line in ``Comparison``: ``name = differences.of_intervals(...)``."""
    assert metric in vars(Comparison)
    assert vars(Comparison)[metric].__doc__.startswith("Measure by how much")


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(pair=pairs())
def test_it_is_the_one_less_the_other_and_its_interval_a_whole_one(metric: str, pair: tuple[Scores, Scores]) -> None:
    new, old = pair
    found = difference(new, old, metric)
    assert float(found) == pytest.approx(float(getattr(new, metric)()) - float(getattr(old, metric)()), abs=1e-9)
    assert found.name == f"{metric}_difference"
    least, greatest = range_of(found.name)
    assert least <= found.low <= found.high <= greatest
    assert found.n == len(new)
    wider = found.at(0.99)
    assert wider.low <= found.low + 1e-9
    assert wider.high >= found.high - 1e-9


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(pair=pairs())
def test_exchanging_the_models_turns_the_sign(metric: str, pair: tuple[Scores, Scores]) -> None:
    there, back = difference(*pair, metric), difference(*reversed(pair), metric)
    assert (float(there), there.low, there.high) == pytest.approx((-float(back), -back.high, -back.low), abs=1e-7)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25, deadline=None)
@given(pair=pairs(min_size=2))
def test_a_model_does_not_differ_from_itself_for_certain(metric: str, pair: tuple[Scores, Scores]) -> None:
    same = difference(pair[0], pair[0], metric)
    assert float(same) == 0.0
    assert same.low <= 0.0 <= same.high
    alone = getattr(pair[0], metric)()
    assert same.low < same.high or alone.high - alone.low < 1e-9  # items that were not seen may differ


@pytest.mark.parametrize("metric", ["accuracy", "brier", "auroc", "ece"])
@pytest.mark.parametrize("data", ["one item", "all right", "all wrong", "all right and all wrong", "one cluster"])
def test_degenerate_data_give_a_whole_interval_or_a_clear_error(metric: str, data: str) -> None:
    n = 1 if data == "one item" else 30
    ids = [str(i) for i in range(n)]
    right = np.arange(n) % 3 > 0 if data == "one cluster" else np.full(n, data != "all wrong")
    clusters = ["a"] * n if data == "one cluster" else None
    new = Scores(np.linspace(0.5, 0.9, n), right, ids=ids, clusters=clusters)
    old = Scores(np.linspace(0.6, 0.8, n), ~right if "and" in data else right, ids=ids)
    if metric == "auroc" and data != "one cluster":
        with pytest.raises(ScoresError, match=r"all \d+ answers are (right|wrong)"):
            new.compare(old).auroc()
        return
    found = getattr(new.compare(old), metric)()
    least, greatest = range_of(found.name)
    assert least <= found.low <= float(found) <= found.high <= greatest or metric == "ece"
    if data in {"one item", "one cluster"}:
        assert found.high - found.low > 0.04 * (greatest - least)


def test_a_mean_has_the_interval_of_the_items_differences() -> None:
    generator = np.random.default_rng(3)
    c, y = generator.beta(5, 2, 300), generator.random(300) < 0.7
    ids = [str(i) for i in range(300)]
    found = Scores(c, y, ids=ids).compare(Scores(0.9 * c, y, ids=ids)).brier()
    losses = (c - y) ** 2 - (0.9 * c - y) ** 2
    assert (found.low, found.high) == pytest.approx(mean_interval(losses, 0.95, (-1.0, 1.0)), abs=0.02)
    assert found.high - found.low < 0.5 * np.hypot(*(np.ptp((one.low, one.high)) for one in (
        Scores(c, y).brier(), Scores(0.9 * c, y).brier(),
    )))  # fmt: skip


def test_copies_of_items_that_are_one_cluster_say_no_more() -> None:
    generator = np.random.default_rng(3)
    c, y, z = generator.beta(5, 2, 60), generator.random(60) < 0.7, generator.random(60) < 0.6
    once = [str(i) for i in range(60)]
    many = {"ids": [str(i) for i in range(300)], "clusters": [str(i // 5) for i in range(300)]}
    single = Scores(c, y, ids=once).compare(Scores(c**2, z, ids=once))
    copied = Scores(c.repeat(5), y.repeat(5), **many).compare(Scores(c.repeat(5) ** 2, z.repeat(5), **many))
    for metric in ("accuracy", "brier", "nll", "auroc", "ece"):
        few, copies = getattr(single, metric)(), getattr(copied, metric)()
        assert float(few) == pytest.approx(float(copies))
        assert copies.high - copies.low > 0.85 * (few.high - few.low)


def zero_for(items: set[int]) -> Scores:
    return Scores([0.0 if i in items else 0.5 for i in range(4)], [1] * 4, ids=list("abcd"))


def test_an_nll_that_is_infinite_for_one_model_alone_makes_the_difference_infinite() -> None:
    worse, better = zero_for({1, 2}).compare(zero_for(set())), zero_for(set()).compare(zero_for({1}))
    assert (float(worse.nll()), worse.nll().low, worse.nll().high) == (math.inf,) * 3
    assert (float(better.nll()), better.nll().low, better.nll().high) == (-math.inf,) * 3
    assert worse.not_worse_than(0.1).status == "refuted"
    assert better.not_worse_than(0.1).status == "holds"
    assert "for 2 of 4 items this model gave probability zero to what was right" in worse.nll().method


def test_two_infinite_nlls_have_no_difference() -> None:
    with pytest.raises(ScoresError, match="2 items, first 'b', by this model and to 1, first 'd', by the baseline"):
        zero_for({1, 2}).compare(zero_for({3})).nll()


def test_a_brier_score_over_choices_is_not_held_against_one_of_confidences() -> None:
    ids = ["a", "b"]
    with pytest.raises(ScoresError, match="only the scores of this model have choices"):
        Scores.from_logits(np.eye(2), [0, 1], ids=ids).compare(Scores([0.7, 0.6], [1, 0], ids=ids)).brier()


def test_arguments_of_a_metric_go_to_both_models() -> None:
    generator = np.random.default_rng(1)
    c, y = generator.random(200), generator.random(200) < 0.5
    ids = [str(i) for i in range(200)]
    new, old = Scores(c, y, ids=ids), Scores(np.sqrt(c), y, ids=ids)
    asked = {"bins": 7, "norm": "l2", "binning": "equal-mass"}
    found = new.compare(old).ece(**asked, confidence=0.9)
    assert found.name == "ece_l2_difference"
    assert found.confidence == 0.9
    assert float(found) == pytest.approx(float(new.ece(**asked)) - float(old.ece(**asked)))


def test_the_method_names_the_baseline() -> None:
    from pytest_llmcal.measurement import About

    new, old = (Scores([0.9, 0.8], [1, 0], ids=["a", "b"], about=About(model=name)) for name in ("new", "old"))
    found = new.compare(old).brier()
    assert found.method.startswith("paired, baseline old; ")
    assert found.about.model == "new"


@pytest.mark.parametrize(
    ("pair", "n"),
    [
        ("both perfect", 100),
        ("noised by 0.02, overconfident 0.10", 500),
        ("over- and underconfident 0.10", 500),
        ("opposite luck, overconfident 0.10", 100),
        ("five tied levels", 100),
    ],
)
def test_both_ends_err_rarely(pair: str, n: int) -> None:
    for metric, (low, high, _) in rates(pair, n, draws=120, metrics=["accuracy", "brier", "auroc", "ece"]).items():
        # 2.5% promised; 120 draws show more than 8% by chance about once in 2,000
        assert max(low, high) <= 8.0, metric


def test_each_end_of_the_error_s_difference_errs_rarely_where_its_parts_err_together() -> None:
    """One too sure and one not sure enough: what makes the one error larger makes the other one smaller."""
    [(low, high, width)] = rates("over- and underconfident 0.10", 2000, draws=150, metrics=["ece"]).values()
    assert max(low, high) <= 7.5
    assert width > 1.35  # as wide as both models' own arms, one behind the other


def test_of_models_much_alike_the_error_s_difference_is_far_surer_than_either_error() -> None:
    generator = np.random.default_rng(0)
    c = generator.beta(5, 1.5, 2000)
    y = generator.random(2000) < c - 0.1
    ids = [str(i) for i in range(2000)]
    new = Scores(np.clip(c + 0.001 * generator.normal(size=2000), 0, 1), y, ids=ids)
    found, own = new.compare(Scores(c, y, ids=ids)).ece(), new.ece()
    assert found.high - found.low < 0.6 * (own.high - own.low)
    assert "in that of the items' differences" in found.method
    # Over bins of their own, or in clusters, the two errors' own intervals alone are taken.
    clustered = new.compare(Scores(c, y, ids=ids, clusters=[str(i // 2) for i in range(2000)])).ece()
    for other in (clustered, new.compare(Scores(c, y, ids=ids)).ece(binning="equal-mass")):
        assert "items' differences" not in other.method
