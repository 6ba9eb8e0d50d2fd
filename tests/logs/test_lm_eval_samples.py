"""What is read of lm_eval's samples, from files in its layout; those of the program itself: tests/oracles."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pytest
from scipy.special import softmax

from pytest_llmcal import Scores
from tests.logs.lm_eval_files import CHOICES, TEXTS, choice, save, save_results, written


def test_choices_are_logits_and_the_target_is_the_label(tmp_path):
    scores = Scores.from_lm_eval(save(tmp_path, CHOICES), groups=["region"])
    assert scores.correct.tolist() == [True, False, True]
    assert scores.confidence[1] == pytest.approx(softmax([-1.0, -0.5]).max())
    assert scores.choices.values[1, 2] == -np.inf
    assert scores.ids == ("0", "1", "2")
    assert scores.groups["region"] == ("south", "north", "south")
    assert (scores.about.task, scores.about.model) == ("rivers", None)


def test_model_and_revision_come_from_the_results_beside_the_samples(tmp_path):
    save_results(tmp_path, {"rivers": 3})
    about = Scores.from_lm_eval(save(tmp_path, CHOICES)).about
    assert (about.model, about.revision) == ("org/model", "abc123")
    assert Scores.from_lm_eval(save(tmp_path, CHOICES), model="mine").about.model == "mine"


def test_each_normalization_weighs_as_the_accuracy_of_lm_eval_that_it_is_named_for(tmp_path):
    texts = ["é" * 4, "a" * 5]  # 4 characters in 8 bytes
    likelihoods = [-4.1, -5.0]
    alone = [["-1.0", "False"], ["-4.9", "False"]]
    sample = choice(0, likelihoods, 1, choices=texts, acc_norm=1.0, acc_bytes=0.0, acc_mutual_info=1.0)
    sample["arguments"] |= {f"gen_args_{2 + n}": {"arg_0": "", "arg_1": f" {text}"} for n, text in enumerate(texts)}
    sample["filtered_resps"] = sample["filtered_resps"] + alone
    sample["resps"] = sample["resps"] + [[pair] for pair in alone]
    path = save(tmp_path, [sample])
    for normalization, logits in {
        "sum": [-4.1, -5.0], "character": [-4.1 / 4, -1.0], "byte": [-4.1 / 8, -1.0], "pmi": [-4.1 + 1.0, -5.0 + 4.9]
    }.items():  # fmt: skip
        scores = Scores.from_lm_eval(path, normalization=normalization)
        assert scores.choices.values[0] == pytest.approx(logits)
        assert scores.correct[0] == (normalization in ("character", "pmi"))


def test_a_space_that_belongs_to_the_choices_counts_as_a_character_of_theirs(tmp_path):
    path = save(tmp_path, [choice(0, [-1.0, -2.0], 0, choices=["a", "bcd"])])
    assert Scores.from_lm_eval(path, normalization="character").choices.values[0] == pytest.approx([-1.0, -2.0 / 3])
    save_results(tmp_path, {"rivers": 1}, delimiter="")
    assert Scores.from_lm_eval(path, normalization="character").choices.values[0] == pytest.approx([-0.5, -0.5])


def test_lines_of_older_versions_with_lists_and_numbers_are_read(tmp_path):
    old = [
        sample | {"arguments": [["q", " a"], ["q", " b"], ["q", " c"]][: len(sample["filtered_resps"])]}
        for sample in CHOICES
    ]
    for sample in old:
        sample["filtered_resps"] = [[float(value), False] for value, _ in sample["filtered_resps"]]
        sample.pop("filter"), sample.pop("metrics")
    assert Scores.from_lm_eval(save(tmp_path, old)).correct.tolist() == [True, False, True]


def test_a_target_may_be_the_text_of_a_choice(tmp_path):
    sample = choice(0, [-1.0, -0.5], 1, choices=["no", "yes"], target="yes")
    assert Scores.from_lm_eval(save(tmp_path, [sample])).correct.tolist() == [True]


def test_a_target_that_is_a_number_may_be_the_text_of_a_choice(tmp_path):
    numbers = ["1", "2", "3"]
    samples = [
        choice(0, [-1.0, -0.5, -3.0], 0, choices=numbers, target="2", acc=1.0),
        choice(1, [-1.0, -1.5, -3.0], 0, choices=numbers, target="2", acc=0.0),
    ]
    path = save(tmp_path, samples)
    assert Scores.from_lm_eval(path).choices.labels.tolist() == [1, 1]
    path = save(tmp_path, [samples[0] | {"acc": 0.0}])
    assert Scores.from_lm_eval(path).choices.labels.tolist() == [2]
    path = save(tmp_path, samples[1:])
    with pytest.raises(ValueError, match="'2' is the text of one choice and may be the number of another"):
        Scores.from_lm_eval(path)


def test_of_two_contexts_before_one_text_the_accuracy_tells_which_is_right(tmp_path):
    samples = [choice(n, [-1.0, -0.5], n, choices=["went home", "went home"], target="went home") for n in (0, 1)]
    scores = Scores.from_lm_eval(save(tmp_path, samples))
    assert scores.choices.labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match="does not tell how long the choices are"):
        Scores.from_lm_eval(save(tmp_path, samples), normalization="byte")


def test_of_several_right_choices_any_counts_and_the_confidence_alone_is_kept(tmp_path):
    samples = [
        choice(0, [-1.0, -2.0, -0.5], 0, target="[1, 2]", acc=1.0),
        choice(1, [-1.0, -2.0, -1.5], 0, target="[1, 2]", acc=0.0),
    ]
    scores = Scores.from_lm_eval(save(tmp_path, samples))
    assert scores.correct.tolist() == [True, False]
    assert scores.choices is None


def test_the_confidence_of_a_text_is_the_share_of_repeats_that_say_the_same(tmp_path):
    scores = Scores.from_lm_eval(save(tmp_path, TEXTS))
    assert scores.confidence.tolist() == [0.75, 0.5]
    assert scores.correct.tolist() == [True, False]


def test_a_metric_between_is_how_right_a_text_is(tmp_path):
    samples = [sample | {"f1": score} for sample, score in zip(TEXTS, (0.25, 1.0), strict=True)]
    scores = Scores.from_lm_eval(save(tmp_path, samples), metric="f1")
    assert float(scores.accuracy()) == pytest.approx(0.625)


@pytest.mark.parametrize("extract", [r"is (\d+)", lambda text: text.split()[-1]])
def test_answers_are_read_out_of_repeats_as_the_filter_did(tmp_path, extract):
    sample = written(0, ["so it is 42", "hence it is 42", "it is 7", "that is 42"], "42", 1.0)
    assert Scores.from_lm_eval(save(tmp_path, [sample]), extract=extract).confidence.tolist() == [0.75]


def test_a_metric_called_confidence_is_the_confidence(tmp_path):
    sample = written(0, ["42"], "42", 1.0, confidence=0.625, sure=0.5)
    path = save(tmp_path, [sample])
    assert Scores.from_lm_eval(path).confidence.tolist() == [0.625]
    assert Scores.from_lm_eval(path, confidence="sure").confidence.tolist() == [0.5]


def test_one_of_several_filters_is_named(tmp_path):
    samples = [*TEXTS, *(sample | {"filter": "last", "exact_match": 1.0} for sample in TEXTS)]
    path = save(tmp_path, samples)
    assert Scores.from_lm_eval(path, filtered_by="last").correct.tolist() == [True, True]
    with pytest.raises(ValueError, match="filters 'first', 'last'; say filtered_by= one of them"):
        Scores.from_lm_eval(path)
    with pytest.raises(ValueError, match="no answers went through a filter 'middle'; there are first, last"):
        Scores.from_lm_eval(path, filtered_by="middle")


def test_a_pattern_pools_the_files_of_several_tasks(tmp_path):
    save(tmp_path, CHOICES, "mmlu_law")
    save(tmp_path, CHOICES[:2], "mmlu_art")
    scores = Scores.from_lm_eval(tmp_path / "samples_mmlu_*.jsonl")
    assert scores.ids == ("mmlu_art/0", "mmlu_art/1", "mmlu_law/0", "mmlu_law/1", "mmlu_law/2")
    assert {name: len(part) for name, part in scores.by_group("task").items()} == {"mmlu_art": 2, "mmlu_law": 3}
    assert scores.about.task == "mmlu_art and 1 more"


def test_a_packed_file_is_read_too(tmp_path):
    path = save(tmp_path, CHOICES)
    packed = tmp_path / f"{path.name}.gz"
    with path.open("rb") as plain, gzip.open(packed, "wb") as file:
        shutil.copyfileobj(plain, file)
    assert Scores.from_lm_eval(packed).about.task == "rivers"
    assert len(Scores.from_lm_eval(packed)) == 3


def test_other_items_are_other_data(tmp_path):
    same = [Scores.from_lm_eval(save(tmp_path, samples)).about.data for samples in (CHOICES, CHOICES, CHOICES[:2])]
    assert same[0] == same[1] != same[2]
