"""Answers are parted into classes of the same meaning, by whatever relation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.confidence.equivalence import Pair, equivalence, partitions
from pytest_llmcal.scoring.confidence.equivalence.embedding import Embedding
from pytest_llmcal.scoring.confidence.equivalence.entailment import Entailment
from pytest_llmcal.scoring.confidence.equivalence.readers import Classifier
from pytest_llmcal.scoring.confidence.equivalence.relation import OneByOne
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.threads import threads_for


class Noting:
    """Equal numbers are the same; notes what it is asked at once."""

    def __init__(self) -> None:
        self.asked: list[list[Pair]] = []

    def same(self, pairs):
        self.asked.append(list(pairs))
        return [float(pair.one) == float(pair.other) for pair in pairs]


def classes_of(parted: list[int], texts: list[str]) -> set[frozenset[str]]:
    return {frozenset(text for text, each in zip(texts, parted, strict=True) if each == number) for number in parted}


def test_all_questions_are_asked_about_together_and_equal_texts_not_at_all() -> None:
    noting = Noting()
    parted = partitions(noting, ["p", "q"], [["1", "2.0", "1.0", " 1", "2"], ["3", "3"]])
    assert parted == [[0, 1, 0, 0, 1], [0, 0]]
    assert noting.asked == [
        [Pair("p", "1", "1.0"), Pair("p", "1", "2"), Pair("p", "1", "2.0")],
        [Pair("p", "2", "2.0")],
    ]


def test_an_answer_joins_the_first_class_whose_first_member_it_is_the_same_as() -> None:
    # 1 and 3 are both the same as 2 and not as each other
    near = OneByOne(lambda _, one, other: abs(int(one) - int(other)) <= 1)
    assert partitions(near, ["q"], [["1", "3", "2"]]) == [[0, 1, 0]]
    assert partitions(near, ["q"], [["1", "3", "2", "2"]]) == [[0, 0, 0, 0]]  # the most frequent text comes first


@given(st.permutations(["1", "1", "3", "2", "4", "2", "7", "", "6", "3"]))
def test_classes_do_not_depend_on_the_order_of_the_samples(texts: list[str]) -> None:
    near = OneByOne(lambda _, one, other: abs(int(one) - int(other)) <= 1)
    [parted] = partitions(near, ["q"], [texts])
    assert classes_of(parted, texts) == {frozenset(each) for each in ({"1", "2"}, {"3", "4"}, {"7", "6"}, {""})}
    assert parted[0] == 0


def test_an_empty_answer_is_the_same_as_an_empty_answer_only() -> None:
    yes = OneByOne(lambda *_: True)
    assert partitions(yes, ["q"], [["", "a", " ", "b"]]) == [[0, 1, 0, 1]]


def test_relations_have_names_and_an_unknown_one_is_told_which() -> None:
    assert equivalence("text").same([Pair("q", "A  cat!", "cat"), Pair("q", "?", "!")]) == [True, False]
    sums = [Pair("q", "It is 18.", "$18.00"), Pair("q", "18", "19"), Pair("q", "none", "None."), Pair("q", "none", "0")]
    assert equivalence("number").same(sums) == [True, False, True, False]
    assert equivalence("entailment:some/model") == Entailment("some/model")
    assert equivalence("embedding:some/model") == Embedding("some/model")
    assert equivalence(lambda question, one, other: one in question and other in question).same(
        [Pair("a or b", "a", "b"), Pair("a or b", "a", "c")]
    ) == [True, False]
    for unknown in ("texts", "entailment", "embedding:", "nli:some/model"):
        with pytest.raises(
            ModelError, match=f"unknown equivalence '{unknown}'; allowed are text, number, entailment:MODEL"
        ):
            equivalence(unknown)
    with pytest.raises(ModelError, match=r"threshold is 1\.5; allowed is -1 to 1"):
        Embedding("some/model", threshold=1.5)


WORDS = ["paris", "is", "the", "capital", "of", "france", "london", "where", "it", "big", "which", "old", "town"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[int, str]], Path]:
    """Make a small random classifier with these labels."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    def make(labels: dict[int, str]) -> Path:
        folder = tmp_path_factory.mktemp("bert")
        (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]))
        tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=40)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=64, max_position_embeddings=48, initializer_range=0.5, id2label=labels,
            label2id={label: number for number, label in labels.items()},
        )  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(3)
            BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


