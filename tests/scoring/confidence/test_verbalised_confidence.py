"""A model is asked how sure it is, with its answer or after it, and what it says is kept apart from the answer."""

from __future__ import annotations

import pytest
from scripted_model import ScriptedModel, written

from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.scoring.confidence import Asker, ConfidentAnswer, create
from pytest_llmcal.scoring.confidence.verbalised import Verbalised, VerbalisedTwoSteps
from pytest_llmcal.scoring.confidence.verbalised.asking import ONE_STEP_IN_WORDS, TWO_STEPS_IN_WORDS
from pytest_llmcal.tasks import Items, OpenItem, Writing

ITEMS = [
    OpenItem("paris", "Question: Capital of {France}?\nAnswer:", ("Paris",)),
    OpenItem("rome", "Question: Capital of Italy?\nAnswer:", ("Rome",)),
]


@pytest.mark.parametrize(
    ("text", "answer", "confidence"),
    [
        (" Paris\nConfidence: 90%", "Paris", 0.9),
        ("Answer: Paris\nConfidence: 90%\n\nQuestion: Who?\nAnswer: she\nConfidence: 10%", "Paris", 0.9),
        ("**Answer:** Paris\n\n**Confidence:** 90%", "Paris", 0.9),
        ("Sure!\nAnswer: 42\nConfidence: 0.75", "42", 0.75),
        ("Paris, confidence: 90%", "Paris", 0.9),
        ("Paris (Confidence: very likely)", "Paris", 0.9),
        ("Answer: 90%\nConfidence: I do not know", "90%", None),
        ("Answer: 90%", "90%", None),
        ("Confidence: 90%", "", 0.9),
        ("Answer: \nConfidence: 95%", "", 0.95),
        ("Answer:\n\n**Confidence:** 95%", "", 0.95),
        ("Confidence: 90%\nAnswer: Paris", "Paris", 0.9),
        ("Answer: Paris\nConfidence (0-100%): 90%", "Paris", 0.9),
        ("I cannot answer that.", "I cannot answer that.", None),
        ("Answer: a vote of confidence: no\nConfidence: 60%", "a vote of confidence: no", 0.6),
        ("Answer: a matter of confidence\nConfidence: 60%", "a matter of confidence", 0.6),
        ("Paris\nQuestion: Who?\nAnswer: she\nConfidence: 10%", "Paris", None),
        ("", "", None),
    ],
)
def test_answer_and_confidence_of_one_text_are_told_apart(text: str, answer: str, confidence: float | None) -> None:
    model = ScriptedModel(greedy={"paris": written(text)})
    assert Verbalised().answers(Asker(model), ITEMS[:1], Writing()) == [ConfidentAnswer(answer, confidence, "stop")]


def test_an_answer_without_confidence_ends_where_the_task_says() -> None:
    text = written(" Paris\nQuestion: Who\nAnswer: she", finish_reason="length")
    assert Verbalised().read(text, ("\n",)) == ConfidentAnswer("Paris", None, "stop")
    assert Verbalised().read(text, (";",)) == ConfidentAnswer("Paris", None, "stop")
    assert Verbalised().read(written("Par", finish_reason="length"), (";",)).finish_reason == "length"


def test_a_confidence_that_was_cut_off_is_not_read() -> None:
    assert Verbalised().read(written("Paris\nConfidence: 9", finish_reason="length")).confidence is None
    assert Verbalised().read(written("Paris\nConfidence: 90%\nSo", finish_reason="length")).confidence == 0.9


def test_one_step_asks_once_and_lets_the_text_go_on_behind_the_answer() -> None:
    model = ScriptedModel(greedy={item.id: written("x\nConfidence: 1%") for item in ITEMS})
    asker = Asker(model)
    Verbalised(more_tokens=7).answers(asker, ITEMS, Writing(max_tokens=5, stop=("\n",)))
    [(prompts, options)] = model.asked
    assert (options.max_tokens, options.stop, options.temperature, asker.calls) == (12, (), 0.0, 2)
    assert all(text.endswith(item.prompt) for (_, text), item in zip(prompts, ITEMS, strict=True))


def test_two_steps_ask_about_the_answer() -> None:
    replies = {"Paris": "80%", "Milan": "no idea"}
    model = ScriptedModel(
        greedy={"paris": written(" Paris"), "rome": written(" Milan", finish_reason="length")},
        replies=lambda prompt: written(next(reply for answer, reply in replies.items() if answer in prompt)),
    )
    asker = Asker(model)
    assert VerbalisedTwoSteps().answers(asker, ITEMS, Writing(max_tokens=5)) == [
        ConfidentAnswer(" Paris", 0.8, "stop"),
        ConfidentAnswer(" Milan", None, "length"),
    ]
    assert asker.calls == 4
    (_, first), (second, options) = model.asked
    assert (first.max_tokens, first.stop) == (5, ("\n",))
    assert (options.max_tokens, options.stop) == (24, ())
    assert second[0][1].startswith("Question: Capital of {France}?\nAnswer: Paris\n\nHow likely")


def test_braces_in_an_answer_are_left_alone() -> None:
    model = ScriptedModel(greedy={"paris": written("{prompt}")}, replies=lambda _: written("50%"))
    VerbalisedTwoSteps(prompt="{prompt} {answer} {else}").answers(Asker(model), ITEMS[:1], Writing())
    assert model.asked[1][0][0][1] == "Question: Capital of {France}?\nAnswer: {prompt} {else}"


@pytest.mark.parametrize(
    ("name", "prompt"), [("verbalised", ONE_STEP_IN_WORDS), ("verbalised_two_steps", TWO_STEPS_IN_WORDS)]
)
def test_the_wording_is_a_parameter_and_has_to_hold_the_question(name: str, prompt: str) -> None:
    assert "almost certain, highly likely" in create(name, prompt=prompt).prompt  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"has no \{prompt\}: 'How sure are you"):
        create(name, prompt="How sure are you of {answer}?")
    with pytest.raises(ModelError, match=r"has no \{answer\}"):
        VerbalisedTwoSteps(prompt="{prompt} How sure are you?")


def test_an_answer_that_is_none_counts_as_wrong_and_one_without_confidence_is_counted_by_what_it_is() -> None:
    said = {
        "empty": "Answer: \nConfidence: 95%",
        "right": "Answer: Rome\nConfidence: 90%",
        "refused": "I cannot answer that.",
        "silent": "",
        "unclear": "Answer: Rome",
    }
    items = Items("t", "test", tuple(OpenItem(name, name, ("Rome",)) for name in said), Writing())
    model = ScriptedModel(greedy={name: written(text) for name, text in said.items()})
    scores = score(model, items, confidence="verbalised", progress=False)
    assert (scores.ids, scores.correct.tolist(), scores.outcomes) == (
        ("empty", "right"),
        [0.0, 1.0],
        ("empty", "answered"),
    )
    assert scores.left_out == {"refused": "refused", "silent": "empty", "unclear": "unparseable"}
