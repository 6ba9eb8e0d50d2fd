"""How right a written answer is: each function beside the formula it states, and what none of them accepts."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu import sentence_bleu, sentence_chrf

from pytest_llmcal.tasks import OpenItem, TaskError
from pytest_llmcal.tasks.correctness import correctness, judge_of, names
from pytest_llmcal.tasks.correctness.arithmetic import final_number
from pytest_llmcal.tasks.correctness.registry import name_of, split_threshold

TEXTS = st.text(alphabet="aAb, .th-1", max_size=30)
OF_REFERENCES = [name for name in names() if name not in ("judged", "last_number")]


def item(*references: str) -> OpenItem:
    return OpenItem("q", "Which?", references)


def half(text: str, asked: OpenItem) -> float:
    return 0.5 if text else float(len(asked.references))


@pytest.mark.parametrize("name", OF_REFERENCES)
@settings(max_examples=25)
@given(text=TEXTS, references=st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3))
def test_it_lies_between_0_and_1_and_another_reference_never_harms(name: str, text: str, references: list[str]) -> None:
    judge = correctness(name)
    alone = [judge(text, item(reference)) for reference in references]
    assert all(0.0 <= value <= 1.0 for value in alone)
    if name != "bleu":  # whose clipped counts are taken over all references at once
        assert judge(text, item(*references)) == max(alone)


@pytest.mark.parametrize("name", OF_REFERENCES)
def test_a_reference_itself_is_wholly_right_and_an_empty_answer_wholly_wrong(name: str) -> None:
    reference = "The White Nile runs through Khartoum"
    assert correctness(name)(f" {reference}", item("something else entirely here", reference)) == 1.0
    assert correctness(name)("", item("A", reference)) == 0.0


def test_f1_is_that_of_the_script_of_squad() -> None:
    def official(prediction: list[str], truth: list[str]) -> float:
        same = sum((Counter(prediction) & Counter(truth)).values())
        if same == 0:
            return 0.0
        precision, recall = same / len(prediction), same / len(truth)
        return 2 * precision * recall / (precision + recall)

    judge = correctness("token_f1")
    for text, reference in [("x y z y", "y y w"), ("x", "w"), ("x x x", "x"), ("w v", "v w")]:
        assert judge(text, item(reference)) == pytest.approx(official(text.split(), reference.split()))


def test_a_contained_reference_stands_as_whole_words() -> None:
    judge = correctness("contains")
    assert judge("I think it is the Nile!", item("Volta", "The Nile")) == 1.0
    assert judge("juvenile", item("Nile")) == 0.0
    assert judge("the White river Nile", item("White Nile")) == 0.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The answer is 18.", "18"),
        ("She earns $1,234,567.50 a year", "1234567.5"),
        ("18.00 dollars", "18"),
        ("-3 degrees", "-3"),
        ("\u22123", "-3"),
        ("$-5", "-5"),
        ("-$5", "-5"),
        ("10-3", "3"),
        ("- 4 eggs", "4"),
        (".5", "0.5"),
        ("1,2", "2"),
        ("12,34", "34"),
        ("1,2345", "2345"),
        ("2e3", "2000"),
        ("50%", "50"),
        ("12km", "12"),
        ("9 * 2 = 18\n#### 18\n\nQuestion: 7 + 8?", "18"),
        ("It is 7 ####", "7"),
        ("007", "7"),
        ("The answer is...42", "42"),
        ("3...5", "5"),
        ("-.5", "-0.5"),
        ("1'000", "1000"),
        ("On 12.05.2020 she had 7", "7"),
        ("7, as section 1.2.3 says", "7"),
        ("7 1e3x", "7"),
    ],
)
def test_the_last_number_is_read(text: str, number: str) -> None:
    assert final_number(text) == Decimal(number)
    assert correctness("last_number")(text, item(number)) == 1.0
    assert correctness("last_number")(text, item(f"{Decimal(number) + 1}")) == 0.0


def test_an_answer_without_a_number_is_wrong_and_a_reference_without_one_is_refused() -> None:
    assert correctness("last_number")("none at all", item("3")) == 0.0
    with pytest.raises(TaskError, match="item 'q': last_number needs a reference with a number, it is 'three'"):
        correctness("last_number")("3", item("three"))


def test_chrf_and_bleu_are_those_of_sacrebleu_for_a_sentence() -> None:
    text, references = "The cat sat on a mat .", ["The cat is on the mat .", "A cat sat there ."]
    assert correctness("chrf")(text, item(*references)) == pytest.approx(sentence_chrf(text, references).score / 100)
    assert correctness("bleu")(text, item(*references)) == pytest.approx(sentence_bleu(text, references).score / 100)


def test_chrf_is_the_published_formula() -> None:
    """Precision and recall of 1- and 2-grams of abc and abd are 2/3 and 1/2, the 3-gram's 0: F is their mean."""
    assert correctness("chrf")("abc", item("abd")) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
def test_rouge_is_that_of_rouge_score(kind: str) -> None:
    text, reference = "the mills were burning down", "The old mill burned down"
    expected = RougeScorer([kind], use_stemmer=True).score(reference, text)[kind].fmeasure
    assert correctness(kind)(text, item("nothing", reference)) == pytest.approx(expected)
    # of five stems each, "the", "mill", "burn" and "down" are in common; of four pairs each, "burn down"
    assert expected == pytest.approx({"rouge1": 0.8, "rouge2": 0.25, "rougeL": 0.8}[kind])


