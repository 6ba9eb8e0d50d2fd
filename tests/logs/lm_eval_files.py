"""Files as lm_eval 0.4.13 lays them out, small and made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TIME = "2031-04-05T06-07-08.123456"


def choice(number: int, likelihoods: list[float], answer: int, *, choices=None, **more: Any) -> dict[str, Any]:
    """A line of a multiple choice task."""
    choices = choices or [f"choice {'x' * place}" for place in range(len(likelihoods))]
    pairs = [[str(value), "False"] for value in likelihoods]
    return {
        "doc_id": number,
        "doc": {"question": f"question {number}", "region": "north" if number % 2 else "south"},
        "target": str(answer),
        "arguments": {
            f"gen_args_{place}": {"arg_0": f"question {number}", "arg_1": f" {text}"}
            for place, text in enumerate(choices)
        },
        "resps": [[pair] for pair in pairs],
        "filtered_resps": pairs,
        "filter": "none",
        "metrics": ["acc"],
        "acc": float(max(range(len(likelihoods)), key=likelihoods.__getitem__) == answer),
    } | more


def written(number: int, texts: list[str], judged: str, right: float, **more: Any) -> dict[str, Any]:
    """A line of a generation task."""
    return {
        "doc_id": number,
        "doc": {"question": f"question {number}"},
        "target": "42",
        "arguments": {"gen_args_0": {"arg_0": f"question {number}", "arg_1": {"until": ["\n"]}}},
        "resps": [texts],
        "filtered_resps": [judged],
        "filter": "first",
        "metrics": ["exact_match"],
        "exact_match": right,
    } | more


CHOICES = [choice(0, [-1.0, -2.0, -3.0], 0), choice(1, [-1.0, -0.5], 0), choice(2, [-4.0, -1.0, -1.5], 1)]
TEXTS = [written(0, ["42", "42 ", "7", "42"], "42", 1.0), written(1, ["1", "2", "1", "3"], "1", 0.0)]


def save(folder: Path, samples: list[dict[str, Any]], task: str = "rivers") -> Path:
    path = folder / f"samples_{task}_{TIME}.jsonl"
    path.write_text("".join(f"{json.dumps(sample)}\n" for sample in samples), encoding="utf-8")
    return path


def save_results(folder: Path, counts: dict[str, int], model: str = "org/model", delimiter: str = " ") -> Path:
    path = folder / f"results_{TIME}.json"
    results = {
        "model_name": model,
        "config": {"model_sha": "abc123"},
        "configs": {task: {"target_delimiter": delimiter} for task in counts},
        "n-samples": {task: {"original": count, "effective": count} for task, count in counts.items()},
    }
    path.write_text(json.dumps(results), encoding="utf-8")
    return path
