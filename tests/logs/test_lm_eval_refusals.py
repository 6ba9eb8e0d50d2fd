"""A log of lm_eval that cannot be trusted is refused, with file, line and what was expected."""

from __future__ import annotations

import json
import re

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError
from tests.logs.lm_eval_files import CHOICES, TEXTS, choice, save, save_results, written


def refused(path, match, **options):
    with pytest.raises(ScoresError, match=match) as refusal:
        Scores.from_lm_eval(path, **options)
    return str(refusal.value)


def test_a_file_cut_off_within_a_line(tmp_path):
    path = save(tmp_path, CHOICES)
    path.write_text(path.read_text()[:-40])
    assert refused(path, "the line does not end, so the file may have been cut off").startswith(f"{path}:3: not JSON")


def test_a_file_cut_off_between_lines_by_the_count_of_the_results(tmp_path):
    save_results(tmp_path, {"rivers": 40})
    refused(save(tmp_path, CHOICES), "3 items, where the results beside it count 40; expected are all")


def test_results_that_are_cut_off(tmp_path):
    results = save_results(tmp_path, {"rivers": 3})
    results.write_text(results.read_text()[:-5])
    refused(save(tmp_path, CHOICES), f"{re.escape(str(results))}: the results beside the samples are not JSON")


def test_a_packed_file_that_is_cut_off(tmp_path):
    import gzip

    path = tmp_path / "samples_a.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(CHOICES[0]).encode() * 50)[:-30])
    refused(path, "cannot be read as text")


def test_an_empty_file_and_one_that_is_not_there(tmp_path):
    refused(save(tmp_path, []), "empty; expected one item a line")
    refused(tmp_path / "samples_*x.jsonl", "no such file; expected lm_eval's samples_TASK_TIME.jsonl")


def test_a_foreign_file(tmp_path):
    text = refused(save(tmp_path, [{"prediction": 1, "label": 0}]), "no sample of lm_eval")
    assert text.split(": ")[0].endswith(":1")
    assert "expected are lines as lm_eval 0.4.3 to 0.4.13 write them, with doc_id, doc, target, arguments" in text
    assert "Its columns are 'prediction', 'label'" in text


@pytest.mark.parametrize(
    "newer",
    [
        {"resps": {"choice": []}},
        {"resps": ["a"]},
        {"filtered_resps": None},
        {"arguments": {"request_0": {}}},
        {"arguments": 3},
    ],
    ids=str,
)
def test_a_line_laid_out_otherwise(tmp_path, newer):
    text = refused(save(tmp_path, [CHOICES[0], CHOICES[1] | newer]), "expected are lines as lm_eval")
    assert ".jsonl:2: " in text


def test_a_document_that_comes_twice(tmp_path):
    refused(save(tmp_path, [CHOICES[0], CHOICES[1], CHOICES[0]]), r":3: 'doc_id' 0 is also that of .*:1")


def test_two_runs_of_one_task(tmp_path):
    (tmp_path / "old").mkdir()
    save(tmp_path / "old", CHOICES)
    (tmp_path / "new").mkdir()
    save(tmp_path / "new", CHOICES)
    refused(tmp_path / "*" / "samples_*.jsonl", "samples of the task 'rivers', as in .*; name the run that is meant")


def test_tasks_that_log_different_things(tmp_path):
    save(tmp_path, CHOICES, "rivers")
    save(tmp_path, TEXTS, "sums")
    refused(tmp_path / "samples_*.jsonl", r"cannot be pooled.*: rivers \(all choices\), sums \(one confidence\)")


def test_several_models(tmp_path):
    for model in ("one", "two"):
        (tmp_path / model).mkdir()
        save(tmp_path / model, CHOICES, f"rivers_{model}")
        save_results(tmp_path / model, {f"rivers_{model}": 3}, model=model)
    refused(tmp_path / "*" / "samples_*.jsonl", "is of the model 'one', .* of 'two'; scores are of one model")


def test_an_accuracy_that_the_log_likelihoods_do_not_give(tmp_path):
    text = refused(save(tmp_path, [CHOICES[0] | {"acc": 0.0}]), "lm_eval logged 'acc' 0.0, but by its log-likelihoods")
    assert ":1: " in text


def test_an_accuracy_of_the_tasks_own(tmp_path):
    refused(save(tmp_path, [CHOICES[0] | {"acc": 0.4}]), "'acc' is 0.4, so the task judges in a way of its own")


@pytest.mark.parametrize("value", ["nan", "-inf", "0.5", "x"])
def test_what_is_no_log_likelihood(tmp_path, value):
    sample = CHOICES[0] | {"filtered_resps": [["-1", "False"], [value, "False"], ["-2", "False"]]}
    refused(save(tmp_path, [sample]), "must hold a log-likelihood and whether it is greedy")


@pytest.mark.parametrize("target", ["7", "[0, 7]"])
def test_a_right_choice_that_is_not_there(tmp_path, target):
    refused(save(tmp_path, [choice(0, [-1.0, -2.0], 0, target=target)]), "the right choice is 7, of 2 choices")


def test_a_target_that_is_no_choice(tmp_path):
    sample = choice(0, [-1.0, -2.0, -3.0], 1, target="the Nile")
    del sample["acc"]
    refused(save(tmp_path, [sample]), "which choice is right cannot be told of the target 'the Nile'")


def test_a_normalization_that_is_unknown_or_was_not_logged(tmp_path):
    path = save(tmp_path, CHOICES)
    refused(path, "unknown normalization 'mean'; allowed are sum, character, byte, pmi", normalization="mean")
    refused(path, "which lm_eval computes for the metric acc_mutual_info", normalization="pmi")


def test_a_text_that_was_written_once(tmp_path):
    text = refused(save(tmp_path, [written(0, ["42"], "42", 1.0)]), "nothing says how sure the model is")
    assert "Set repeats: 10 and do_sample: true in the task" in text


def test_a_judged_answer_that_nobody_wrote(tmp_path):
    sample = written(0, ["it is 42", "it is 42"], "42", 1.0)
    refused(save(tmp_path, [sample]), "the judged answer '42' is none of what was written 2 times, 'it is 42' and so")


def test_a_metric_that_is_unclear_not_there_or_no_share(tmp_path):
    sample = written(0, ["4", "4"], "4", 1.0, bleu=37.5, rouge=0.5)
    del sample["exact_match"]
    path = save(tmp_path, [sample])
    refused(path, "say metric= one of 'bleu', 'rouge'")
    refused(path, "'bleu' is 37.5; it must be a number from 0 to 1", metric="bleu")
    refused(path, "no metric 'f1' was logged; those that were: 'bleu', 'rouge'", metric="f1")


def test_likelihoods_of_whole_texts_and_of_one_continuation(tmp_path):
    rolling = CHOICES[0] | {"arguments": {"gen_args_0": {"arg_0": "text"}}, "resps": [["-9"]], "filtered_resps": ["-9"]}
    refused(save(tmp_path, [rolling]), "the likelihood of a whole text; expected are choices")
    refused(save(tmp_path, [choice(0, [-1.0], 0)]), "the likelihood of one continuation alone")


def test_a_column_to_group_by_that_is_not_there(tmp_path):
    refused(save(tmp_path, CHOICES), "'doc' has no 'era' to group by; there are 'question', 'region'", groups=["era"])
