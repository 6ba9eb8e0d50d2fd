"""From a log of Inspect to items with answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_llmcal.measurement import About
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.inspect.confidence import answers_of
from pytest_llmcal.scores.logs.inspect.files import read_log
from pytest_llmcal.scores.logs.inspect.samples import Sample, judged_samples
from pytest_llmcal.scores.logs.logged import Logged, fingerprint, named_groups


def read_inspect(
    path: str | Path,
    *,
    model: str | None,
    confidence: str | None,
    scorer: str | None,
    unscored: str,
    groups: Sequence[str],
) -> Logged:
    """Read one log; parameters as for ``Scores.from_inspect``."""
    if unscored not in ("error", "leave out"):
        raise ScoresError(f"unscored must be 'error' or 'leave out', got {unscored!r}")
    log = read_log(Path(path))
    samples = judged_samples(log.samples, scorer, unscored)
    again = len({sample.epoch for sample in samples}) > 1
    columns = [(sample.place, _columns(sample)) for sample in samples]
    return Logged(
        answers=answers_of(samples, confidence),
        ids=[f"{sample.id}#{sample.epoch}" if again else sample.id for sample in samples],
        groups=named_groups(groups, columns, "'metadata'"),
        clusters=[sample.id for sample in samples] if again else None,
        about=About(
            model=model or log.model,
            task=log.task,
            data=fingerprint(
                [sample.id, *(sample.sample.get(key) for key in ("input", "choices", "target"))] for sample in samples
            ),
        ),
    )


def _columns(sample: Sample) -> dict[str, object]:
    metadata = sample.sample.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
