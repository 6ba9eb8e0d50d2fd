"""The real data as what a project would have: a task description, and answers recorded of another system."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def described(folder: Path, shared: Path, text: str, name: str, **values: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text.format(data=shared / "data" / "tasks", **values), encoding="utf-8")
    return path


def recorded(folder: Path, answers: Iterator[dict[str, Any]]) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("\n".join(json.dumps(answer) for answer in answers) + "\n", encoding="utf-8")
    return path


def trivia(folder: Path, shared: Path) -> tuple[Path, Path]:
    asked = rows(shared / "data/tasks/triviaqa_samples.jsonl.gz")
    answers = ({"prompt": f"Question: {row['question']}\nAnswer:", "samples": row["samples"]} for row in asked)
    return described(folder, shared, TRIVIA, "trivia"), recorded(folder, answers)


def translation(folder: Path, shared: Path, pair: str) -> tuple[Path, Path]:
    asked = rows(shared / f"data/tasks/mlqe_{pair}_dev.jsonl.gz")
    answers = (
        {"prompt": row["source"], "text": row["translation"], "token_log_probabilities": row["token_logprobs"]}
        for row in asked
    )
    return described(folder, shared, TRANSLATION, pair, pair=pair), recorded(folder, answers)


def summaries(folder: Path, shared: Path) -> Path:
    """A table of scores: no answers are written here, they were judged from outside."""
    asked = rows(shared / "data/tasks/xsum_factuality.jsonl.gz")
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
