"""Agreement of the answer across wordings of the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import asked, recorded

from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.scoring.confidence import Asker, create
from pytest_llmcal.scoring.confidence.prompt_agreement import PromptAgreement

VARIANTS = ("Say: {{ prompt }}", "Please: {{ prompt }}", "{{ prompt }} Hm?", "Quick! {{ prompt }}")
ROWS = [
    {"prompt": "What hums?", "text": " The Bees."},
    {"prompt": "Say: What hums?", "text": "bees"},
    {"prompt": "Please: What hums?", "text": "wasps"},
    {"prompt": "What hums? Hm?", "text": "BEES!"},
    {"prompt": "Quick! What hums?", "text": "a bees"},
]


def test_it_is_the_share_of_wordings_with_the_same_answer(tmp_path: Path) -> None:
    method = PromptAgreement(VARIANTS)
    scores = score(recorded(tmp_path, ROWS), asked("What hums?"), confidence=method, progress=False)
    assert scores.confidence.tolist() == [0.75]
    assert (scores.answers, scores.correct.tolist()) == ((" The Bees.",), [1.0])


def test_each_wording_costs_a_text(tmp_path: Path) -> None:
    method, items = PromptAgreement(VARIANTS), asked("What hums?")
    asker = Asker(recorded(tmp_path, ROWS))
    assert items.writing is not None
    method.answers(asker, items, items.writing)  # type: ignore[arg-type]  # all of them are open
    assert asker.calls == method.cost.texts == 5


def test_items_may_have_paraphrases_of_their_own_and_unlike_numbers_of_them(tmp_path: Path) -> None:
    rows = [*ROWS, {"prompt": "Who hums?", "text": "Ann"}, {"prompt": "Hummer?", "text": "Ben"}]
    paraphrases = {"0": ["Say: What hums?", "Please: What hums?"], "1": ["Hummer?"]}
    method = PromptAgreement(paraphrases=paraphrases)
    scores = score(recorded(tmp_path, rows), asked("What hums?", "Who hums?"), confidence=method, progress=False)
    assert scores.confidence.tolist() == [0.5, 0.0]
    assert method.cost.texts == 3
    with pytest.raises(ModelError, match="item '2' has no paraphrases"):
        score(recorded(tmp_path, rows), asked("What hums?", "Who hums?", "?"), confidence=method, progress=False)


def test_what_is_the_same_may_be_decided_by_a_function(tmp_path: Path) -> None:
    method = PromptAgreement(VARIANTS, equivalence=lambda _, one, other: len(one) > len(other))
    scores = score(recorded(tmp_path, ROWS), asked("What hums?"), confidence=method, progress=False)
    assert scores.confidence.tolist() == [1.0]
    assert "0x" not in str(scores.about.confidence_method)  # where a function lies differs from run to run


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ((), "variants are (); allowed are texts, one or more"),
        ("{{ prompt }}", "allowed are texts, one or more"),
        (("What?",), "the variant 'What?' must read the prompt and nothing else"),
        (("{{ prompt }} {{ mood }}",), "must read the prompt and nothing else"),
        (("{{ prompt",), "template, line 1"),
    ],
)
def test_what_is_no_wording_is_named(variants: object, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        create("prompt_agreement", variants=variants)
    assert said in str(caught.value)
