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

_FINDS_DAMAGE = "PRAGMA cell_size_check = ON"
"""Before it misleads."""

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
        self._only_read = False
        self._told_so = False

    @property
    def path(self) -> Path:
        """The file."""
        return (cache_folder() if self._folder is None else self._folder) / f"scores-{LAYOUT}.sqlite"

    def read(self, work: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Do something with the database; give ``otherwise`` where that is impossible."""
        for _ in range(3):  # again with a fresh file where it was damaged, and without writing where that is forbidden
            if self._given_up:
                break
            try:
                return work(self._opened())
            except _TROUBLE as error:
                self._failed(error)
        return otherwise

    def write(self, work: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Do something in one transaction: all of it or nothing, whatever happens."""

        def whole(connection: sqlite3.Connection) -> Result:
            if self._only_read:
                self._tell_only_read()
                return otherwise
            return _in_one_transaction(connection, work)

        return self.read(whole, otherwise)

    def write_if_free(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do what may as well be left: where another process writes, or nothing can be written, it is not done."""

        def attempt(connection: sqlite3.Connection) -> None:
            if self._only_read:
                return
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                _in_one_transaction(connection, work)
            except sqlite3.OperationalError as error:
                if not _lies_in_surroundings(error):
                    raise
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")

        self.read(attempt, None)

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
        # immutable: else SQLite wants a file for locks beside it
        place = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1" if self._only_read else self.path
        connection = sqlite3.connect(
            place, uri=self._only_read, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.text_factory = bytes  # damaged texts are no UTF-8
        try:
            if self._only_read:
                connection.execute(_FINDS_DAMAGE)
            else:
                _patiently(lambda: _set_up(connection))
        except BaseException:
            connection.close()
            raise
        return connection

    def _failed(self, error: Exception) -> None:
        with suppress(sqlite3.Error):  # what is wrong with it is known already
            self.close()
        if self._only_read:
            self._give_up(error)
        elif self._is_damage(error) and not self._was_set_aside:
            self._was_set_aside = True
            self._set_aside(error)
        elif _forbids_writing(error) and self.path.is_file() and not self._is_writable():
            self._only_read = True
        else:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._given_up = True
        _warn(f"The score cache {self._named()} cannot be used, so the run goes on without one: {error}.")

    def _tell_only_read(self) -> None:
        if not self._told_so:
            self._told_so = True
            _warn(f"The score cache {self._named()} can only be read: what is new is not kept.")

    def _is_damage(self, error: Exception) -> bool:
        if isinstance(error, OSError | sqlite3.ProgrammingError):
            return False
        if "readonly" in str(error).lower():  # a damaged header says so of a file that can be written
            return self._is_writable()
        return not _lies_in_surroundings(error)

    def _is_writable(self) -> bool:
        return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)

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


def _lies_in_surroundings(error: Exception) -> bool:
    return any(words in str(error).lower() for words in _SURROUNDINGS)


def _forbids_writing(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and any(
        words in str(error).lower() for words in ("readonly", "unable to open")
    )


def _in_one_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _file_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")  # with a log beside the file, a power cut loses commits, no more
    connection.execute(_FINDS_DAMAGE)
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
