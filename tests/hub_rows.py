"""Invented rows with the columns and types that data sets have on the hub, in folders laid out as they are there.

A folder of a data set's name beside a description takes the hub's place, and goes the same way through ``datasets``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Features, Sequence, Translation, Value
from pyarrow import Table, parquet

ROWS = 24
"""In each split."""

TEXT, NUMBER = Value("string"), Value("int32")
TEXTS = Sequence(TEXT)
LETTERS = ClassLabel(names=["A", "B", "C", "D"])


@dataclass(frozen=True)
class HubDataset:
    """A data set: where its files lie and what is in them; ``{split}`` stands for the split's name."""

    source: str
    files: str
    splits: tuple[str, ...]
    features: Mapping[str, Any]
    row: Callable[[int], dict[str, Any]]
    config: str | None = None

    def write(self, folder: Path) -> None:
        """Write the data set into the folder of its name, with the configuration as the hub's page declares it."""
        root = folder / self.source
        for place, split in enumerate(self.splits):
            path = root / self.files.format(split=split)
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [self.row(place * ROWS + number) for number in range(ROWS)]
            parquet.write_table(Table.from_pylist(rows, schema=Features(self.features).arrow_schema), path)
        if self.config is not None:
            files = "".join(
                f"  - split: {split}\n    path: {self.files.format(split=split)}\n" for split in self.splits
            )
            text = f"---\nconfigs:\n- config_name: {self.config}\n  data_files:\n{files}---\n"
            (root / "README.md").write_text(text, encoding="utf-8")


def mmlu(n: int) -> dict[str, Any]:
    twice = n == 5  # some questions offer the same choice twice
    choices = [f"choice {n}", f"choice {n}" if twice else "none", "some", "all"]
    return {"question": f"What is item {n}?", "subject": f"subject_{n % 2}", "choices": choices, "answer": n % 4}


def arc(n: int) -> dict[str, Any]:
    labels = ["1", "2", "3"] if n % 8 == 3 else ["A", "B", "C", "D"]
    texts = [f"choice {n}", "none", "some", "all"][: len(labels)]
    return {
        "id": f"Exam_{n}",
        "question": f"What is item {n}?",
        "choices": {"text": texts, "label": labels},
        "answerKey": labels[n % 3],
    }


def truthfulqa(n: int) -> dict[str, Any]:
    choices = ["It is not.", "It is.", "It may be."]
    targets = {"choices": choices, "labels": [1, 0, 0]}
    return {"question": f"Is item {n} lucky?", "mc1_targets": targets, "mc2_targets": targets}


def hellaswag(n: int) -> dict[str, Any]:
    begin = f"A man looks at item {n}."
    endings = [f"he takes it {how}." for how in ("home", "away", "apart")] + ["he smiles."]
    return {
        "ind": n,
        "activity_label": "Collecting",
        "ctx_a": begin,
        "ctx_b": "then",
        "ctx": f"{begin} then",
        "endings": endings[:2] * 2 if n == 5 else endings,
        "source_id": f"activitynet~v_{n}",
        "split": "val",
        "split_type": ("indomain", "zeroshot")[n % 2],
        "label": str(n % 4),
    }


def winogrande(n: int) -> dict[str, Any]:
    sentence = f"Ann gave Bea item {n}, for _ had two."
    return {"sentence": sentence, "option1": "Ann", "option2": "Bea", "answer": "12"[n % 2]}


def boolq(n: int) -> dict[str, Any]:
    return {"question": f"is item {n} heavy", "answer": n % 3 == 0, "passage": f"Item {n} weighs a lot."}


def triviaqa(n: int) -> dict[str, Any]:
    return {
        "question": f"Which is item {n}?",
        "question_id": f"tc_{n}",
        "question_source": "http://quiz.example",
        "answer": {
            "aliases": [f"Answer {n}", f"The {n}"],
            "normalized_aliases": [f"answer {n}"],
            "value": f"Answer {n}",
            "normalized_value": f"answer {n}",
            "type": "WikipediaEntity",
            "matched_wiki_entity_name": "",
            "normalized_matched_wiki_entity_name": "",
        },
        "entity_pages": {"doc_source": [], "filename": [], "title": [], "wiki_context": []},
    }


def gsm8k(n: int) -> dict[str, Any]:
    return {"question": f"How much is item {n}?", "answer": f"It is {n} * 1 = <<{n}*1={n}>>{n}.\n#### {n}"}


def wmt(n: int) -> dict[str, Any]:
    return {"translation": {"ro": f"Acesta este item {n}", "en": f"Answer {n}"}}


def xsum(n: int) -> dict[str, Any]:
    return {"document": "" if n == 5 else f"It was found.\nIt is item {n}", "summary": f"Answer {n}", "id": str(n)}


