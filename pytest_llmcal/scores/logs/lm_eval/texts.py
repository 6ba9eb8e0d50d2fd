"""Generation: what lm_eval judged, and how often the model wrote the same when it was asked again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.lm_eval.samples import Sample
from pytest_llmcal.scores.logs.logged import Judged, proportion

CONFIDENCE = "confidence"

Extract = str | Callable[[str], str | None]


def judged(samples: Sequence[Sample], metric: str | None, confidence: str | None, extract: Extract | None) -> Judged:
    """Return the correctness that lm_eval logged, with a confidence.

    Raises
    ------
    ScoresError
        If it is unclear which metric says what is right, or nothing says how sure the model is.
    """
    metric = metric or _metric(samples[0])
    return Judged(
        [_confidence(sample, confidence, extract) for sample in samples],
        [proportion(_logged(sample, metric), sample.place, repr(metric)) for sample in samples],
    )


def _metric(sample: Sample) -> str:
    names = [name for name in sample.metrics if name != CONFIDENCE]
    if len(names) == 1 or "exact_match" in names:
        return "exact_match" if "exact_match" in names else names[0]
    raise ScoresError(
        f"{sample.place}: which metric tells what is right? say metric= one of {', '.join(map(repr, names)) or 'none'}"
    )


def _logged(sample: Sample, metric: str) -> object:
    if metric not in sample.metrics:
        there = ", ".join(map(repr, sample.metrics)) or "none"
        raise ScoresError(f"{sample.place}: no metric {metric!r} was logged; those that were: {there}")
    return sample.metrics[metric]


def _confidence(sample: Sample, name: str | None, extract: Extract | None) -> float:
    if name is None and CONFIDENCE in sample.metrics:
        name = CONFIDENCE
    if name is not None:
        return proportion(_logged(sample, name), sample.place, repr(name))
    return _share(sample, extract)


def _share(sample: Sample, extract: Extract | None) -> float:
    """Return how many of the repeats give the answer that was judged."""
    texts = sample.responses[0]
    if len(sample.responses) != 1 or not all(isinstance(text, str) for text in texts):
        raise ScoresError(f"{sample.place}: 'resps' of a generation must be a list of texts, got {sample.responses!r}")
    if len(texts) < 2:
        raise ScoresError(
            f"{sample.place}: nothing says how sure the model is: lm_eval logs no probability of a text, and this one "
            "was written once. Set repeats: 10 and do_sample: true in the task, so that the share of equal answers can "
            "be counted, or let its process_results give a metric called 'confidence'"
        )
    answer = sample.answers[0]
    if not isinstance(answer, str):
        raise ScoresError(
            f"{sample.place}: the filter {sample.filter!r} leaves {answer!r}; expected is one text that was judged, as "
            "take_first leaves"
        )
    same = sum(_read(text, extract) == answer.strip() for text in texts)
    if same == 0:
        raise ScoresError(
            f"{sample.place}: the judged answer {answer!r} is none of what was written {len(texts)} times, "
            f"{texts[0]!r} and so on; extract= says how to read an answer out of a text, say r'answer is (\\d+)'"
        )
    return same / len(texts)


def _read(text: str, extract: Extract | None) -> str | None:
    if extract is None:
        return text.strip()
    if callable(extract):
        answer = extract(text)
        return None if answer is None else answer.strip()
    found = re.search(extract, text)
    return None if found is None else (found[1] if found.re.groups else found[0]).strip()