NLI = {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}


def some_pairs() -> list[Pair]:
    draw = np.random.default_rng(0)

    def text(words: int) -> str:
        return " ".join(draw.choice(WORDS, words))

    return [Pair(text(draw.integers(1, 12)), text(draw.integers(1, 5)), text(draw.integers(1, 5))) for _ in range(30)]


def test_entailment_is_asked_both_ways_behind_the_question(bert: Callable[[dict[int, str]], Path]) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder, pairs = bert(NLI), some_pairs()
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def follows(premise: str, hypothesis: str) -> bool:
        with torch.inference_mode(), threads_for(0):
            return network(**tokenizer(premise, hypothesis, return_tensors="pt")).logits.argmax().item() == 2

    both = [(follows(f"{q} {one}", f"{q} {other}"), follows(f"{q} {other}", f"{q} {one}")) for q, one, other in pairs]
    assert Entailment(str(folder), device="cpu", batch=7).same(pairs) == [forth and back for forth, back in both]
    assert len(set(both)) == 4  # all that can happen did


def test_of_a_question_that_is_too_long_the_end_and_the_answer_are_read(
    bert: Callable[[dict[int, str]], Path],
) -> None:
    reader = Classifier(str(bert(NLI)), "cpu")
    question = "which town is it " * 40
    [(_, encoded)] = reader.batches([(f"{question} paris", f"{question} london")], 1)
    [tokens] = encoded["input_ids"].tolist()
    names = reader._tokenizer.convert_ids_to_tokens(tokens)
    assert len(names) == 40
    assert names[names.index("[SEP]") - 2 :][:3] == ["it", "paris", "[SEP]"]
    assert names[-3:] == ["it", "london", "[SEP]"]


def test_a_classifier_without_entailment_says_which_labels_it_has(bert: Callable[[dict[int, str]], Path]) -> None:
    relation = Entailment(str(bert({0: "NEGATIVE", 1: "POSITIVE"})), device="cpu")
    with pytest.raises(ModelError, match="has to be 'entailment', and they are NEGATIVE, POSITIVE"):
        relation.same([Pair("q", "a", "b")])


def test_a_model_that_was_not_trained_to_classify_is_no_classifier(model_folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match="they would be random numbers"):
        Entailment(str(model_folder("gpt2")), device="cpu").same([Pair("q", "a", "b")])


@pytest.mark.parametrize("family", ["bert", "gpt2", "t5"])
def test_embeddings_are_mean_hidden_states_whatever_is_read_beside_them(
    family: str, bert: Callable[[dict[int, str]], Path], model_folder: Callable[[str], Path]
) -> None:
    from transformers import AutoModel, AutoTokenizer

    folder = bert(NLI) if family == "bert" else model_folder(family)
    pairs = some_pairs()[:8]
    network: Any = AutoModel.from_pretrained(folder).eval()
    network = network.get_encoder() if network.config.is_encoder_decoder else network
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def mean(text: str) -> torch.Tensor:
        with torch.inference_mode(), threads_for(0):
            return network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)

    cosines = [torch.cosine_similarity(mean(one), mean(other), dim=0).item() for _, one, other in pairs]
    threshold = float(np.median(cosines))  # between the two in the middle
    relation = Embedding(str(folder), threshold, device="cpu", batch=7)
    assert relation.same(pairs) == [cosine >= threshold for cosine in cosines]
