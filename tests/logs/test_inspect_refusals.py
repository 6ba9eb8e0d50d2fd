"""A log of Inspect that cannot be trusted is refused, with file, sample and what was expected."""

from __future__ import annotations

import json

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError
from tests.logs.inspect_files import HEADER, LETTERS, TWICE, lettered, pack, save, written

SURE = written("a", "42", "C", logs=[-0.1])


def refused(path, match, **options):
    with pytest.raises(ScoresError, match=match) as refusal:
        Scores.from_inspect(path, **options)
    assert str(path) in str(refusal.value)


def test_logs_that_are_cut_off(tmp_path):
    plain, packed = save(tmp_path, LETTERS), pack(tmp_path, LETTERS)
    lines = plain.read_text().splitlines()
    plain.write_text("\n".join(lines[:20]))
    refused(plain, r"log.json:2\d: not JSON, perhaps cut off")
    packed.write_bytes(packed.read_bytes()[:-50])
    refused(packed, "cannot be unpacked, perhaps because it was cut off")


def test_a_log_that_lacks_samples(tmp_path):
    refused(save(tmp_path, LETTERS, results={"total_samples": 9}), "2 samples, where its results count 9")
    refused(save(tmp_path, []), "no samples; expected a log of a run without log_samples=False")


def test_a_run_that_is_not_over_or_failed(tmp_path):
    refused(pack(tmp_path, LETTERS, over=False), "no header.json, which Inspect writes at the end")
    refused(pack(tmp_path, LETTERS, status="cancelled"), "status 'cancelled'; expected is 'success'")


def test_a_newer_format(tmp_path):
    for write in (save, pack):
        refused(write(tmp_path, LETTERS, version=3), "format 3, written by inspect_ai 0.3.285; expected is format 2")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"accuracy": 0.5}, "expected 'version', and 'eval' with 'task' and 'model'; its keys are 'accuracy'"),
        ([1], "it is no object"),
        (HEADER | {"eval": {}}, "expected 'version', and 'eval' with 'task' and 'model'"),
        (HEADER | {"samples": [{"x": 1}]}, r"samples\[0\]: no sample of Inspect: expected 'id', 'epoch' and 'scores'"),
    ],
)
def test_a_foreign_file(tmp_path, content, match):
    path = tmp_path / "other.json"
    path.write_text(json.dumps(content))
    refused(path, match)


def test_what_is_no_archive_no_text_or_not_there(tmp_path):
    (tmp_path / "a.eval").write_text("{}")
    refused(tmp_path / "a.eval", "an .eval file is a ZIP archive, and this one is none")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe{")
    refused(tmp_path / "a.json", "cannot be read as text|not JSON")
    refused(tmp_path / "b.eval", "no such file; expected a log of Inspect, .eval or .json")


def test_an_archive_packed_in_a_way_that_cannot_be_read(tmp_path, monkeypatch):
    path = pack(tmp_path, LETTERS)

    def other(*_):
        raise NotImplementedError("That compression method is not supported")

    monkeypatch.setattr("zipfile.ZipFile.read", other)
    refused(path, r"pip install 'pytest-llmcal\[inspect\]'")


def test_a_sample_that_comes_twice(tmp_path):
    refused(save(tmp_path, [SURE, SURE]), r"samples\[1\]: the sample 'a', epoch 1, is also .*samples\[0\]")


def test_a_score_that_is_no_share(tmp_path):
    for value, match in (("good", "C, P, I, N, yes, no"), (7, "a number from 0 to 1"), ({"a": 1}, "a number from 0")):
        refused(save(tmp_path, [written("a", "x", value, logs=[-1.0])]), match)


def test_that_nothing_says_how_sure_the_model_is(tmp_path):
    path = save(tmp_path, [written("a", "42", "C")])
    refused(path, "nothing says how sure the model is; run Inspect with logprobs=True")
    refused(path, "no log-probabilities of its tokens", confidence="sequence")
    refused(path, "no choices, so no letter is its answer", confidence="token")
    refused(path, "asked once, so no answers can be counted; run Inspect with epochs=10", confidence="share")
    refused(path, "no 'sure' in the metadata of score and sample", confidence="sure")


def test_a_log_probability_above_zero(tmp_path):
    refused(save(tmp_path, [written("a", "42", "C", logs=[0.5])]), "must be a number of at most 0")


def test_too_few_letters(tmp_path):
    sample = lettered("a", [0.6, 0.3], "A")
    del sample["output"]["choices"][0]["logprobs"]["content"][1]["top_logprobs"][1]
    refused(
        save(tmp_path, [sample]), "no probability of B among the 1 likeliest tokens; run Inspect with more",
        confidence="letters",
    )  # fmt: skip


def test_an_answer_that_was_drawn_is_not_the_most_probable(tmp_path):
    sample = lettered("a", [0.6, 0.3], "A", written="B")
    assert Scores.from_inspect(save(tmp_path, [sample])).confidence == pytest.approx([0.3])
    refused(save(tmp_path, [sample]), "A was more probable than the answer B, which was drawn", confidence="letters")


def test_an_answer_that_is_not_the_letter_written(tmp_path):
    sample = lettered("a", [0.6, 0.3], "B")
    sample["scores"]["choice"]["answer"] = "B"
    refused(save(tmp_path, [sample]), "the answer is 'B', but the last letter written is 'A'")
    sample["output"]["choices"][0]["logprobs"]["content"].pop()
    refused(save(tmp_path, [sample]), "no token of 'ANSWER: A' is one of the letters A, B")


def test_options_that_are_not_allowed(tmp_path):
    refused_text = "unscored must be 'error' or 'leave out', got 'skip'"
    with pytest.raises(ScoresError, match=refused_text):
        Scores.from_inspect(save(tmp_path, TWICE), unscored="skip")
    refused(save(tmp_path, LETTERS), "'metadata' has no 'era' to group by; there are 'region'", groups=["era"])
