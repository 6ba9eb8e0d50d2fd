"""Answers that were written down stand in for the model that gave them, and for nothing that it was not asked."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal import load_model
from pytest_llmcal.scoring import (
    Generation,
    GenerationOptions,
    ModelError,
    RecordedModel,
    Request,
    cached_model,
    generate,
    score,
)
from pytest_llmcal.scoring.confidence import ConfidentAnswer
from pytest_llmcal.tasks import Items, OpenItem, Writing

GREEDY = GenerationOptions(max_tokens=5)
ROWS = [
    {"id": "nile", "text": " the Nile", "token_log_probabilities": [-0.1, -0.2], "note": "passed over"},
    {"prompt": "Capital of Peru?", "text": "Lima", "finish_reason": "length"},
    {"id": 7, "samples": ["a", {"text": "b", "token_log_probabilities": [-1]}, "a"]},
]


def recorded(folder: Path, *rows: dict[str, Any]) -> RecordedModel:
    path = folder / "answers.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    model = load_model(f"recorded:{path}")
    assert isinstance(model, RecordedModel)
    return model


def test_a_row_answers_its_id_or_else_its_prompt(tmp_path: Path) -> None:
    model = recorded(tmp_path, *ROWS)
    found = generate(model, [("nile", "Which river?"), ("x", "Capital of Peru?")], GREEDY)
    assert found == [
        [Generation(" the Nile", (), (-0.1, -0.2), "stop")],
        [Generation("Lima", (), (), "length")],
    ]


def test_samples_are_given_in_the_order_recorded(tmp_path: Path) -> None:
    model = recorded(tmp_path, *ROWS)
    for count in (1, 2, 3):
        [found] = model.generate([("7", "?")], GenerationOptions(max_tokens=5, temperature=1.0, samples=count))
        assert [each.text for each in found] == ["a", "b", "a"][:count]
    assert found[1].log_probabilities == (-1.0,)


def test_a_row_with_id_and_prompt_answers_that_prompt_alone(tmp_path: Path) -> None:
    rows = [{"id": "a", "prompt": "Sure?", "text": "90%"}, {"id": "a", "prompt": "Who?", "text": "Bo"}]
    model = recorded(tmp_path, *rows)
    assert [text.text for [text] in model.generate([("a", "Who?")], GREEDY)] == ["Bo"]
    assert [text.text for [text] in model.generate([("a", "Sure?")], GREEDY)] == ["90%"]
    assert [text.text for [text] in model.generate([("b", "Who?")], GREEDY)] == ["Bo"]
    with pytest.raises(ModelError, match=r"item 'a': .*answers.jsonl has no row of this id and prompt, and no row has"):
        model.generate([("a", "Why?")], GREEDY)


def test_an_answer_is_no_answer_to_a_second_question_about_the_item(tmp_path: Path) -> None:
    model = recorded(tmp_path, {"id": "a", "text": "42"})
    assert model.generate([("a", "How many?")], GREEDY) == model.generate([("a", "How many?")], GREEDY)
    with pytest.raises(ModelError, match=r"item 'a': the row of this id .* has no prompt, .*'How many\?', and none of"):
        model.generate([("a", "How sure are you?")], GREEDY)


def test_what_a_file_of_ids_answers_does_not_depend_on_what_was_asked_before(tmp_path: Path) -> None:
    model = recorded(tmp_path, {"id": "a", "text": "Answer: 42\nConfidence: 90%", "token_log_probabilities": [-1]})
    items = Items("t", "test", (OpenItem("a", "How many?", ("42",)),), Writing())
    for _ in range(2):
        assert score(model, items, confidence="verbalised", progress=False).confidence.tolist() == [0.9]
        assert score(model, items, confidence="sequence_mean", progress=False).confidence[0] == pytest.approx(
            0.3679, abs=1e-4
        )
        with pytest.raises(ModelError, match="record that with columns id and prompt"):
            score(model, items, confidence="verbalised_two_steps", progress=False)


def test_samples_without_log_probabilities_are_told_with_their_item(tmp_path: Path) -> None:
    model = recorded(tmp_path, {"id": "a", "text": "x", "samples": ["x", "y"]})
    items = Items("t", "test", (OpenItem("a", "How many?", ("42",)),), Writing())
    with pytest.raises(ModelError, match="item 'a': semantic_entropy needs the log-probability of every token"):
        score(model, items, confidence="semantic_entropy(samples=2)", progress=False)


def test_a_prompt_that_two_rows_have_is_not_guessed(tmp_path: Path) -> None:
    model = recorded(tmp_path, *({"id": name, "prompt": "Who?", "text": name} for name in "ab"))
    with pytest.raises(ModelError, match=r"item 'c': .* and 2 rows have the prompt 'Who\?'"):
        model.generate([("c", "Who?")], GREEDY)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda model: model.generate([("z", "Who?")], GREEDY), r"item 'z': .*answers.jsonl has no row of this id"),
        (lambda model: model.generate([("7", "?")], GREEDY), r"item '7': .* not recorded: a text that was not drawn"),
        (
            lambda model: model.generate([("7", "?")], GenerationOptions(5, temperature=1.0, samples=4)),
            r"item '7': .*answers.jsonl cannot answer what was not recorded: 4 samples; 3 were recorded",
        ),
        (
            lambda model: model.log_likelihoods([Request("nile", "Which?", " true")]),
            r"item 'nile': .*answers.jsonl cannot answer what was not recorded: how likely ' true' is",
        ),
        (lambda model: model.next_tokens([("t", "Once")]), r"item 't': .* not recorded: guesses of next tokens"),
    ],
)
def test_what_was_not_recorded_is_refused(tmp_path: Path, ask: Any, message: str) -> None:
    model = recorded(tmp_path, *ROWS)
    with pytest.raises(ModelError, match=message):
        ask(model)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, r"answers.jsonl, line 1, column 'id': an id or a prompt is needed"),
        ({"id": [1], "text": "x"}, r"column 'id': an id is a text or a number, it is \[1\]"),
        ({"prompt": 1, "text": "x"}, r"column 'prompt': a prompt is a text, it is 1"),
        ({"id": "a"}, r"column 'text': an answer is needed, here or in the column 'samples'"),
        ({"id": "a", "text": 3}, r"column 'text': an answer is a text, it is 3"),
        ({"id": "a", "samples": "x"}, r"column 'samples': a list of texts is needed, it is 'x'"),
        ({"id": "a", "samples": [None]}, r"column 'samples': an answer is a text, it is None"),
        ({"id": "a", "samples": [{"answer": "x"}]}, r"column 'samples': a sample has the key 'answer'; known are text"),
        ({"id": "a", "text": "x", "finish_reason": "eos"}, r"column 'finish_reason': it is 'eos'; allowed are 'stop'"),
        ({"id": "a", "text": "x", "token_log_probabilities": []}, r"a list of at least one number is needed, it is"),
        ({"id": "a", "text": "x", "token_log_probabilities": [0.5]}, r"a finite number up to 0, one is 0.5"),
        ({"id": "a", "text": "x", "token_log_probabilities": [math.nan]}, r"a finite number up to 0, one is nan"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        recorded(tmp_path, row)


def test_one_row_answers_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"line 2, column 'id': an earlier row answers the same"):
        recorded(tmp_path, {"id": "a", "text": "x"}, {"id": "a", "text": "y"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none.jsonl: there is no such file"):
        load_model(f"recorded:{tmp_path / 'none.jsonl'}")


def test_its_revision_is_that_of_the_content_and_no_cache_is_needed(tmp_path: Path) -> None:
    first = recorded(tmp_path, *ROWS).facts
    assert recorded(tmp_path, *ROWS).facts == first
    assert recorded(tmp_path, *ROWS[:1]).facts.revision != first.revision
    with pytest.raises(ModelError, match="what is recorded is in its file already; load it by load_model"):
        cached_model(first.name)


def items(*references: str) -> Items:
    asked = (OpenItem(str(place), f"{place}?", (reference,)) for place, reference in enumerate(references))
    return Items("recorded", "test", tuple(asked), Writing())


def test_what_became_of_each_answer_is_known_and_a_refusal_is_wrong(tmp_path: Path) -> None:
    texts = ["Lima", "Lyma", "", "I don't know", "the Ni"]
    rows: list[dict[str, Any]] = [
        {"id": str(place), "text": text, "token_log_probabilities": [math.log(0.5), math.log(0.5)]}
        for place, text in enumerate(texts)
    ]
    rows[4]["finish_reason"] = "length"
    scores = score(recorded(tmp_path, *rows), items("lima", "Lima", "x", "Quito", "Ni"), progress=False)
    assert scores.confidence.tolist() == pytest.approx([0.25] * 5)
    assert scores.correct.tolist() == [1, 0, 0, 0, 1]
    assert scores.outcomes == ("answered", "answered", "empty", "refused", "truncated")
    assert scores.answers == tuple(texts)


def test_what_people_judged_is_never_a_refusal(tmp_path: Path) -> None:
    item = OpenItem("a", "Dance?", judged="Sorry, my feet hurt.", judgement=0.75)
    model = recorded(tmp_path, {"id": "a", "text": "Sorry, my feet hurt.", "token_log_probabilities": [-1.0]})
    scores = score(model, Items("t", "test", (item,), Writing("judged")), progress=False)
    assert (scores.correct.tolist(), scores.outcomes) == ([0.75], ("answered",))


def test_without_log_probabilities_a_method_that_needs_them_refuses(tmp_path: Path) -> None:
    model = recorded(tmp_path, {"id": "0", "text": "Lima"})
    with pytest.raises(ModelError, match="item '0': the answer 'Lima' comes without log-probabilities of its tokens"):
        score(model, items("Lima"), progress=False)


def test_samples_give_a_confidence_by_agreement(tmp_path: Path) -> None:
    model = recorded(tmp_path, {"id": "0", "samples": ["Lima", "Lima", "Quito", "lima."]})
    scores = score(model, items("Lima"), confidence="self_consistency(samples=4)", progress=False)
    assert (scores.confidence.tolist(), scores.correct.tolist()) == ([0.75], [True])


class Silent:
    """A method that reads no confidence out of some answers."""

    kind, needs, paper, cost = "written", "nothing", "none", None

    def __init__(self, *known: float | None) -> None:
        self.known = known

    def answers(self, *_: Any) -> Any:
        return [ConfidentAnswer(f"{place}", known, "stop") for place, known in enumerate(self.known)]


def test_an_answer_without_a_confidence_is_left_out_by_name(tmp_path: Path) -> None:
    model = recorded(tmp_path, *ROWS)
    scores = score(model, items("0", "1", "2"), confidence=Silent(0.5, None, 0.7), progress=False)  # type: ignore[arg-type]
    assert scores.ids == ("0", "2")
    assert dict(scores.left_out) == {"1": "unparseable"}
    with pytest.raises(ModelError, match="item '0' and all others: no confidence can be read of what was written"):
        score(model, items("0", "1"), confidence=Silent(None, None), progress=False)  # type: ignore[arg-type]
