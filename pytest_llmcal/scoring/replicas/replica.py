"""One copy of a model in a process of its own, wherever Ray puts it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.at_once import Ask
from pytest_llmcal.scoring.protocol import Model

_LIBRARIES = ("pytest-llmcal", "torch", "transformers", "tokenizers")


@dataclass(frozen=True)
class Loaded:
    """What a replica says of itself.

    Attributes
    ----------
    facts : ModelFacts
        Of the model as it was loaded there.
    versions : mapping of str to str
        Of the libraries that take part in an answer.
    host : str
        Name of the machine.
    """

    facts: ModelFacts
    versions: Mapping[str, str]
    host: str


class Replica:
    """Holds a model in the process of a Ray actor."""

    def __init__(self) -> None:
        self._model: Model | None = None

    def load(self, name: str, options: Mapping[str, Any]) -> Loaded:
        """Load the model; no part of the constructor, whose errors Ray reports as a death."""
        from pytest_llmcal.scoring.loading import load_model

        self._model = load_model(name, **options)
        return Loaded(self._model.facts, versions(), platform.node())

    def answer(self, ask: Ask[Any, Any], part: Sequence[Any]) -> Sequence[Any]:
        """Put one chunk to the model."""
        assert self._model is not None, "load comes first"
        return ask(self._model, part, None)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that take part in an answer."""
    return {library: version(library) for library in _LIBRARIES}
