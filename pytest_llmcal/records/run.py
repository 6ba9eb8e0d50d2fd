"""All gates of one pytest session, to and from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmcal.records import reading, writing
from pytest_llmcal.records.errors import RunError
from pytest_llmcal.records.gate import Gate

SCHEMA = 1


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model that was gated.

    Attributes
    ----------
    name, revision, dtype, device : str
        As loaded; ``revision`` is a commit or a fingerprint of the weights.
    parameters : int or None
        Number of weights.
    """

    name: str
    revision: str
    dtype: str
    device: str
    parameters: int | None = None


@dataclass(frozen=True)
class Run:
    """All records of one pytest session.

    Attributes
    ----------
    started : str
        ISO 8601 time in UTC.
    seconds : float
        Wall time of the session.
    complete : bool
        False when the session was interrupted, crashed or did not run every gate it collected.
    problems : tuple of str
        Why it is incomplete, one sentence each.
    environment : mapping of str to str
        Versions, platform, seed, options, git commit.
    models : tuple of ModelFacts
        By name.
    gates : tuple of Gate
        By nodeid.
    """

    started: str
    seconds: float
    complete: bool
    problems: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    models: tuple[ModelFacts, ...] = ()
    gates: tuple[Gate, ...] = ()

    def to_json(self) -> str:
        """Return the run as JSON text, one gate a line.

        Infinite numbers become the strings "inf" and "-inf".

        Raises
        ------
        RunError
            If a number is NaN; the text names the field.
        """
        return writing.text_of({"schema": SCHEMA, **writing.plain(self, "run")})

    @classmethod
    def from_json(cls, text: str, source: str = "run") -> Run:
        """Read a run back.

        Raises
        ------
        RunError
            If the text is no run, or of another schema.
        """
        data = reading.parsed(text, source)
        if not isinstance(data, dict) or "schema" not in data:
            raise RunError(f"{source}: not a run of pytest-llmcal, it has no 'schema' number")
        if data["schema"] != SCHEMA:
            raise RunError(f"{source}: schema {data['schema']!r} is not supported, this version reads schema {SCHEMA}")
        del data["schema"]
        return reading.built(cls, data, source)

    def write(self, path: str | Path) -> Path:
        """Write the run to a file, making its folder where needed, and return the path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lone surrogate (pytest passes undecodable bytes on as such) stays readable as a JSON escape.
        path.write_bytes(self.to_json().encode("utf-8", "backslashreplace"))
        return path

    @classmethod
    def read(cls, path: str | Path) -> Run:
        """Read a run from a file.

        Raises
        ------
        OSError
            If the file cannot be opened.
        RunError
            If it holds no run, or one of another schema.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RunError(f"{path}: not JSON: not UTF-8 at byte {error.start}") from None
        return cls.from_json(text, str(path))
