"""A run beside an earlier one: planted regressions are found, noise is none, and what cannot be compared is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pytest_llmcal import Measurement, Scores
from pytest_llmcal.cli import main
from pytest_llmcal.history import ComparisonError
from pytest_llmcal.history.comparing import IMPROVED, NOISE, WORSE, RunComparison, compare
from pytest_llmcal.history.items import ItemScores
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.measurement import About, Observation
from pytest_llmcal.records import Attempt, Gate, Record
from pytest_llmcal.report import comparison as written
from tests.sample_runs import HOSTILE, facts, gate, record, run

Array = npt.NDArray[np.float64]
ABOUT = About("m", "r1", "qa", "test", "data")
METRICS = ("ece", "nll", "brier", "accuracy")
IDS = [f"item-{i}" for i in range(2000)]


def drawn(seed: int, n: int = 2000) -> tuple[Array, npt.NDArray[np.intp]]:
    random = np.random.default_rng(seed)
    logits = random.normal(0.0, 2.5, (n, 4))
    return logits, (logits + random.gumbel(0.0, 1.0, logits.shape)).argmax(axis=1)


def answered(logits: Array, labels: npt.NDArray[np.intp], *, about: About = ABOUT) -> Scores:
    groups = {"region": [("north", "south")[i % 2] for i in range(len(labels))]}
    return Scores.from_logits(logits, labels, ids=IDS[: len(labels)], groups=groups, about=about)


def written_down(measured: Measurement) -> Record:
    return Record.of(Observation(measured, "<", 9.0, "true", "It is."), sequence=1)


def judged(name: str, *measured: Measurement, model: str = "m") -> Gate:
    records = tuple(replace(written_down(one), sequence=i) for i, one in enumerate(measured))
    return Gate(f"test_it.py::{name}[{model}]", "qa", name, model, "qa", (Attempt("passed", 0.1, "", records),))


def kept(scores: Scores, *, source: str, items: bool = True, metrics: tuple[str, ...] = METRICS) -> Kept:
    model = str(scores.about.model)
    gates = [judged(f"test_{name}", getattr(scores, name)(), model=model) for name in metrics]
    whole = run(*gates, models=(facts(model, str(scores.about.revision)),))
    return Kept(whole, ItemScores.of([scores]) if items else ItemScores(), source)


def of(old: Scores, new: Scores, *, items: bool = True, metrics: tuple[str, ...] = METRICS) -> RunComparison:
    pair = kept(old, source="old.json", items=items, metrics=metrics), kept(new, source="new.json", metrics=metrics)
    return compare(*pair)


def verdicts(compared: RunComparison) -> dict[str, str]:
    return {change.now.metric: change.verdict for change in compared.changes}


def test_a_regression_of_three_hundredths_in_ece_on_two_thousand_items_is_found() -> None:
    # A temperature that was 1 / 1.15 off and is now 1 / 1.343 off: the true ECE goes from 0.03 to 0.06.
    logits, labels = drawn(1)
    compared = of(answered(1.15 * logits, labels), answered(1.343 * logits, labels))
    assert verdicts(compared) == {"ece": WORSE, "nll": WORSE, "brier": WORSE, "accuracy": NOISE}
    assert all(change.why_unpaired is None for change in compared.changes)


def test_an_improvement_is_said_to_be_one() -> None:
    logits, labels = drawn(1)
    compared = of(answered(1.343 * logits, labels), answered(1.15 * logits, labels))
    assert verdicts(compared) == {"ece": IMPROVED, "nll": IMPROVED, "brier": IMPROVED, "accuracy": NOISE}
    assert compared.worse == ()


def test_fewer_right_answers_are_worse_although_accuracy_fell() -> None:
    logits, labels = drawn(2)
    worse = logits + np.random.default_rng(3).normal(0.0, 2.0, logits.shape)
    [change] = of(answered(logits, labels), answered(worse, labels), metrics=("accuracy",)).changes
    assert (change.verdict, float(change.difference) < 0.0) == (WORSE, True)


def test_a_run_beside_itself_has_not_changed() -> None:
    compared = of(answered(*drawn(4)), answered(*drawn(4)))
    assert set(verdicts(compared).values()) == {NOISE}
    assert [float(change.difference) for change in compared.changes] == [0.0] * 4


def quiet(runs: int, metrics: tuple[str, ...] = METRICS) -> int:
    """Of so many pairs of models that nothing tells apart, how many are said to be worse or better in anything."""
    loud = 0
    for seed in range(runs):
        logits, labels = drawn(100 + seed, 500)
        noise = np.random.default_rng(seed).normal(0.0, 0.4, (2, *logits.shape))
        compared = of(*(answered(1.2 * (logits + part), labels) for part in noise), metrics=metrics)
        loud += bool(compared.worse or compared.improved)
    return loud


def test_ten_equal_pairs_are_quiet() -> None:
    assert quiet(10, ("ece", "nll")) <= 3  # 5% of pairs at most, both directions together: in 1 of 900 draws more


@pytest.mark.slow
def test_two_hundred_equal_pairs_are_quiet_at_the_stated_rate() -> None:
    assert quiet(200, ("ece", "nll")) <= 20  # 10 at most are expected; more than 20 in 1 of 1000 draws of a binomial


def test_without_item_scores_it_compares_the_intervals_and_says_so() -> None:
    logits, labels = drawn(1)
    compared = of(answered(1.15 * logits, labels), answered(3.0 * logits, labels), items=False)
    assert {change.why_unpaired for change in compared.changes} == {
        "no item scores that give the recorded number again are kept by old.json"
    }
    assert verdicts(compared)["ece"] == WORSE
    assert all(change.test == "both intervals" for change in compared.changes)
    paired = of(answered(1.15 * logits, labels), answered(3.0 * logits, labels))
    for one, other in zip(compared.changes, paired.changes, strict=True):
        if one.now.metric == "ece":
            continue  # paired it gives up some of its error rate for the other interval
        assert one.difference.high - one.difference.low > other.difference.high - other.difference.low


def test_item_scores_of_another_way_of_measuring_do_not_pass_for_those_of_the_record() -> None:
    logits, labels = drawn(1)
    scores = answered(logits, labels)
    ten = Kept(run(judged("test_ece", scores.ece(bins=10))), ItemScores.of([scores]), "old.json")
    [change] = compare(ten, ten).changes
    assert change.why_unpaired == "no item scores that give the recorded number again are kept by old.json and old.json"


def test_item_scores_that_belong_to_another_run_do_not_pass_for_its_own() -> None:
    logits, labels = drawn(1)
    right, stale = answered(logits, labels), answered(2.0 * logits, labels)
    mixed = replace(kept(right, source="new.json"), items=ItemScores.of([stale]))
    compared = compare(kept(right, source="old.json"), mixed)
    reasons = {change.now.metric: change.why_unpaired for change in compared.changes}
    assert reasons["ece"] == "no item scores that give the recorded number again are kept by new.json"
    assert reasons["accuracy"] is None  # which a temperature leaves as it is


def test_groups_are_paired_through_the_whole() -> None:
    logits, labels = drawn(1)
    whole = [answered(scale * logits, labels) for scale in (1.0, 3.0)]
    pair = [
        Kept(run(judged("test_ece", one.by_group("region")["north"].ece())), ItemScores.of([one]), "it")
        for one in whole
    ]
    [change] = compare(*pair).changes
    assert (change.why_unpaired, change.now.n, change.verdict) == (None, 1000, WORSE)


def test_many_changes_share_one_error_rate() -> None:
    logits, labels = drawn(1)
    old, new = answered(logits, labels), answered(1.34 * logits, labels)
    [alone] = of(old, new, metrics=("brier",)).changes
    assert (alone.verdict, 0.001 < alone.p_worse < 0.025) == (WORSE, True)
    parts = [
        Kept(
            run(
                judged("test_brier", one.brier()),
                *(judged(f"test_{i:02}", equal._take(np.arange(i, 1000)).accuracy()) for i in range(40)),
            ),
            ItemScores.of([one]),
            "it",
        )
        for one, equal in ((old, old), (new, old))
    ]
    by_metric = {change.now.metric: change for change in compare(*parts).changes}
    assert by_metric["brier"].p_worse == alone.p_worse
    assert by_metric["brier"].verdict == NOISE


def test_one_measurement_judged_by_several_gates_is_one_change() -> None:
    scores = answered(*drawn(1))
    two = Kept(run(judged("test_a", scores.nll()), judged("test_b", scores.nll())), ItemScores.of([scores]), "it")
    [change] = compare(two, two).changes
    assert change.gates == ("test_it.py::test_a[m]", "test_it.py::test_b[m]")


def test_models_of_other_names_are_compared_where_each_run_has_one() -> None:
    logits, labels = drawn(1)
    compared = of(answered(logits, labels), answered(2.0 * logits, labels, about=replace(ABOUT, model="n")))
    assert compared.renamed == ("m", "n")
    assert verdicts(compared)["ece"] == WORSE
    assert any(note.startswith("n is compared with m") for note in written.text(compared))


def test_gates_of_one_run_alone_are_named() -> None:
    one, other = (
        run(gate("test_a", record()), gate("test_b", record())),
        run(gate("test_b", record()), gate("test_c", record())),
    )
    compared = compare(Kept(one), Kept(other))
    assert [nodeid.partition("::")[2] for nodeid in (*compared.only_old, *compared.only_new)] == [
        "test_a[world/gpt2]",
        "test_c[world/gpt2]",
    ]


def test_what_has_no_direction_is_left_out_by_name() -> None:
    sets = run(gate("test_a", record(), record(metric="set_coverage"), record(metric="ece_difference")))
    compared = compare(Kept(sets), Kept(sets))
    assert [change.now.metric for change in compared.changes] == ["ece"]
    assert len(compared.left_out) == 2
    assert written.headline(compared).endswith("; 2 could not be compared")
    assert "Not compared, as no interval of their change between two runs is known" in " ".join(written.text(compared))


def data(name: str) -> Callable[[Scores], Scores]:
    return lambda scores: scores._with(about=replace(scores.about, data=name))


def test_another_prompt_is_refused_with_what_to_do() -> None:
    scores = answered(*drawn(1))
    with pytest.raises(
        ComparisonError, match=r"on the same questions under another prompt \(fingerprint data, now x\)"
    ):
        of(scores, data("x")(scores))


def test_other_items_are_refused_with_how_many_are_the_same() -> None:
    scores = answered(*drawn(1))
    fewer = data("x")(scores._take(np.arange(500)))
    with pytest.raises(ComparisonError, match=r"other items \(.*; 500 of 2000 are the same\).*record a new baseline"):
        of(scores, fewer)


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(ComparisonError, match="have no measurement in common; compare runs of the same gates"):
        compare(Kept(run(gate("test_a", record()))), Kept(run(gate("test_b", record()))))


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(ComparisonError, match="the level of the intervals lies between 0 and 1"):
        compare(Kept(run()), Kept(run()), level=level)


def on_disk(kept_run: Kept, path: Path) -> str:
    kept_run.items.write_beside(kept_run.run.write(path))
    return str(path)


def test_the_command_exits_with_one_on_a_regression_and_with_zero_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logits, labels = drawn(1)
    old = on_disk(kept(answered(logits, labels), source=""), tmp_path / "old.json")
    new = on_disk(kept(answered(2.0 * logits, labels), source=""), tmp_path / "new.json")
    assert main(["compare", old, new]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("3 of 4 measurements became worse.\n")
    assert "exchange test, p=" in printed
    assert main(["compare", new, old]) == 0
    assert main(["compare", old, old, "--markdown"]) == 0
    assert "### No change larger than noise in 4 measurements" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("absent.json", "a.json", "absent.json: No such file"),
        ("a.json", "b.json", "no measurement in common"),
        ("newer.json", "a.json", "schema 99 is not supported"),
    ],
)
def test_misuse_exits_with_two_and_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    run(gate("test_a", record())).write(tmp_path / "a.json")
    run(gate("test_b", record())).write(tmp_path / "b.json")
    (tmp_path / "newer.json").write_text('{"schema": 99}', encoding="utf-8")
    assert main(["compare", str(tmp_path / old), str(tmp_path / new)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.search(said, printed.err)
    assert printed.err.count("\n") == 1


def test_hostile_names_stay_text_in_both_forms() -> None:
    evil = HOSTILE + "|@team [x](http://y) #1 `code` www.evil.com"
    hostile = run(gate(evil, record(group=evil, task=evil), model=evil))
    compared = compare(
        Kept(hostile, source=evil), Kept(replace(hostile, gates=(*hostile.gates, gate("b", record()))), source=evil)
    )
    for line in (*written.text(compared), *written.markdown(compared)):
        assert line.isprintable()
    for row in written.markdown(compared):
        outside = "".join(part for i, part in enumerate(row.split("`")) if i % 2 == 0)
        assert not set("@<>[]#&_*~") & set(outside.removeprefix("### "))
        assert "www" not in outside
        assert outside.count("|") in {0, 8}
    tables = [row for row in written.markdown(compared) if row.startswith("|")]
    assert all(row.replace("\\|", "").count("|") == 8 for row in tables)
