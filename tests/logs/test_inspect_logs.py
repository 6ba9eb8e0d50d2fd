"""What is read of Inspect's logs, from files in its layout; those of the program itself: tests/oracles."""

from __future__ import annotations

import math
from zipfile import ZipFile

import numpy as np
import pytest

from pytest_llmcal import Scores
from tests.logs.inspect_files import LETTERS, TWICE, lettered, pack, save, written


@pytest.mark.parametrize("write", [save, pack])
def test_a_packed_and_a_plain_log_give_the_same_scores(tmp_path, write):
    scores = Scores.from_inspect(write(tmp_path, LETTERS), groups=["region"])
    assert scores.confidence == pytest.approx([0.6, 0.5])
    assert scores.correct.tolist() == [True, False]
    assert scores.ids == ("a", "b")
    assert scores.groups["region"] == ("north", "north")
    assert (scores.about.model, scores.about.task) == ("hf/model", "rivers")
    assert Scores.from_inspect(write(tmp_path, LETTERS), model="mine").about.model == "mine"


def test_all_letters_are_choices(tmp_path):
    scores = Scores.from_inspect(save(tmp_path, LETTERS), confidence="letters")
    assert scores.confidence == pytest.approx([0.6 / 0.9, 0.5 / 0.8])
    assert scores.choices.labels.tolist() == [0, 2]
    assert scores.choices.values[0, 2] == -np.inf
    assert scores.correct.tolist() == [True, False]


def test_letters_written_with_and_without_a_space_are_one(tmp_path):
    sample = lettered("a", [0.5, 0.3], "A")
    sample["output"]["choices"][0]["logprobs"]["content"][1]["top_logprobs"].append(
        {"token": "B", "logprob": math.log(0.1)}
    )
    scores = Scores.from_inspect(save(tmp_path, [sample]), confidence="letters")
    assert scores.confidence == pytest.approx([0.5 / 0.9])


def test_a_shuffled_sample_is_answered_by_another_letter_than_was_written(tmp_path):
    sample = lettered("a", [0.5, 0.3], "B")
    sample["scores"]["choice"] = {"value": "C", "answer": "B", "explanation": "Choices were shuffled before ..."}
    scores = Scores.from_inspect(save(tmp_path, [sample]))
    assert scores.confidence == pytest.approx([0.5])
    assert scores.correct.tolist() == [True]


def test_an_answer_that_could_not_be_read_is_wrong_and_nothing_was_sure_of_it(tmp_path):
    sample = lettered("a", [0.5, 0.3], "B", scores={"choice": {"value": "I", "answer": ""}})
    scores = Scores.from_inspect(save(tmp_path, [sample]))
    assert (scores.confidence.tolist(), scores.correct.tolist()) == ([0.0], [False])


def test_the_probability_of_a_text_is_that_of_its_tokens(tmp_path):
    sample = written("a", "4 2", "C", logs=[math.log(0.8), math.log(0.5)])
    assert Scores.from_inspect(save(tmp_path, [sample])).confidence == pytest.approx([0.4])


def test_times_that_an_item_was_asked_are_items_of_one_cluster(tmp_path):
    scores = Scores.from_inspect(save(tmp_path, TWICE))
    assert scores.confidence.tolist() == [1.0, 0.5, 1.0, 0.5]
    assert scores.correct.tolist() == [True, False, True, True]
    assert scores.ids == ("a#1", "b#1", "a#2", "b#2")
    assert scores.clusters == ("a", "b", "a", "b")


def test_a_confidence_in_the_metadata_is_the_confidence(tmp_path):
    score = {"value": 1, "answer": "42", "metadata": {"confidence": 0.625, "sure": 0.5}}
    path = save(tmp_path, [written("a", "42", "C", logs=[-1.0], scores={"match": score})])
    assert Scores.from_inspect(path).confidence.tolist() == [0.625]
    assert Scores.from_inspect(path, confidence="sure").confidence.tolist() == [0.5]


@pytest.mark.parametrize(
    ("value", "right"),
    [("C", True), ("I", False), ("N", False), (1, True), (False, False), ("Yes", True), ("0", False)],
)
def test_a_score_is_read_as_inspect_reads_it(tmp_path, value, right):
    path = save(tmp_path, [written("a", "x", value, logs=[-1.0])])
    assert Scores.from_inspect(path).correct.tolist() == [right]


def test_a_score_between_is_how_right_an_answer_is(tmp_path):
    samples = [written("a", "x", "P", logs=[-1.0]), written("b", "x", 0.25, logs=[-1.0])]
    assert float(Scores.from_inspect(save(tmp_path, samples)).accuracy()) == pytest.approx(0.375)


def test_one_of_several_scorers_is_named(tmp_path):
    path = save(tmp_path, [written("a", "x", 0, logs=[-1.0], scores={"one": {"value": 0}, "two": {"value": 1}})])
    assert Scores.from_inspect(path, scorer="two").correct.tolist() == [True]
    with pytest.raises(ValueError, match="judged by 'one', 'two'; say scorer= one of them"):
        Scores.from_inspect(path)
    with pytest.raises(ValueError, match="not judged by 'three'"):
        Scores.from_inspect(path, scorer="three")


def test_what_was_not_judged_is_left_out_only_on_demand(tmp_path):
    failed = written("b", "", "C", scores={}, error={"message": "out of memory"})
    path = save(tmp_path, [written("a", "x", "C", logs=[-1.0]), failed, written("c", "x", math.nan, logs=[-1.0])])
    with pytest.raises(ValueError, match=r"samples\[1\]: was not judged \(error: out of memory\)"):
        Scores.from_inspect(path)
    assert Scores.from_inspect(path, unscored="leave out").ids == ("a",)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_a_sample_that_was_run_anew_the_last_one_counts(tmp_path):
    import json

    path = pack(tmp_path, [written("a", "x", "I", logs=[-1.0])])
    with ZipFile(path, "a") as archive:
        archive.writestr("samples/a_epoch_1.json", json.dumps(written("a", "x", "C", logs=[-1.0])))
    assert Scores.from_inspect(path).correct.tolist() == [True]
