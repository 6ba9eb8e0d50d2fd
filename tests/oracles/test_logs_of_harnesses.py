"""Logs that lm_eval and Inspect themselves write, of the embedded model: their metrics come out of them again."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_llmcal import Scores, load_model
from pytest_llmcal.scoring import Request
from tests.oracles.harness_tasks import inspect_logs, lm_eval_logs, rows

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def lm_eval(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The folder that lm_eval wrote, and the numbers that it reports."""
    pytest.importorskip("lm_eval", reason="lm_eval is not installed: pip install --group oracles")
    folder = lm_eval_logs(tmp_path_factory.mktemp("lm_eval"))
    [results] = folder.glob("results_*.json")
    return SimpleNamespace(folder=folder, says=json.loads(results.read_text(encoding="utf-8"))["results"])


def samples(lm_eval: SimpleNamespace, task: str) -> Path:
    [path] = lm_eval.folder.glob(f"samples_{task}_*.jsonl")
    return Path(path)


@pytest.mark.parametrize(
    ("normalization", "metric"),
    [("sum", "acc"), ("character", "acc_norm"), ("byte", "acc_bytes"), ("pmi", "acc_mutual_info")],
)
@pytest.mark.parametrize("task", ["four_choices", "any_choices"])
def test_every_accuracy_of_lm_eval_comes_out(lm_eval, task, normalization, metric):
    scores = Scores.from_lm_eval(samples(lm_eval, task), normalization=normalization)
    assert float(scores.accuracy()) == pytest.approx(lm_eval.says[task][f"{metric},none"], abs=1e-12)


def test_the_brier_score_of_lm_eval_is_that_of_unnormalized_sums(lm_eval):
    theirs = lm_eval.says["four_choices"]["brier_score,none"]
    path = samples(lm_eval, "four_choices")
    assert float(Scores.from_lm_eval(path).brier()) == pytest.approx(theirs, abs=1e-12)
    # It stays the same whatever picks the answer; ours is of the probabilities that pick it, and so another number.
    by_byte = Scores.from_lm_eval(path, normalization="byte")
    assert abs(float(by_byte.brier()) - theirs) > 0.1


def test_log_likelihoods_of_lm_eval_are_those_of_our_own_scoring(lm_eval):
    scores = Scores.from_lm_eval(samples(lm_eval, "four_choices"), groups=["region"])
    items = rows(40, 4)
    asked = [Request(str(n), row["prompt"], f" {choice}") for n, row in enumerate(items) for choice in row["choices"]]
    ours = [answer.total for answer in load_model("world/gpt2", device="cpu").log_likelihoods(asked)]
    assert scores.choices.values == pytest.approx(np.reshape(ours, (40, 4)), abs=1e-4)
    assert scores.choices.labels.tolist() == [row["answer"] for row in items]
    assert list(scores.groups["region"]) == [row["region"] for row in items]
    assert scores.about.model.endswith("checkpoints/gpt2")


@pytest.mark.parametrize("which", ["first", "majority"])
def test_what_lm_eval_judged_of_texts_comes_out_with_the_share_that_agrees(lm_eval, which):
    path = samples(lm_eval, "written")
    scores = Scores.from_lm_eval(path, filtered_by=which)
    assert float(scores.accuracy()) == pytest.approx(lm_eval.says["written"][f"exact_match,{which}"], abs=1e-12)
    assert set(scores.confidence) <= {0.25, 0.5, 0.75, 1.0}
    if which == "majority":
        first = Scores.from_lm_eval(path, filtered_by="first")
        assert (scores.confidence >= first.confidence).all()


def test_a_file_of_lm_eval_that_is_cut_off_is_refused_by_its_line(lm_eval, tmp_path):
    whole = samples(lm_eval, "four_choices").read_text(encoding="utf-8")
    path = tmp_path / samples(lm_eval, "four_choices").name
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    with pytest.raises(ValueError, match=rf"\.jsonl:{whole[: len(whole) // 2].count(chr(10)) + 1}: not JSON"):
        Scores.from_lm_eval(path)


@pytest.fixture(scope="module")
def inspect(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleNamespace]:
    """Where Inspect's logs lie, and the numbers that it reports."""
    if find_spec("inspect_ai") is None:
        pytest.skip("inspect_ai is not installed: pip install --group oracles")
    said = inspect_logs(tmp_path_factory.mktemp("inspect"))
    return {name: SimpleNamespace(**of_log) for name, of_log in said.items()}


@pytest.mark.parametrize("form", ["packed", "plain"])
def test_the_accuracy_of_inspect_comes_out_and_its_letters_are_choices(inspect, form):
    log = inspect["packed"]
    path = log.path if form == "packed" else Path(log.path).with_name("plain.json")
    token = Scores.from_inspect(path, groups=["region"])
    letters = Scores.from_inspect(path, confidence="letters")
    assert float(token.accuracy()) == float(letters.accuracy()) == pytest.approx(log.accuracy, abs=1e-12)
    assert 0.5 < log.accuracy < 1.0
    assert letters.confidence == pytest.approx(token.confidence)  # the letters' probabilities sum to one here
    assert (token.about.model, token.about.task) == ("world/gpt2", "four")
    assert list(token.groups["region"]) == [row["region"] for row in rows(40, 4)]


def test_both_harnesses_logs_of_one_model_on_the_same_questions_say_the_same(inspect, lm_eval):
    theirs = Scores.from_inspect(inspect["packed"].path, confidence="letters")
    others = Scores.from_lm_eval(samples(lm_eval, "four_choices"))
    assert theirs.confidence == pytest.approx(others.confidence, abs=1e-4)
    assert theirs.choices.labels.tolist() == others.choices.labels.tolist()


def test_texts_that_inspect_had_written_twice_come_out_by_probability_and_by_share(inspect):
    log = inspect["written"]
    written = Scores.from_inspect(log.path)
    share = Scores.from_inspect(log.path, confidence="share")
    assert len(written) == 20
    assert len(set(written.clusters)) == 10
    assert float(written.accuracy()) == float(share.accuracy()) == pytest.approx(log.accuracy, abs=1e-12)
    assert written.confidence == pytest.approx([np.exp(sum(log.tokens[identity])) for identity in written.ids])
    assert set(share.confidence) <= {0.5, 1.0}


def test_a_log_of_inspect_that_is_cut_off_is_refused(inspect, tmp_path):
    path = tmp_path / "log.eval"
    path.write_bytes(Path(inspect["packed"].path).read_bytes()[:-200])
    with pytest.raises(ValueError, match="cannot be unpacked, perhaps because it was cut off"):
        Scores.from_inspect(path)
