"""What is kept: answers by key, which models they are of, and fingerprints of folders."""

from __future__ import annotations

import json
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.cache.database import CacheWarning, Database
from pytest_llmcal.scoring.cache.room import give_back, make_room
from pytest_llmcal.scoring.cache.sealing import sealed, unsealed

T = TypeVar("T")

DEFAULT_SIZE = 2**30
"""Bytes: some 15 million log-likelihoods."""

_AT_ONCE = 500
"""Keys of one query; SQLite takes 999 in every version."""

_HOUR = 3600
"""Seconds to which the last use of a chunk is known, so that most reads write nothing."""


@dataclass(frozen=True)
class Kept:
    """How much is kept of one model.

    Attributes
    ----------
    facts : ModelFacts
        What is known of it; the name is that under which it was last used.
    results : int
        Number of answers.
    used : int
        When they were last used, in seconds since 1970.
    options : str
        What was not left at its default, such as ``"chat truncate=left"``.
    """

    facts: ModelFacts
    results: int
    used: int
    options: str = ""


class Store:
    """Answers of models on disk, for any number of processes at once.

    Whatever is wrong with the disk or the file is told by one `CacheWarning`, and nothing is kept or found.

    Parameters
    ----------
    folder : str or Path, optional
        Where, ``~`` being the user's home; by default that of ``LLMCAL_CACHE_DIR``, else one in the user's cache.
    size : int
        Bytes that may be kept, at least 1. Beyond, what was not used for longest is given up.
    clock : callable
        Seconds since 1970.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     store.keep(b"model", {b"key": b"answer"})
    ...     found = store.find([b"key", b"other"])
    ...     store.close()
    >>> found
    {b'key': b'answer'}
    """

    def __init__(
        self, folder: str | Path | None = None, size: int = DEFAULT_SIZE, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = Database(None if folder is None else Path(folder).expanduser())
        self._size = size
        self._clock = clock
        self._told = False

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the answers that are known and whole, by key."""
        found: dict[bytes, bytes] = {}
        chunks: set[int] = set()
        none: list[tuple[bytes, int, object]] = []
        for key, chunk, value in self._database.read(lambda connection: _rows(connection, keys), none):
            answer = unsealed(key, value)
            if answer is None:
                self._tell()
                continue
            found[key] = answer
            if isinstance(chunk, int):  # the checksum does not cover it
                chunks.add(chunk)
        self._touch(chunks)
        return found

    def keep(self, model: bytes, answers: Mapping[bytes, bytes]) -> None:
        """Keep the answers of one chunk, all or none of them, and make room for them where there is none.

        Parameters
        ----------
        model : bytes
            Digest of the model's identity.
        answers : mapping of bytes to bytes
            By key.
        """

        def work(connection: sqlite3.Connection) -> bool:
            inserted = connection.execute("INSERT INTO chunks (model, used) VALUES (?, ?)", (model, int(self._clock())))
            chunk = inserted.lastrowid
            rows = ((key, chunk, sealed(key, answer)) for key, answer in answers.items())
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            return make_room(connection, self._size)

        if self._database.write(work, otherwise=False):
            self._database.read(give_back, None)

    def facts(self, model: bytes) -> ModelFacts | None:
        """Return what is known of a model that was loaded once."""
        payload = self._find_one("models", model)
        found = None if payload is None else _facts(payload)
        return None if found is None else found[0]

    def keep_facts(self, model: bytes, facts: ModelFacts, options: str = "") -> None:
        """Remember what is known of a model, and the options it was loaded with."""
        self._keep_one("models", model, _payload(facts, options))

    def rename(self, model: bytes, facts: ModelFacts, options: str) -> None:
        """Note under which name a model was last used, where that can be written at once."""
        self._database.write_if_free(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO models VALUES (?, ?)", (model, sealed(model, _payload(facts, options)))
            )
        )

    def fingerprint(self, signature: bytes) -> str | None:
        """Return the fingerprint of a folder whose files are those of the signature."""
        payload = self._find_one("fingerprints", signature)
        return None if payload is None else payload.decode()

    def keep_fingerprint(self, signature: bytes, fingerprint: str) -> None:
        """Remember the fingerprint of a folder."""
        self._keep_one("fingerprints", signature, fingerprint.encode())

    def models(self) -> list[Kept]:
        """Tell how much is kept of each model, the last used first."""
        none: list[tuple[bytes, int, int]] = []
        rows = self._database.read(_counts, none)
        unknown = ModelFacts(name="(unknown)", revision="", dtype="", device="")
        kept = []
        for model, results, used in rows:
            payload = self._find_one("models", model)
            facts, options = (None if payload is None else _facts(payload)) or (unknown, "")
            kept.append(Kept(facts, results, used, options))
        return sorted(kept, key=lambda each: each.used, reverse=True)

    def clear(self, name: str | None = None) -> bool:
        """Give up everything, or all that is kept of the models of a name; tell whether that could be done."""

        def work(connection: sqlite3.Connection) -> bool:
            if name is None:
                for table in ("results", "chunks", "models", "fingerprints"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608  # one of four words
                return True
            for model in _models_called(connection, name):
                connection.execute("DELETE FROM chunks WHERE model = ?", (model,))
                connection.execute("DELETE FROM models WHERE key = ?", (model,))
            connection.execute("DELETE FROM results WHERE chunk NOT IN (SELECT id FROM chunks)")
            return True

        done = self._database.write(work, otherwise=False)
        if done:
            self._database.read(give_back, None)
        return done

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _find_one(self, table: str, key: bytes) -> bytes | None:
        query = f"SELECT value FROM {table} WHERE key = ?"  # noqa: S608  # the name of a table
        row = self._database.read(lambda connection: connection.execute(query, (key,)).fetchone(), None)
        return None if row is None else unsealed(key, row[0])

    def _keep_one(self, table: str, key: bytes, payload: bytes) -> None:
        statement = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608  # the name of a table
        self._database.write(lambda connection: connection.execute(statement, (key, sealed(key, payload))), None)

    def _touch(self, chunks: set[int]) -> None:
        """Note that chunks were used, where that was not noted within the hour."""
        now = int(self._clock())
        old: list[int] = self._database.read(lambda connection: _older(connection, chunks, now - _HOUR), [])
        if old:
            rows = [(now, chunk) for chunk in old]
            self._database.write_if_free(
                lambda connection: connection.executemany("UPDATE chunks SET used = ? WHERE id = ?", rows)
            )

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            warnings.warn(
                f"Results in the score cache {self.path} are damaged; they are computed again.",
                CacheWarning,
                stacklevel=4,
            )


def _payload(facts: ModelFacts, options: str) -> bytes:
    return json.dumps({**asdict(facts), "options": options}).encode()


def _facts(payload: bytes) -> tuple[ModelFacts, str] | None:
    """Read facts and options; None where another version of this package has written others."""
    told = json.loads(payload)
    options = str(told.pop("options", ""))
    try:
        return ModelFacts(**told), options
    except TypeError:
        return None


def _rows(connection: sqlite3.Connection, keys: Sequence[bytes]) -> list[tuple[bytes, int, object]]:
    rows: list[tuple[bytes, int, object]] = []
    for part in _parts(keys):
        query = f"SELECT key, chunk, value FROM results WHERE key IN ({_places(part)})"  # noqa: S608  # question marks
        rows += connection.execute(query, part).fetchall()
    return rows


def _older(connection: sqlite3.Connection, chunks: set[int], time: int) -> list[int]:
    old: list[int] = []
    for part in _parts(sorted(chunks)):
        query = f"SELECT id FROM chunks WHERE id IN ({_places(part)}) AND used < ?"  # noqa: S608  # question marks
        old += [row[0] for row in connection.execute(query, (*part, time))]
    return old


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _places(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _counts(connection: sqlite3.Connection) -> list[tuple[bytes, int, int]]:
    rows = connection.execute(
        "SELECT model, sum(results), max(used) FROM chunks JOIN "
        "(SELECT chunk, count(*) AS results FROM results GROUP BY chunk) ON chunk = id GROUP BY model"
    )
    return [row for row in rows if tuple(map(type, row)) == (bytes, int, int)]  # damage makes other types of them


def _models_called(connection: sqlite3.Connection, name: str) -> list[bytes]:
    rows = connection.execute("SELECT key, value FROM models").fetchall()
    payloads = ((key, unsealed(key, value)) for key, value in rows)
    return [key for key, payload in payloads if payload is not None and json.loads(payload)["name"] == name]
