"""The sets of answers that records speak about, each described once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from pytest_llmcal.measurement import metric_of
from pytest_llmcal.records import Record, Subject

if TYPE_CHECKING:
    from pytest_llmcal.measurement import Measurement
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.tasks import Items

_SHARED = ("model", "revision", "task", "split", "data", "calibrator", "confidence_method")


class Answered(NamedTuple):
    """What the model in memory was asked, and how long it took to answer."""

    items: Items
    seconds: float


@dataclass
class SubjectShelf:
    """Describes the answers behind measurements, those of one process each once.

    Attributes
    ----------
    texts : bool
        Whether prompts and choices may be told.
    """

    texts: bool

    def __post_init__(self) -> None:
        self._keys: WeakKeyDictionary[Scores, str] = WeakKeyDictionary()
        self._known: set[str] = set()

    def of(
        self, measurement: Measurement, record: Record, answered: Answered | None
    ) -> tuple[str | None, Subject | None]:
        """Return the key of what was measured, and its description where this is the first time.

        Groups are described with the answers that they are a part of, which are what a measurement over all groups
        is made of; differences have two subjects.
        """
        from pytest_llmcal.scores import Scores

        scores = measurement.scores
        if not isinstance(scores, Scores) or scores.about.group is not None or metric_of(record.metric) is not None:
            return None, None
        if scores not in self._keys:
            self._keys[scores] = _key(scores, record)
        key = self._keys[scores]
        if key in self._known:
            return key, None
        self._known.add(key)
        return key, self._described(key, scores, record, answered)

    def _described(self, key: str, scores: Scores, record: Record, answered: Answered | None) -> Subject:
        from pytest_llmcal.plugin.examples import examples_of
        from pytest_llmcal.scores.portrait import portrait_of

        return Subject(
            key=key,
            portrait=portrait_of(scores),
            examples=examples_of(scores, answered and answered.items, texts=self.texts),
            seconds=answered and round(answered.seconds, 3),
            **{name: getattr(record, name) for name in _SHARED},
        )


def _key(scores: Scores, record: Record) -> str:
    """Name answers by what they are and whose, so that the same ones of two runs meet when these are merged."""
    about = {name: getattr(record, name) for name in _SHARED}
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode("utf-8", "backslashreplace"))
    digest.update(scores.confidence.tobytes())
    digest.update(scores.correct.tobytes())
    if scores.outcomes is not None or scores.left_out:
        digest.update(repr((scores.outcomes, sorted(scores.left_out.items()))).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:12]