def soda(n: int) -> dict[str, Any]:
    dialogue = ["Hi!"] if n == 5 else ["Which is it?", "What?", f"Do you know item {n}?", f"Answer {n}"]
    return {
        "head": "",
        "relation": "xReact",
        "tail": "",
        "literal": "",
        "narrative": "Two people talk.",
        "dialogue": dialogue,
        "speakers": ["Ann", "Bea"] * (len(dialogue) // 2) or ["Ann"],
        "original_index": n,
        "split": "test",
        "PersonX": "Ann",
        "PersonY": "Bea",
        "PersonZ": "",
    }


def bbq(n: int) -> dict[str, Any]:
    """Invented towns in the place of people; a question, its negation, each with and without a telling context."""
    negative, ambiguous = n % 2 == 0, n % 4 < 2
    return {
        "example_id": n,
        "question_index": str(n),
        "question_polarity": "neg" if negative else "nonneg",
        "context_condition": "ambig" if ambiguous else "disambig",
        "category": "Religion",
        "answer_info": {"ans0": ["one of Ar", "Ar"], "ans1": ["one of Ur", "Ur"], "ans2": ["Not known", "unknown"]},
        "additional_metadata": {"subcategory": "", "stereotyped_groups": ["Ar"], "version": "a", "source": ""},
        "context": f"One of Ar and one of Ur saw item {n}.",
        "question": f"Who {'took' if negative else 'returned'} it?",
        "ans0": "The one of Ar",
        "ans1": "The one of Ur",
        "ans2": "Not known",
        "label": 2 if ambiguous else n // 4 % 2,
    }


_TARGETS = {"choices": TEXTS, "labels": Sequence(NUMBER)}
_ENTITY = ("matched_wiki_entity_name", "normalized_matched_wiki_entity_name")
_SODA_TEXTS = ("head", "relation", "tail", "literal", "narrative", "split", "PersonX", "PersonY", "PersonZ")
_BBQ_TEXTS = ("question_index", "question_polarity", "context_condition", "category", "context", "question")

HUB = {
    "mmlu": HubDataset(
        "cais/mmlu",
        "all/{split}-00000-of-00001.parquet",
        ("test", "validation"),
        {"question": TEXT, "subject": TEXT, "choices": TEXTS, "answer": LETTERS},
        mmlu,
        "all",
    ),
    "arc": HubDataset(
        "allenai/ai2_arc",
        "ARC-Challenge/{split}-00000-of-00001.parquet",
        ("test", "validation"),
        {"id": TEXT, "question": TEXT, "choices": {"text": TEXTS, "label": TEXTS}, "answerKey": TEXT},
        arc,
        "ARC-Challenge",
    ),
    "truthfulqa": HubDataset(
        "truthfulqa/truthful_qa",
        "multiple_choice/{split}-00000-of-00001.parquet",
        ("validation",),
        {"question": TEXT, "mc1_targets": _TARGETS, "mc2_targets": _TARGETS},
        truthfulqa,
        "multiple_choice",
    ),
    "hellaswag": HubDataset(
        "Rowan/hellaswag",
        "data/{split}-00000-of-00001.parquet",
        ("validation",),
        {"ind": NUMBER, "endings": TEXTS}
        | dict.fromkeys(("activity_label", "ctx_a", "ctx_b", "ctx", "source_id", "split", "split_type", "label"), TEXT),
        hellaswag,
    ),
    "winogrande": HubDataset(
        "allenai/winogrande",
        "winogrande_xl/{split}-00000-of-00001.parquet",
        ("validation",),
        dict.fromkeys(("sentence", "option1", "option2", "answer"), TEXT),
        winogrande,
        "winogrande_xl",
    ),
    "boolq": HubDataset(
        "google/boolq",
        "data/{split}-00000-of-00001.parquet",
        ("validation",),
        {"question": TEXT, "answer": Value("bool"), "passage": TEXT},
        boolq,
    ),
    "triviaqa": HubDataset(
        "mandarjoshi/trivia_qa",
        "rc.nocontext/{split}-00000-of-00001.parquet",
        ("validation",),
        {
            "question": TEXT,
            "question_id": TEXT,
            "question_source": TEXT,
            "answer": {"aliases": TEXTS, "normalized_aliases": TEXTS}
            | dict.fromkeys(("value", "normalized_value", "type", *_ENTITY), TEXT),
            "entity_pages": dict.fromkeys(("doc_source", "filename", "title", "wiki_context"), TEXTS),
        },
        triviaqa,
        "rc.nocontext",
    ),
    "gsm8k": HubDataset(
        "openai/gsm8k",
        "main/{split}-00000-of-00001.parquet",
        ("test",),
        {"question": TEXT, "answer": TEXT},
        gsm8k,
        "main",
    ),
    "wmt": HubDataset(
        "wmt/wmt16",
        "ro-en/{split}-00000-of-00001.parquet",
        ("test", "validation"),
        {"translation": Translation(languages=["ro", "en"])},
        wmt,
        "ro-en",
    ),
    "xsum": HubDataset(
        "EdinburghNLP/xsum",
        "data/{split}-00000-of-00001.parquet",
        ("test",),
        {"document": TEXT, "summary": TEXT, "id": TEXT},
        xsum,
    ),
    "soda": HubDataset(
        "allenai/soda",
        "{split}.parquet",
        ("test",),
        dict.fromkeys(_SODA_TEXTS, TEXT) | {"dialogue": TEXTS, "speakers": TEXTS, "original_index": NUMBER},
        soda,
    ),
    "bbq": HubDataset(
        "oskarvanderwal/bbq",
        "Religion/{split}-00000-of-00001.parquet",
        ("test",),
        dict.fromkeys((*_BBQ_TEXTS, "ans0", "ans1", "ans2"), TEXT)
        | {
            "example_id": NUMBER,
            "answer_info": dict.fromkeys(("ans0", "ans1", "ans2"), TEXTS),
            "additional_metadata": dict.fromkeys(("subcategory", "version", "source"), TEXT)
            | {"stereotyped_groups": TEXTS},
            "label": ClassLabel(names=["ans0", "ans1", "ans2"]),
        },
        bbq,
        "Religion",
    ),
}
"""The data set of each suite under ``suites/hub/``, by the suite's name."""
