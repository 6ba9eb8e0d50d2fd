"""Which items a calibrator was fitted on, so that it is never judged on them unawares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators import storage
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores

Hashes = npt.NDArray[np.uint64]

_SAVED_AS = "fitted_on_"
_KEPT = ("model", "revision", "task", "split", "data", "confidence_method")


@dataclass(frozen=True, eq=False)
class SeenItems:
    """Hashes of the items that were learnt from.

    An item is known by its task and id. Items without ids are known all together, by their numbers:
    the very same scores are recognised, parts of them are not.

    Attributes
    ----------
    items : array of shape (n,)
        Hash of each item's task and id, sorted; empty where items have no ids.
    whole : array of shape (1,)
        Hash of all confidences and right answers.
    about : About
        Whose answers to what they were.
    """

    items: Hashes
    whole: Hashes
    about: About = field(default_factory=About)

    @classmethod
    def of(cls, scores: Scores) -> SeenItems:
        """Remember these items."""
        about = About(**{name: getattr(scores.about, name) for name in _KEPT})
        return cls(np.unique(_of_items(scores)), _of_numbers(scores), about)

    @classmethod
    def restored(cls, learnt: Mapping[str, storage.Value]) -> SeenItems:
        """Take back what ``learnt`` gave."""
        items, whole = (storage.array(learnt, name, "u8") for name in ("seen_items", "seen_whole"))
        known: dict[str, Any] = {name: _text(learnt, _SAVED_AS + name) for name in _KEPT}
        return cls(items, whole, About(**known))

    def learnt(self) -> dict[str, storage.Value]:
        """Return the hashes and what is known of the items, to be saved."""
        known = {name: getattr(self.about, name) for name in _KEPT}
        texts = {_SAVED_AS + name: text for name, text in known.items() if text is not None}
        return {"seen_items": self.items, "seen_whole": self.whole, **texts}

    def shared_with(self, scores: Scores) -> int:
        """Return how many of these items were learnt from."""
        if scores.ids is None or not len(self.items):
            return len(scores) if np.array_equal(self.whole, _of_numbers(scores)) else 0
        return int(np.isin(_of_items(scores), self.items).sum())


def _of_items(scores: Scores) -> Hashes:
    task = scores.about.task or ""
    return np.array([_hash(f"{task}\0{identity}".encode()) for identity in scores.ids or ()], dtype=np.uint64)


def _of_numbers(scores: Scores) -> Hashes:
    return np.array([_hash(scores.confidence.tobytes() + scores.correct.tobytes())], dtype=np.uint64)


def _text(learnt: Mapping[str, storage.Value], key: str) -> str | None:
    value = learnt.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} is {value!r}; it must be a text")
    return value


def _hash(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
