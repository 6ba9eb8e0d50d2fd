"""From lm_eval's files to items with answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_llmcal.measurement import About
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.lm_eval.choices import weighed
from pytest_llmcal.scores.logs.lm_eval.files import SamplesFile, samples_files
from pytest_llmcal.scores.logs.lm_eval.samples import Sample, read_samples
from pytest_llmcal.scores.logs.lm_eval.texts import Extract, judged
from pytest_llmcal.scores.logs.logged import Judged, Logged, Weighed, fingerprint, named_groups


def read_lm_eval(
    path: str | Path,
    *,
    model: str | None,
    normalization: str,
    metric: str | None,
    filtered_by: str | None,
    confidence: str | None,
    extract: Extract | None,
    groups: Sequence[str],
) -> Logged:
    """Read one file, or the files of several tasks; parameters as for ``Scores.from_lm_eval``."""
    files = samples_files(path)
    samples = [_whole(file, read_samples(file.path, filtered_by)) for file in files]
    answers = [
        weighed(part, normalization, file.delimiter)
        if _is_choice(part[0])
        else judged(part, metric, confidence, extract)
        for file, part in zip(files, samples, strict=True)
    ]
    several = len(files) > 1
    every = [sample for part in samples for sample in part]
    found = named_groups(groups, [(sample.place, sample.doc) for sample in every], "'doc'")
    if several:
        found["task"] = [file.task for file, part in zip(files, samples, strict=True) for _ in part]
    return Logged(
        answers=_joined(answers, files),
        ids=[
            f"{file.task}/{sample.id}" if several else sample.id
            for file, part in zip(files, samples, strict=True)
            for sample in part
        ],
        groups=found,
        clusters=None,
        about=About(
            model=model or _model(files),
            revision=files[0].revision,
            task=files[0].task if not several else f"{files[0].task} and {len(files) - 1} more",
            data=fingerprint([sample.doc, sample.target, sample.arguments] for sample in every),
        ),
    )


def _whole(file: SamplesFile, samples: list[Sample]) -> list[Sample]:
    if file.items is not None and len(samples) != file.items:
        raise ScoresError(
            f"{file.path}: {len(samples)} items, where the results beside it count {file.items}; expected are all"
        )
    return samples


def _is_choice(sample: Sample) -> bool:
    first = sample.responses[0][0]
    if len(sample.arguments[0]) < 2:
        raise ScoresError(
            f"{sample.place}: the likelihood of a whole text; expected are choices (output type multiple_choice) or "
            "texts that were written (generate_until)"
        )
    return not isinstance(first, str)


def _joined(answers: Sequence[Weighed | Judged], files: Sequence[SamplesFile]) -> Weighed | Judged:
    choices = [part for part in answers if isinstance(part, Weighed)]
    if len(choices) == len(answers):
        return Weighed(
            [row for part in choices for row in part.logits], [label for part in choices for label in part.labels]
        )
    others = [part for part in answers if isinstance(part, Judged)]
    if len(others) == len(answers):
        return Judged(
            [value for part in others for value in part.confidence],
            [value for part in others for value in part.correct],
        )
    kinds = [
        f"{file.task} ({'all choices' if isinstance(part, Weighed) else 'one confidence'})"
        for file, part in zip(files, answers, strict=True)
    ]
    raise ScoresError(f"these tasks cannot be pooled, since they log different things: {', '.join(kinds)}")


def _model(files: Sequence[SamplesFile]) -> str | None:
    named = {file.model: file for file in files}
    if len(named) > 1:
        (one, first), (other, second), *_ = named.items()
        raise ScoresError(f"{first.path} is of the model {one!r}, {second.path} of {other!r}; scores are of one model")
    return files[0].model
