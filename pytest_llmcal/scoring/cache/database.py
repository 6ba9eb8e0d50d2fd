"""The database file: opened when needed, given up when it cannot be used, set aside when it is damaged.

SQLite keeps a commit whole whatever kills the process, and lets several processes read while one writes.
"""

from __future__ import annotations

import os
import sqlite3
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pytest_llmcal.scoring.cache.place import cache_folder

LAYOUT = 1
"""Version of the tables, part of the file's name: a file of another version is another's business."""

PATIENCE = 60.0
"""Seconds to wait for another process; its longest work, making room, takes less."""

_TABLES = """
CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, chunk INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (id INTEGER PRIMARY KEY, model BLOB NOT NULL, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS models (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fingerprints (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

_NUMBER_OF_TABLES = 4

_SURROUNDINGS = ("readonly", "is full", "unable to open", "disk i/o", "is locked", "too big")
"""Words of errors that lie in the disk, in rights or in other processes; all others say that the file is damaged."""

_TROUBLE = (sqlite3.Error, OSError, UnicodeDecodeError)
"""All that a bad disk or file raises; the last comes of messages that quote the damage."""

Result = TypeVar("Result")


class CacheWarning(UserWarning):
    """Answers cannot be kept or read: they are computed, and may be computed again."""


class Database:
    """A file of answers that may fail at any time without harm.

    Parameters
    ----------
    folder : Path or None
        Where it lies, made where it is not there; by default the user's cache.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._given_up = False
        self._was_set_aside = False

    @property
    def path(self) -> Path:
        """The file."""
        return (cache_folder() if self._folder is None else self._folder) / f"scores-{LAYOUT}.sqlite"

    def read(self, work: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Do something with the database; give ``otherwise`` where that is impossible."""
        for _ in range(2):  # the second time with a fresh file, where the first was damaged
            if self._given_up:
                break
            try:
                return work(self._opened())
            except _TROUBLE as error:
                self._failed(error)
        return otherwise

    def write(self, work: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Do something in one transaction: all of it or nothing, whatever happens."""

        def transaction(connection: sqlite3.Connection) -> Result:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return self.read(transaction, otherwise)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        self.close()  # Python 3.13 warns of a connection that is just dropped

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _file_of(self.path)
            self._connection = self._connected()
            self._file = _file_of(self.path)
        return self._connection

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        connection.text_factory = bytes  # damaged texts are no UTF-8
        try:
            _patiently(lambda: _set_up(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def _failed(self, error: Exception) -> None:
        with suppress(sqlite3.Error):  # what is wrong with it is known already
            self.close()
        if self._is_damage(error) and not self._was_set_aside:
            self._was_set_aside = True
            self._set_aside(error)
        else:
            self._given_up = True
            _warn(f"The score cache {self._named()} cannot be used, so the run goes on without one: {error}.")

    def _is_damage(self, error: Exception) -> bool:
        if isinstance(error, OSError | sqlite3.ProgrammingError):
            return False
        text = str(error).lower()
        if "readonly" in text:  # a damaged header says so of a file that can be written
            return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)
        return not any(words in text for words in _SURROUNDINGS)

    def _set_aside(self, error: Exception) -> None:
        """Rename the file, unless another process has done so already."""
        if self._file is not None and self._file != _file_of(self.path):
            return
        aside = self.path.with_suffix(".damaged")
        try:
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self.path.replace(aside)
        except OSError as trouble:
            self._given_up = True
            error = trouble
        done = "cannot be set aside" if self._given_up else f"was renamed to {aside.name}; a new one is begun"
        _warn(f"The score cache {self._named()} is damaged and {done}: {error}.")

    def _named(self) -> str:
        try:
            return str(self.path)
        except OSError:
            return "of this user"


def _file_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")  # with a log beside the file, a power cut loses commits, no more
    connection.execute("PRAGMA cell_size_check = ON")  # finds damage before it misleads
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (_NUMBER_OF_TABLES,):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only before the first table
        connection.executescript(_TABLES)
    connection.execute("PRAGMA journal_mode = WAL")


def _patiently(work: Callable[[], None]) -> None:
    """Try again while another process sets the same file up: there SQLite does not wait by itself."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except sqlite3.OperationalError as error:  # noqa: PERF203  # waiting costs more
            if "is locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _warn(text: str) -> None:
    warnings.warn(text, CacheWarning, stacklevel=2)
