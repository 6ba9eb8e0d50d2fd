"""Logs as inspect_ai 0.3.285 lays them out, small and made by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

HEADER = {
    "version": 2,
    "status": "success",
    "eval": {"task": "rivers", "model": "hf/model", "packages": {"inspect_ai": "0.3.285"}},
}


def lettered(identity: str, probabilities: list[float], target: str, *, written: str | None = None, **more: Any):
    """A sample of multiple choice, with the probabilities of its letters."""
    letters = "ABCDEF"[: len(probabilities)]
    top = [{"token": f"Ġ{letter}", "logprob": math.log(p)} for letter, p in zip(letters, probabilities, strict=True)]
    written = written or letters[max(range(len(letters)), key=probabilities.__getitem__)]
    tokens = [
        {"token": "ANSWER:", "logprob": -0.1, "top_logprobs": []},
        {"token": f"Ġ{written}", "logprob": top[letters.index(written)]["logprob"], "top_logprobs": top},
    ]
    return {
        "id": identity,
        "epoch": 1,
        "input": f"question {identity}",
        "choices": ["the Nile", "the Danube", "the Volta", "the Niger"][: len(letters)],
        "target": target,
        "metadata": {"region": "north"},
        "output": {"choices": [{"logprobs": {"content": tokens}}], "completion": f"ANSWER: {written}"},
        "scores": {"choice": {"value": "C" if written == target else "I", "answer": written}},
    } | more


def written(identity: str, text: str, value: Any, *, epoch: int = 1, logs: list[float] | None = None, **more: Any):
    """A sample whose answer is a text."""
    said: dict[str, Any] = {"message": {"content": text}}
    if logs is not None:
        said["logprobs"] = {"content": [{"token": "x", "logprob": log} for log in logs]}
    return {
        "id": identity,
        "epoch": epoch,
        "input": f"question {identity}",
        "target": "42",
        "output": {"choices": [said], "completion": text},
        "scores": {"match": {"value": value, "answer": text}},
    } | more


LETTERS = [lettered("a", [0.6, 0.3], "A"), lettered("b", [0.2, 0.5, 0.1], "C")]
TWICE = [written(name, text, value, epoch=epoch) for name, text, value, epoch in [
    ("a", "42", "C", 1), ("b", "7", "I", 1), ("a", "42", "C", 2), ("b", "42", "C", 2),
]]  # fmt: skip


def save(folder: Path, samples: list[dict[str, Any]], **header: Any) -> Path:
    """Write a plain log."""
    path = folder / "log.json"
    results = {"results": {"total_samples": len(samples), "scores": []}}
    path.write_text(json.dumps(HEADER | results | header | {"samples": samples}, indent=1), encoding="utf-8")
    return path


def pack(folder: Path, samples: list[dict[str, Any]], *, over: bool = True, **header: Any) -> Path:
    """Write a packed log; of a run that is not over, without its header."""
    path = folder / "log.eval"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps(HEADER))
        for sample in samples:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
        if over:
            results = {"results": {"total_samples": len(samples), "scores": []}}
            archive.writestr("header.json", json.dumps(HEADER | results | header))
    return path
