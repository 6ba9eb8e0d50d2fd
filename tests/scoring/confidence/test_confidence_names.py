"""Methods by name: what can be written, what is known of each, and which items each is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import asked, recorded

from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.scoring.confidence import ChoiceConfidence, ConfidenceMethod, create, label, names
from pytest_llmcal.scoring.confidence.naming import identity, read_many
from pytest_llmcal.scoring.confidence.p_true import PTrue
from pytest_llmcal.tasks import Item, Text

PAGE = Path(__file__).parents[3] / "docs" / "confidence.md"


@pytest.mark.parametrize("name", names())
def test_of_every_method_is_known_what_it_costs_and_needs_and_where_it_is_published(name: str) -> None:
    method = create(name)
    assert isinstance(method, (ConfidenceMethod, ChoiceConfidence))
    assert label(method) == name
    assert name in names(method.kind)
    assert str(method.cost)
    assert method.needs
    assert method.paper
    [row] = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}` |")]
    assert [method.paper, str(method.cost), method.needs] == [part.strip() for part in row.split("|")[2:5]]


@pytest.mark.parametrize(
    "name",
    ["p_true(shown=4)", "p_true(replies=(' yes', ' no'), seed=3)", "sequence_mean", "self_consistency(samples=5)"],
)
def test_a_name_with_options_is_read_back(name: str) -> None:
    assert label(create(name)) == name


def test_options_that_are_the_default_and_long_texts_are_not_spelled_out() -> None:
    assert label(PTrue(shown=0)) == "p_true"
    long = label(PTrue("{{ prompt }} {{ answer }}, and is that so, do you think?"))
    assert long.startswith("p_true(template=#")
    assert long == label(PTrue("{{ prompt }} {{ answer }}, and is that so, do you think?"))
    assert long != label(PTrue("{{ prompt }} {{ answer }}, and is that so, do you reckon?"))


def test_methods_are_the_same_that_do_the_same() -> None:
    assert identity(create("p_true(shown=4)")) == identity(PTrue(shown=4)) != identity(PTrue())
    one = create("self_consistency", equivalence=lambda *_: True)
    other = create("self_consistency", equivalence=lambda *_: False)
    assert identity(one) != identity(other)


def test_a_list_is_cut_between_methods_alone() -> None:
    assert read_many("margin, p_true(shown=4, seed=1),entropy") == ["margin", "p_true(shown=4, seed=1)", "entropy"]


@pytest.mark.parametrize("text", ["", "p_true(", "p_true(4)", "a.b", "p_true(shown=len(x))", "p_true(**x)", "1"])
def test_what_is_no_name_is_named(text: str) -> None:
    with pytest.raises(ModelError, match="is no name of a method, nor one with options"):
        create(text)


def test_unknown_methods_and_options_are_named() -> None:
    with pytest.raises(ModelError, match=r"unknown confidence 'guess'; allowed are .*p_true"):
        create("guess")
    with pytest.raises(ModelError, match=r"confidence 'p_true': .*'show'"):
        create("p_true(show=4)")


def test_a_method_for_answers_of_another_kind_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    model = recorded(tmp_path, [{"id": "0", "text": "bees"}])
    choices = [Item("0", "What hums?", (" bees", " stones"), 0)]
    with pytest.raises(ModelError, match="'p_true' is for answers that the model writes, and these items have choices"):
        score(model, choices, confidence="p_true")
    with pytest.raises(ModelError, match=r"'margin' is for choices .*; for them there are .*p_true, prompt_agreement"):
        score(model, asked("What hums?"), confidence="margin")
    with pytest.raises(ModelError, match="of running text it is always the probability of the next token"):
        score(model, [Text("t", "The town book.")], confidence="margin")
    with pytest.raises(ModelError, match="confidence is 3; allowed are the names"):
        score(model, choices, confidence=3)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("self_consistency(equivalence=5)", "unknown equivalence 5; allowed are text, number, entailment:MODEL"),
        ("self_consistency(smoothing=1)", "smoothing is 1; allowed are two numbers"),
        ("self_consistency(smoothing=('a', 'b'))", r"smoothing is \('a', 'b'\); allowed are two numbers"),
        ("p_true(temperature=-1)", "temperature is -1; allowed are 0 and finite numbers above"),
        ("p_true(shown=2, temperature=0)", "2 samples at temperature 0 are all the same text"),
        ("p_true(seed='x')", "seed is 'x'; allowed are whole numbers"),
        ("p_true(replies=(1, 2))", r"replies are \(1, 2\); allowed are two different texts"),
        ("p_true(template=5)", "template is 5; allowed are texts"),
        ("verbalised(prompt=5)", "prompt is 5; allowed are texts with {prompt}"),
        ("verbalised(more_tokens='a')", "more_tokens is 'a'; allowed are whole numbers of at least 0"),
        ("verbalised(more_tokens=-5)", "more_tokens is -5; allowed are whole numbers of at least 0"),
        ("verbalised_two_steps(max_tokens=0)", "max_tokens is 0; allowed are whole numbers of at least 1"),
        ("semantic_entropy(length_normalized='no')", "length_normalized is 'no'; allowed are True and False"),
        ("prompt_agreement(paraphrases=5)", "paraphrases are 5; allowed is a mapping"),
        ("prompt_agreement(variants=5)", "variants are 5; allowed are texts"),
        ("prompt_agreement(variants=(5,))", r"variants are \(5,\); allowed are texts"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        create(name)
