"""Which files are meant, and what stands beside them: lm_eval keeps the model's name in another file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from pytest_llmcal.scores.errors import ScoresError

_NAME = re.compile(r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)")


@dataclass(frozen=True)
class SamplesFile:
    """One file of samples.

    Attributes
    ----------
    path : Path
    task : str
        From its name; of a file that was renamed, the new one.
    model, revision : str or None
        From the results that lm_eval wrote at the same time, where they lie beside it.
    items : int or None
        How many items these results count.
    delimiter : str or None
        What stands between context and choice, where they tell: a chat template may take it away.
    """

    path: Path
    task: str
    model: str | None = None
    revision: str | None = None
    items: int | None = None
    delimiter: str | None = None


def samples_files(path: str | Path) -> list[SamplesFile]:
    """Find the files that a path or a pattern such as ``samples_mmlu_*.jsonl`` means.

    Raises
    ------
    ScoresError
        If there are none, or two of one task.
    """
    # A file's own name may hold what a pattern gives a meaning to.
    paths = [str(path)] if Path(path).is_file() else sorted(glob(str(path)))  # noqa: PTH207  # Path.glob needs a folder
    if not paths:
        raise ScoresError(f"{path}: no such file; expected lm_eval's samples_TASK_TIME.jsonl, or a pattern for several")
    files = [_described(Path(name)) for name in paths]
    seen: dict[str, SamplesFile] = {}
    for file in files:
        if file.task in seen:
            raise ScoresError(
                f"{file.path}: samples of the task {file.task!r}, as in {seen[file.task].path}; name the run that is "
                "meant"
            )
        seen[file.task] = file
    return files


def _described(path: Path) -> SamplesFile:
    stem = path.name.removesuffix(".gz").removesuffix(".jsonl")
    named = _NAME.fullmatch(stem)
    if named is None:
        return SamplesFile(path, stem)
    beside = sorted(path.parent.glob(f"*_{named['time']}.json"))
    if not beside:
        return SamplesFile(path, named["task"])
    results = _results(beside[0])
    count = _within(results, "n-samples", named["task"], "effective")
    return SamplesFile(
        path,
        named["task"],
        results.get("model_name") or None,
        _within(results, "config", "model_sha") or None,
        count if isinstance(count, int) else None,
        None if results.get("chat_template") else _within(results, "configs", named["task"], "target_delimiter"),
    )


def _results(path: Path) -> dict[str, Any]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ScoresError(f"{path}: the results beside the samples are not JSON: {error}") from None
    if not isinstance(results, dict):
        raise ScoresError(f"{path}: the results beside the samples are no object")
    return results


def _within(results: Any, *keys: str) -> Any:
    for key in keys:
        results = results.get(key) if isinstance(results, dict) else None
    return results
