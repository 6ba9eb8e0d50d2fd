"""P(True): what the model thinks of its own answer, by two replies to a question about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from recorded import asked, recorded

from pytest_llmcal import load_model
from pytest_llmcal.scoring import LogLikelihood, ModelError, Progress, Request, score
from pytest_llmcal.scoring.confidence import Asker, create
from pytest_llmcal.scoring.confidence.p_true import QUESTION, PTrue
from pytest_llmcal.scoring.recorded import RecordedModel
from tests.scoring.chat_templates import CHAT_ML

SHORT = "{{ prompt }} {{ answer }}. True?"


class Weighing(RecordedModel):
    """Answers as recorded, and gives each reply so many nats as it was told."""

    replies: dict[str, float]
    seen: list[Request]

    def log_likelihoods(
        self,
        requests: Sequence[Request],
        progress: Progress | None = None,  # noqa: ARG002  # the protocol's
    ) -> list[LogLikelihood]:
        self.seen = list(requests)
        return [LogLikelihood(self.replies[request.continuation], 1) for request in requests]


def weighing(folder: Path, rows: list[dict[str, object]], **replies: float) -> Weighing:
    recorded(folder, rows)
    model = Weighing(folder / "answers.jsonl")
    model.replies = {f" {reply}": nats for reply, nats in replies.items()}
    return model


@pytest.mark.parametrize(
    ("true", "false", "confidence"),
    [
        (math.log(0.3), math.log(0.1), 0.75),
        (-2.0, -2.0, 0.5),
        (-2000.0, -2001.0, 1 / (1 + math.exp(-1))),
        (-2001.0, -2000.0, math.exp(-1) / (1 + math.exp(-1))),
        (-math.inf, -1.0, 0.0),
    ],
)
def test_it_is_the_share_of_true_among_both_replies(
    tmp_path: Path, true: float, false: float, confidence: float
) -> None:
    model = weighing(tmp_path, [{"id": "0", "text": " bees"}], true=true, false=false)
    scores = score(model, asked("What hums?"), confidence="p_true", progress=False)
    assert float(scores.confidence[0]) == pytest.approx(confidence, rel=1e-12)
    assert [request.context for request in model.seen] == ["What hums? bees\n\nIs this answer true? It is"] * 2


def test_samples_are_drawn_and_shown(tmp_path: Path) -> None:
    model = weighing(tmp_path, [{"id": "0", "text": "bees", "samples": [" wasps", " bees", "a {{ drum }}"]}],
                     true=-1.0, false=-1.0)  # fmt: skip
    method = create("p_true(shown=3)")
    score(model, asked("What hums?"), confidence=method, progress=False)
    assert "Other answers: wasps; bees; a {{ drum }}\n" in model.seen[0].context
    asker = Asker(model)
    items = asked("What hums?")
    assert items.writing is not None
    method.answers(asker, items, items.writing)  # type: ignore[union-attr, arg-type]  # it is for written answers
    assert (str(method.cost), asker.calls) == ("4 texts + 2 weighed", 6)


def test_replies_and_question_are_the_user_s(tmp_path: Path) -> None:
    model = weighing(tmp_path, [{"id": "0", "text": "bees"}], yes=math.log(0.9), no=math.log(0.6))
    scores = score(model, asked("What hums?"), confidence=PTrue(SHORT, (" yes", " no")), progress=False)
    assert float(scores.confidence[0]) == pytest.approx(0.6)
    assert model.seen[0].context == "What hums? bees. True?"


def test_a_real_model_s_is_made_of_its_log_likelihoods_and_with_chat_of_the_rendered_conversation(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    import shutil

    folder = shutil.copytree(model_folder("llama"), tmp_path / "chat")
    (folder / "chat_template.jinja").write_text(CHAT_ML, encoding="utf-8")
    items = asked("Who?")
    method = PTrue(SHORT)
    for chat in (False, True):
        model = load_model(folder, device="cpu", chat=chat)
        scores = score(model, items, confidence=method, progress=False)
        assert scores.answers is not None
        question = f"Who? {scores.answers[0].strip()}. True?"
        true, false = (" true", " false")
        if chat:  # by hand, after the conversation as the template writes it; a reply then begins without its space
            plain = load_model(folder, device="cpu")
            question = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
            weighed = plain.log_likelihoods([Request("0", question, true[1:]), Request("0", question, false[1:])])
        else:
            weighed = model.log_likelihoods([Request("0", question, true), Request("0", question, false)])
        odds = math.exp(weighed[0].total - weighed[1].total)
        assert float(scores.confidence[0]) == pytest.approx(odds / (1 + odds), rel=1e-4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shown": -1}, "shown is -1; allowed are whole numbers of at least 0"),
        ({"replies": (" yes", " yes")}, "replies are (' yes', ' yes'); allowed are two different texts"),
        ({"template": "{{ prompt }} True?"}, "the template does not show answer"),
        ({"template": SHORT, "shown": 2}, "the template does not show samples"),
        ({"template": QUESTION + "{{ mood }}"}, "the template reads mood; defined are prompt, answer and samples"),
        ({"template": "{{ answer"}, "template, line 1"),
    ],
)
def test_what_cannot_be_asked_is_named(options: dict[str, object], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        create("p_true", **options)
    assert said in str(caught.value)


def test_a_model_that_cannot_weigh_says_so(tmp_path: Path) -> None:
    model = recorded(tmp_path, [{"id": "0", "text": "bees"}])
    with pytest.raises(ModelError, match="cannot answer what was not recorded: how likely ' true' is"):
        score(model, asked("What hums?"), confidence="p_true", progress=False)