def test_a_package_that_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_llmcal.tasks.correctness import text_scores

    text_scores._sacrebleu.cache_clear()
    monkeypatch.setattr(text_scores, "find_spec", lambda *_: None)
    with pytest.raises(TaskError, match=r"needs the package sacrebleu: pip install 'pytest-llmcal\[text\]'"):
        correctness("chrf")("a", item("a"))


def test_a_judgement_is_about_the_text_that_was_judged() -> None:
    asked = OpenItem("q7", "Which?", judged="With joy!", judgement=0.7)
    assert correctness("judged")(" With joy!\n", asked) == 0.7
    with pytest.raises(TaskError, match=r"item 'q7': the judgement is about 'With joy!', and the model wrote 'No.'"):
        correctness("judged")("No.", asked)
    with pytest.raises(TaskError, match="item 'q': correctness 'judged' needs an answer that was judged"):
        correctness("judged")("No.", item("No."))


def test_where_a_reference_is_compared_with_there_must_be_one() -> None:
    with pytest.raises(TaskError, match="item 'q7': correctness 'exact_match' compares with a reference, and there is"):
        correctness("exact_match")("x", OpenItem("q7", "Which?", judged="x", judgement=1.0))


def test_a_threshold_makes_it_right_or_wrong() -> None:
    assert split_threshold("token_f1 >= 0.5") == ("token_f1", 0.5)
    judge = correctness("token_f1>=0.5")
    assert [judge(text, item("x y")) for text in ("x", "x z", "x z z")] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("threshold", ["0", "1.5", "nan", "", "much"])
def test_a_threshold_that_is_none_is_refused(threshold: str) -> None:
    with pytest.raises(TaskError, match=r"the threshold is .*; allowed is a number above 0 and up to 1"):
        split_threshold(f"chrf>={threshold}")


@pytest.mark.parametrize("name", ["chfr", "entailment", ":half", "half:", "", "chrf>0.5"])
def test_an_unknown_name_is_answered_with_those_that_are_known(name: str) -> None:
    with pytest.raises(TaskError, match=r"unknown correctness .*; allowed are bleu, chrf, contains, exact_match, "):
        split_threshold(name)


def test_a_function_of_ones_own_is_found_by_its_name() -> None:
    name = name_of(half)
    assert name == f"{__name__}:half"
    assert correctness(name)("x", item("y")) == 0.5
    assert correctness(f"{name}>=0.6")("x", item("y")) == 0.0
    with pytest.raises(TaskError, match=rf"item 'q': correctness '{__name__}:half' gave 2\.0; allowed is a number"):
        correctness(name)("", item("y", "z"))


def test_a_function_that_cannot_be_found_again_is_refused() -> None:
    with pytest.raises(TaskError, match=r"is not found again as .*<lambda>'; allowed is a function of a module"):
        name_of(lambda *_: 1.0)
    with pytest.raises(TaskError, match=r"correctness 'nowhere.at.all:f' is not there: No module named 'nowhere'"):
        correctness("nowhere.at.all:f")
    with pytest.raises(TaskError, match=r"correctness 'sys:path' is .*; a function of an answer"):
        correctness("sys:path")


@pytest.mark.parametrize("value", [None, "right", float("nan"), -0.1])
def test_what_a_function_gives_must_be_a_number_from_0_to_1(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("of_a_user")
    module.judge = lambda *_: value  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "of_a_user", module)
    with pytest.raises(TaskError, match=r"item 'q': correctness 'of_a_user:judge' gave .*; allowed is a number"):
        correctness("of_a_user:judge")("x", item("y"))


def test_a_family_judges_all_answers_at_once() -> None:
    seen = []

    def family(argument: str):
        def judge(texts, items):
            seen.append((argument, list(texts)))
            return [0.25] * len(items)

        return judge

    judge = judge_of("entailment:some/model>=0.2", {"entailment": family})
    assert judge(["a", "b"], [item("x"), item("y")]) == [1.0, 1.0]
    assert seen == [("some/model", ["a", "b"])]


def test_the_words_of_an_own_function_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gate_of_mine.py").write_text("def judge(text, item):\n    return text in item.references\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert correctness("gate_of_mine:judge")("y", item("y")) == 1.0


@pytest.mark.parametrize("name", ["exact_match", "contains", "token_f1"])
@pytest.mark.parametrize("text", ["A.", "(A)", "a", "\u201cA\u201d"])
def test_an_answer_that_is_an_article_is_right_with_punctuation_too(name: str, text: str) -> None:
    assert correctness(name)(text, item("A")) == 1.0
    assert correctness(name)("B.", item("A")) == correctness(name)("The.", item("A")) == 0.0


def test_an_article_in_a_sentence_is_no_reference_contained() -> None:
    assert correctness("contains")("It is a river", item("A")) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("\u201cYesterday\u201d", "Yesterday", True),
        ("Hawai\u2019i", "Hawai'i", True),
        ("Cafe\u0301", "Café", True),
        ("U.S.A.", "USA", True),
        ("1,000", "1000", True),
        ("$5", "5.", True),
        ("1914\u20131918", "1914-1918", True),
        ("\u22125", "-5", True),
        ("-5", "5", False),
        ("-.5", "-5", False),
        ("3.5", "35", False),
        ("1/2", "12", False),
        ("\u00bd", "1/2", True),
        ("5:30", "530", False),
    ],
)
def test_what_looks_different_is_the_same_and_what_is_another_number_is_not(one: str, other: str, same: bool) -> None:
    assert correctness("exact_match")(one, item(other)) == same
