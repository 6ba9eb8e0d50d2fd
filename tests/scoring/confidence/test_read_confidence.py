"""What a model says about its confidence is read as what it says, or not at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_llmcal.scoring.confidence.verbalised import read_confidence
from pytest_llmcal.scoring.confidence.verbalised.words import OFFERED, WORDS

READ = [
    ("90%", 0.9),
    (" 90 %.", 0.9),
    ("90 percent", 0.9),
    ("90 Per cent", 0.9),
    ("90\uff05", 0.9),
    ("0.9", 0.9),
    (".9", 0.9),
    ("1.0", 1.0),
    ("0", 0.0),
    ("0%", 0.0),
    ("1%", 0.01),
    ("100%", 1.0),
    ("100", 1.0),
    ("90", 0.9),
    ("11", 0.11),
    ("55.5", 0.555),
    ("9/10", 0.9),
    ("3 / 4", 0.75),
    ("9 out of 10", 0.9),
    ("9 times out of 10", 0.9),
    ("85 out of 100", 0.85),
    ("0.9/1", 0.9),
    ("10/10", 1.0),
    ("50/50", 0.5),
    ("fifty-fifty", 0.5),
    ("80-90%", 0.85),
    ("80% \u2013 90%", 0.85),
    ("80 to 90 percent", 0.85),
    ("between 0.8 and 0.9", 0.85),
    ("5-10%", 0.075),
    ("Confidence: 90", 0.9),
    ("**Confidence:** 90%", 0.9),
    ("- Confidence - 30%", 0.3),
    ("Confidence level: 0.85", 0.85),
    ("Confidence = 85%", 0.85),
    ("My confidence is about 80%", 0.8),
    ("The probability that the answer is correct is 90%", 0.9),
    ("Likelihood of being right: 70%", 0.7),
    ("I am 90% sure that it is right", 0.9),
    ("I'm about 80% confident.", 0.8),
    ("I\u2019d say 75%", 0.75),
    ("There is a 90% chance that it is right", 0.9),
    ("~90%", 0.9),
    ("[90%]", 0.9),
    ('"90%"', 0.9),
    ("<90%>", 0.9),
    ("\n\n85%\n", 0.85),
    ("90%. Paris has been the capital since 987.", 0.9),
    ("95% - the capital is well known", 0.95),
    ("90%, because it is well known", 0.9),
    ("0.95\nProbability: 0.95", 0.95),
    ("90%\n\nQuestion: Who?\nAnswer: she\nConfidence: 20%", 0.9),
    ("very likely", 0.9),
    ("Almost certain.", 0.95),
    ("It is highly likely that it is right", 0.9),
    ("Probably correct", 0.75),
    ("Percentage: 90%", 0.9),
    ("I'd say it's likely", 0.7),
    ("probably not", 0.265),
    ("There is a very good chance that it is right", 0.8),
    ("Confidence: better than even", 0.6),
    ("Very likely (92%)", 0.92),
    ("90% (very likely)", 0.9),
    ("5%, very unlikely", 0.05),
    ("0.9 (90%)", 0.9),
    ("90\\%", 0.9),
    ("Confidence:85%", 0.85),
    ("Confidence (0-100%): 90%", 0.9),
    ("Confidence (0-1): 0.9", 0.9),
    ("90\nConfidence: 90", 0.9),
    ("90%. It has 20 bridges.", 0.9),
    ("85% sure.\n1. It is known.\n2. It is old.", 0.85),
]

NOT_READ = [
    "",
    " \n ",
    "I do not know",
    # of another scale, or of none
    "1",
    "5",
    "10",
    "1.5",
    "0.9%",
    "1.0%",
    "0,9",
    "120%",
    "101",
    "-3",
    "-30%",
    "Confidence: -30%",
    "Confidence: \u221230%",
    "1000%",
    "99.99999999999999999%",
    "0.99999999999999999999",
    "0." + "0" * 400 + "1",
    "1e-3",
    "nan",
    "inf%",
    "0x9",
    "90\u00b0",
    "$90",
    "\u0669\u0660%",
    "1/1",
    "11/10",
    "9/11",
    "90/10",
    "10/90",
    "9:1",
    "90-80%",
    "1-10",
    "0-100%",
    "from 0% to 100%",
    # belongs to the answer
    "The answer is 42",
    "Answer: 90%",
    "I think 42",
    "It is 1990",
    "12 years",
    "Route 66",
    "90% of people",
    "I am sure",
    "Confidence: high",
    # contradicts itself
    "90%, maybe 70%",
    "90% or 80%",
    "15, 90%",
    "90% sure. No, 40%.",
    "90%\n70%",
    "Confidence: 90%\nConfidence: 20%",
    "90\n40",
    "90\n4",
    "Confidence: 90\nConfidence: 40",
    "90% sure. Actually 40",
    "90. Sorry, make that 40.",
    "90% (0.8)",
    "100% (I made this up)",
    "Confidence (0-100): 0.9",
    "likely or unlikely",
    "likely, 30%",
    "90% (unlikely)",
    "Likely. 30%",
    # speaks against it, or is a bound
    "not 90%",
    "I am not 90% sure",
    "90% unlikely",
    "90% wrong",
    "I am 90% sure that it isn't right",
    "30% chance of being wrong",
    "chance of being wrong: 70%",
    "probability of a mistake: 70%",
    "90% chance of a mistake",
    "90% sure that I made it up",
    "I am 90% sure that it is Lyon",
    "It is very likely that Lyon is right",
    "unlikely to be wrong",
    "not likely",
    "not very likely",
    "90%, but I have doubts, so not really",
    "at least 90%",
    ">95%",
    "<90",
    "99%+",
    "over 90%",
    "almost 100%",
    "90% or more",
    "90%?",
    # too strong for a word that nobody was asked about
    "certain",
    "impossible",
    "somewhat likely",
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_it_is_read(text: str, value: float) -> None:
    assert read_confidence(text) == value


@pytest.mark.parametrize("text", NOT_READ)
def test_it_is_not_read(text: str) -> None:
    assert read_confidence(text) is None


@pytest.mark.parametrize(("text", "value"), [("9", None), ("90%", None), ("90%\n", 0.9), ("85%\nBecause 1", 0.85)])
def test_of_a_text_that_was_cut_off_the_last_line_is_not_read(text: str, value: float | None) -> None:
    assert read_confidence(text, complete=False) == value


NUMBERS = [
    "90",
    "1",
    "0",
    "0.",
    ".5",
    "%",
    "percent",
    "/",
    "10",
    "-",
    "e",
    "nan",
    "infinity",
    "out of",
    "and",
    "between",
]
AROUND = [" ", "\n", ". ", ",", "(", ")", "Confidence:", "Answer:", "I am", "about", "sure", "not", "because"]
PIECES = st.sampled_from([*WORDS, *NUMBERS, *AROUND])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map(" ".join)))
def test_whatever_is_said_gives_a_number_from_0_to_1_or_none(text: str) -> None:
    for complete in (True, False):
        value = read_confidence(text, complete=complete)
        assert value is None or 0.0 <= value <= 1.0  # false for NaN


@given(st.text(alphabet=st.characters(exclude_categories=("N",), exclude_characters="%"), max_size=60))
@example("possibly")
def test_without_a_number_only_the_words_of_the_table_are_read(text: str) -> None:
    if not any(words in text.lower() for words in WORDS) and "fifty" not in text.lower():
        assert read_confidence(text) is None


@given(st.text(max_size=40), st.integers(11, 99))
def test_a_number_inside_any_other_text_is_not_read(text: str, number: int) -> None:
    assert read_confidence(f"the year x{text}y was {number} then") is None


FORMATS = [
    "{:.0%}",
    "{:.0%} sure",
    "I am {:.0%} confident.",
    "Confidence: {:.0%}",
    "({:.0%})",
    "about {:.0%}\nI think.",
]


@given(st.integers(0, 100), st.sampled_from(FORMATS))
def test_every_percentage_comes_back(percent: int, form: str) -> None:
    assert read_confidence(form.format(percent / 100)) == percent / 100


@given(st.integers(0, 1000), st.sampled_from(["{:.3f}", "Confidence: {:.3f}", "{:.3f}/1", "probability of {:.3f}"]))
def test_every_decimal_comes_back(thousandths: int, form: str) -> None:
    assert read_confidence(form.format(thousandths / 1000)) == thousandths / 1000


@given(st.from_regex(r"(0?\.[0-9]{1,30}|[1-9]?[0-9]\.[0-9]{1,30}%|0\.[0-9]{1,30}/1)", fullmatch=True))
@example("99." + "9" * 18 + "%")
@example("0." + "0" * 29 + "1")
def test_what_is_short_of_certain_never_becomes_certain(text: str) -> None:
    value = read_confidence(text)
    if any(digit in text.removesuffix("/1") for digit in "123456789"):
        assert value is None or 0.0 < value < 1.0


@given(st.integers(0, 10), st.sampled_from(["{}/10", "{} out of 10", "{} in 10"]))
def test_every_tenth_comes_back(tenths: int, form: str) -> None:
    assert read_confidence(form.format(tenths)) == tenths / 10


@pytest.mark.parametrize("words", WORDS)
def test_every_phrase_comes_back(words: str) -> None:
    assert read_confidence(f"{words.capitalize()}.") == WORDS[words]
    assert read_confidence(f"Confidence: {words}") == WORDS[words]
    assert 0.0 < WORDS[words] < 1.0


def test_phrases_are_offered_from_sure_to_unsure() -> None:
    offered = [WORDS[words] for words in OFFERED]
    assert offered == sorted(set(offered), reverse=True)


def test_a_long_reply_is_read_quickly() -> None:
    begin = time.process_time()
    for text in ("confidence of " * 3000, "90% sure that " * 3000, "90%, " + "likely " * 5000, "1 out of " * 4000):
        read_confidence(text)
    assert time.process_time() - begin < 2.0
