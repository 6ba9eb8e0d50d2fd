"""An answer is as right as a reference entails it, by any sequence classifier: a tiny one, made of a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import ModelError
from pytest_llmcal.scoring.entailment import entailment
from pytest_llmcal.tasks import OpenItem
from pytest_llmcal.tasks.correctness import judge_of

ITEMS = [
    OpenItem("a", "?", ("The old mill burned down.", "A mill is gone.")),
    OpenItem("b", "?", ("Nobody came to the fair, and it rained all day long on the empty tents.",)),
]
TEXTS = [" the mill burned", "nobody came"]


def classifier(folder: Path, labels: list[str], tokenizer: Any) -> str:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
        id2label=dict(enumerate(labels)),
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "old", "mill", "burned", "down", "nobody", "came", "to", "fair"]
    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", model_max_length=512)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> str:
    return classifier(tmp_path_factory.mktemp("nli"), ["contradiction", "neutral", "entailment"], tokenizer)


def test_it_is_the_probability_of_entailment_and_the_best_reference_counts(model: str) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(model).eval()
    tokenizer = AutoTokenizer.from_pretrained(model)
    expected = []
    for text, item in zip(TEXTS, ITEMS, strict=True):
        pairs = [tokenizer(reference, text.strip(), return_tensors="pt") for reference in item.references]
        with torch.inference_mode():
            expected.append(max(float(network(**pair).logits.softmax(-1)[0, 2]) for pair in pairs))
    assert len({round(value, 3) for value in expected}) == 2
    assert judge_of(f"entailment:{model}", {"entailment": entailment})(TEXTS, ITEMS) == pytest.approx(
        expected, abs=1e-5
    )


def test_the_company_of_other_answers_changes_nothing(model: str) -> None:
    judge = entailment(model)
    alone = [judge([text], [item])[0] for text, item in zip(TEXTS, ITEMS, strict=True)]
    assert judge(TEXTS, ITEMS) == pytest.approx(alone)


def test_a_classifier_of_something_else_is_refused(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="one of its labels has to be 'entailment', and they are good, bad"):
        entailment(classifier(tmp_path, ["good", "bad"], tokenizer))
