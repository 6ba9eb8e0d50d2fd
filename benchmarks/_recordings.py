"""The real data as what a project would have: a task description, and answers recorded of another system."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pytest_llmcal.scoring import Model, Request
from pytest_llmcal.tasks import OpenItem

TRIVIA = """
source = "{data}/triviaqa_samples.jsonl.gz"
references = "answer"
calibration = 0.5
"""

TRANSLATION = """
source = "{data}/mlqe_{pair}_dev.jsonl.gz"
question = "source"
template = "{{{{ question }}}}"
judged = "translation"
judgement = "human_mean"
judgement_range = [0, 100]
calibration = 0.5
"""

DIALOGUE = '''
source = "{data}/taskmaster3_reward.jsonl.gz"
template = """
{{{{ context[-1].role }}}}: {{{{ context[-1].text if 'text' in context[-1] else context[-1] | tojson }}}}
agent:"""
judged = "{{{{ reply.text if 'text' in reply else reply.api | tojson }}}}"
judgement = "reward"
calibration = 0.5
'''

ARITHMETIC = """
source = "{data}/gsm8k_test.jsonl.gz"
references = "answer"
correctness = "last_number"
max_tokens = 40
stop = []
calibration = 0
"""


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def described(folder: Path, data: Path, text: str, name: str, **values: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text.format(data=data / "tasks", **values), encoding="utf-8")
    return path


def recorded(folder: Path, answers: Iterable[dict[str, Any]]) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("\n".join(json.dumps(answer) for answer in answers) + "\n", encoding="utf-8")
    return path


def trivia(folder: Path, data: Path) -> tuple[Path, Path]:
    asked = rows(data / "tasks/triviaqa_samples.jsonl.gz")
    answers = ({"prompt": f"Question: {row['question']}\nAnswer:", "samples": row["samples"]} for row in asked)
    return described(folder, data, TRIVIA, "trivia"), recorded(folder, answers)


def translation(folder: Path, data: Path, pair: str) -> tuple[Path, Path]:
    asked = rows(data / f"tasks/mlqe_{pair}_dev.jsonl.gz")
    answers = (
        {"prompt": row["source"], "text": row["translation"], "token_log_probabilities": row["token_logprobs"]}
        for row in asked
    )
    return described(folder, data, TRANSLATION, pair, pair=pair), recorded(folder, answers)


def dialogue(folder: Path, items: Sequence[OpenItem], model: Model) -> Path:
    """Record replies, as likely as another model finds them: whoever wrote them kept no probabilities.

    How likely each token is was not kept apart either: their mean is what ``sequence_mean`` is made of.
    """
    weighed = model.log_likelihoods([Request(item.id, item.prompt, f" {item.judged}") for item in items])
    return recorded(
        folder,
        (
            {"id": item.id, "text": item.judged, "token_log_probabilities": [found.total / found.tokens]}
            for item, found in zip(items, weighed, strict=True)
        ),
    )


def summaries(folder: Path, data: Path) -> Path:
    """Write a table of scores: here no model is asked, answers were judged from outside."""
    asked = rows(data / "tasks/xsum_factuality.jsonl.gz")
    path = folder / "summaries.jsonl"
    table = (
        {
            "confidence": row["entailment_probability"],
            "correct": sum(row["human_factual_votes"]) / len(row["human_factual_votes"]),
            "system": row["system"],
        }
        for row in asked
    )
    path.write_text("\n".join(map(json.dumps, table)), encoding="utf-8")
    return path
