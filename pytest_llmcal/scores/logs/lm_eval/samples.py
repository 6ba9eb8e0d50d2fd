"""One line of lm_eval's samples, checked for what every later step relies on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.json_lines import Line, json_lines

_KEYS = ("doc_id", "doc", "target", "arguments", "resps", "filtered_resps")
_NO_METRICS = {*_KEYS, "filter", "metrics", "doc_hash", "prompt_hash", "target_hash"}
_EXPECTED = "expected are lines as lm_eval 0.4.3 to 0.4.13 write them"


@dataclass(frozen=True)
class Sample:
    """One item of a task, and what was answered.

    Attributes
    ----------
    place : str
        File and line.
    id : str
        lm_eval's number of the document.
    doc : mapping
        The row of the data set.
    target : str
        What is right, as lm_eval writes it down.
    arguments : list of list
        What each request was made of: mostly a context, and a continuation or options.
    responses, answers : list
        What came of each request, before and after a filter.
    filter : str
        Its name; ``"none"`` where there is none.
    metrics : mapping of str to Any
        What lm_eval made of the answers.
    """

    place: str
    id: str
    doc: Mapping[str, Any]
    target: str
    arguments: list[Sequence[Any]]
    responses: list[Any]
    answers: list[Any]
    filter: str
    metrics: Mapping[str, Any]


def read_samples(path: Path, filtered_by: str | None) -> list[Sample]:
    """Read the samples that went through one filter.

    Raises
    ------
    ScoresError
        If a line is cut off or no sample, an item comes twice, there are none, or it is unclear which filter is meant.
    """
    samples = [_sample(line) for line in json_lines(path)]
    if not samples:
        raise ScoresError(f"{path}: empty; expected one item a line")
    filters = list(dict.fromkeys(sample.filter for sample in samples))
    if filtered_by is None and len(filters) > 1:
        raise ScoresError(
            f"{path}: answers went through the filters {', '.join(map(repr, filters))}; say filtered_by= one of them"
        )
    if filtered_by is not None and filtered_by not in filters:
        raise ScoresError(f"{path}: no answers went through a filter {filtered_by!r}; there are {', '.join(filters)}")
    samples = [sample for sample in samples if filtered_by in (None, sample.filter)]
    seen: dict[str, str] = {}
    for sample in samples:
        if sample.id in seen:
            raise ScoresError(f"{sample.place}: 'doc_id' {sample.id} is also that of {seen[sample.id]}")
        seen[sample.id] = sample.place
    return samples


def _sample(line: Line) -> Sample:
    place, row = line
    missing = [key for key in _KEYS if key not in row]
    if missing:
        raise ScoresError(
            f"{place}: no sample of lm_eval: it has no {', '.join(map(repr, missing))}; {_EXPECTED}, with "
            f"{', '.join(_KEYS)}. Its columns are {', '.join(map(repr, row))}"
        )
    for key in ("resps", "filtered_resps"):
        if not (isinstance(row[key], list) and row[key]):
            raise ScoresError(
                f"{place}: {key!r} must be a list with one entry a request, got {row[key]!r}; {_EXPECTED}"
            )
    if not all(isinstance(response, list) and response for response in row["resps"]):
        raise ScoresError(f"{place}: 'resps' must hold a list for each request, got {row['resps']!r}; {_EXPECTED}")
    return Sample(
        place,
        str(row["doc_id"]),
        row["doc"] if isinstance(row["doc"], dict) else {},
        str(row["target"]),
        _arguments(row["arguments"], len(row["resps"]), place),
        row["resps"],
        row["filtered_resps"],
        str(row.get("filter", "none")),
        {key: value for key, value in row.items() if key not in _NO_METRICS},
    )


def _arguments(written: Any, requests: int, place: str) -> list[Sequence[Any]]:
    """Read what the requests were made of: objects with numbered keys, or lists in older files."""
    try:
        if isinstance(written, dict):
            named = [written[f"gen_args_{number}"] for number in range(len(written))]
            found: list[Sequence[Any]] = [[one[f"arg_{number}"] for number in range(len(one))] for one in named]
        else:
            found = [list(one) for one in written]
    except (KeyError, TypeError):
        found = []
    if len(found) != requests:
        raise ScoresError(f"{place}: 'arguments' does not tell what each of {requests} requests was; {_EXPECTED}")
    return found
