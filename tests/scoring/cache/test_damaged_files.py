"""Whatever happens to the file: no wrong answer, no crash, and one sentence about it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting_model import CountingModel, cached, requests

from pytest_llmcal.scoring.cache import CacheWarning, Store

ASKED = requests(1_000)
PLACES = 50


def answers(folder: Path, model: CountingModel | None = None) -> list[float]:
    cached_model = cached(folder, model or CountingModel(rounding=0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheWarning)
        found = [answer.total for answer in cached_model.log_likelihoods(ASKED)]
    cached_model.close()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose file is complete, as after a run."""
    folder = tmp_path_factory.mktemp("whole")
    answers(folder)
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a killed run leaves it: part of the answers stands in the log beside the file."""
    folder, copy = tmp_path_factory.mktemp("running"), tmp_path_factory.mktemp("killed")
    model = cached(folder, CountingModel(rounding=0.0))
    model.log_likelihoods(ASKED)
    for path in folder.iterdir():
        shutil.copy(path, copy)
    model.close()
    assert (copy / "scores-1.sqlite-wal").stat().st_size > 50_000
    return copy


def recovers(folder: Path) -> bool:
    """Tell whether nothing is asked any more, at the latest in the third run: some damage is met late."""
    for _ in range(3):
        model = CountingModel(rounding=0.0)
        assert answers(folder, model) == EXPECTED
        if not model.asked:
            return True
    return False


EXPECTED = [answer.total for answer in CountingModel(rounding=0.0).log_likelihoods(ASKED)]


def flip(path: Path, place: int, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= draw.randrange(1, 256)
    path.write_bytes(content)


@pytest.mark.parametrize("state", ["whole", pytest.param("killed", marks=pytest.mark.slow)])
def test_a_flipped_byte_at_any_place_never_gives_a_wrong_answer(
    state: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source: Path = request.getfixturevalue(state)
    draw = random.Random(state)
    recomputed = 0
    for number in range(PLACES):
        folder = tmp_path / str(number)
        shutil.copytree(source, folder)
        path = draw.choice([path for path in sorted(folder.iterdir()) if path.suffix != ".sqlite-shm"])
        # the first bytes, which say what kind of file it is, are few and would hardly ever be drawn
        flip(path, draw.randrange(100) if number % 5 == 0 else draw.randrange(path.stat().st_size), draw)
        model = CountingModel(rounding=0.0)
        assert answers(folder, model) == EXPECTED
        recomputed += sum(model.asked)
        assert recovers(folder)
    assert recomputed > 0


def test_fifty_flipped_bytes_at_once_never_give_a_wrong_answer(whole: Path, tmp_path: Path) -> None:
    draw = random.Random(5)
    shutil.copytree(whole, tmp_path / "cache")
    path = tmp_path / "cache" / "scores-1.sqlite"
    for _ in range(PLACES):
        flip(path, draw.randrange(path.stat().st_size), draw)
    assert answers(tmp_path / "cache") == EXPECTED


@pytest.mark.slow
def test_nothing_that_is_done_with_a_damaged_file_raises(whole: Path, tmp_path: Path) -> None:
    draw = random.Random(6)
    for number in range(100):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        path = folder / "scores-1.sqlite"
        for _ in range(draw.choice([1, 20])):
            flip(path, draw.randrange(path.stat().st_size), draw)
        # so small that room is made, so late that uses are noted
        model = cached(folder, CountingModel(rounding=0.0), size=50_000, clock=lambda: 4e9)
        store = Store(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CacheWarning)
            assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
            model.close()
            store.models()
            store.clear("counting")
            store.clear()
        store.close()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no database at all, but a text that is long enough to be mistaken for one" * 9),
        lambda path: path.write_bytes(b"X" * 16 + path.read_bytes()[16:]),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 3]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"chunk", b"chuck")),
    ],
    ids=["a text", "another header", "cut off", "other columns"],
)
def test_a_file_that_is_no_database_is_set_aside_with_one_sentence(
    spoil: Callable[[Path], object], whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    shutil.copytree(whole, folder)
    spoil(folder / "scores-1.sqlite")
    model = cached(folder, CountingModel(rounding=0.0))
    with pytest.warns(
        CacheWarning, match=r"is damaged and was renamed to scores-1\.damaged; a new one is begun"
    ) as told:
        assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
    model.close()
    assert len(told) == 1
    assert (folder / "scores-1.damaged").is_file()
    assert [answer.total for answer in cached(folder).log_likelihoods(ASKED)] == EXPECTED


def test_an_answer_under_the_wrong_key_or_changed_is_computed_again_with_one_sentence(
    whole: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    shutil.copytree(whole, folder)
    connection = sqlite3.connect(folder / "scores-1.sqlite")
    first, second = connection.execute("SELECT value FROM results LIMIT 2").fetchall()
    connection.execute("UPDATE results SET value = ? WHERE value = ?", (first[0], second[0]))
    connection.execute("UPDATE results SET value = 'a text' WHERE key = (SELECT max(key) FROM results)")
    connection.execute("UPDATE results SET chunk = 'a text' WHERE key = (SELECT min(key) FROM results)")
    connection.commit()
    connection.close()
    model = CountingModel(rounding=0.0)
    wrapped = cached(folder, model)
    with pytest.warns(CacheWarning, match="are damaged; they are computed again") as told:
        assert [answer.total for answer in wrapped.log_likelihoods(ASKED)] == EXPECTED
    wrapped.close()
    assert len(told) == 1
    assert sum(model.asked) == 4  # the two, and the other choice of the item of each


def test_damaged_facts_are_asked_of_the_model_again(tmp_path: Path) -> None:
    model = cached(tmp_path, CountingModel())
    facts = model.facts
    model.close()
    connection = sqlite3.connect(tmp_path / "scores-1.sqlite")
    connection.execute("UPDATE models SET value = replace(value, '200000000', '200000001')")
    connection.commit()
    connection.close()
    loaded = cached(tmp_path, CountingModel())
    assert loaded.facts == facts
    loaded.close()


def test_a_file_of_a_later_layout_is_left_alone(tmp_path: Path) -> None:
    later = tmp_path / "scores-2.sqlite"
    later.write_bytes(b"of a later version")
    assert answers(tmp_path) == EXPECTED
    assert later.read_bytes() == b"of a later version"


def test_a_folder_that_cannot_be_made_gives_one_sentence_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    model = cached(tmp_path / "file" / "cache", CountingModel(rounding=0.0))
    with pytest.warns(CacheWarning, match=r"cannot be used, so the run goes on without one: .*Not a directory") as told:
        assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
    model.close()
    assert len(told) == 1


def test_a_full_disk_gives_one_sentence_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_llmcal.scoring.cache import database

    set_up = database._set_up

    def small(connection: sqlite3.Connection) -> None:
        set_up(connection)
        connection.execute("PRAGMA max_page_count = 20")

    monkeypatch.setattr(database, "_set_up", small)
    inner = CountingModel(rounding=0.0)
    model = cached(tmp_path, inner)
    with pytest.warns(
        CacheWarning, match="cannot be used, so the run goes on without one: database or disk is full"
    ) as told:
        assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
    model.close()
    assert len(told) == 1
    monkeypatch.undo()
    later = CountingModel(rounding=0.0)
    assert answers(tmp_path, later) == EXPECTED  # what was kept before is kept
    assert 0 < sum(later.asked) < len(ASKED)


def forbidding(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """As SQLite does on a file system without right to write: it opens files that are told to be immutable alone."""

    def connected(place: str | Path, **more: Any) -> sqlite3.Connection:
        if "immutable=1" not in str(place):
            raise sqlite3.OperationalError("unable to open database file")
        return connect(place, **more)

    return connected


def test_a_cache_that_may_not_be_written_is_read_and_what_is_new_gives_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_llmcal.scoring.cache import database

    folder = tmp_path / "of 100%?"
    assert answers(folder) == EXPECTED
    before = (folder / "scores-1.sqlite").read_bytes()
    monkeypatch.setattr(database.sqlite3, "connect", forbidding(sqlite3.connect))
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    model = cached(folder, clock=lambda: 4e9)  # so late that the use would be noted
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
    model.close()
    store = Store(folder)
    with pytest.warns(CacheWarning, match="can only be read: what is new is not kept") as told:
        store.keep(b"model", {b"key": b"answer"})
    store.keep(b"model", {b"key": b"answer"})
    assert not store.clear()
    assert store.find([b"key"]) == {}
    assert [kept.results for kept in store.models()] == [2_000]
    store.close()
    assert len(told) == 1
    assert [path.name for path in folder.iterdir()] == ["scores-1.sqlite"]
    assert (folder / "scores-1.sqlite").read_bytes() == before


def test_a_damaged_cache_that_may_not_be_written_is_left_where_it_is(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_llmcal.scoring.cache import database

    path = tmp_path / "scores-1.sqlite"
    path.write_bytes((whole / path.name).read_bytes()[:9_000])
    monkeypatch.setattr(database.sqlite3, "connect", forbidding(sqlite3.connect))
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    model = cached(tmp_path, CountingModel(rounding=0.0))
    with pytest.warns(CacheWarning, match="cannot be used, so the run goes on without one") as told:
        assert [answer.total for answer in model.log_likelihoods(ASKED)] == EXPECTED
    model.close()
    assert len(told) == 1
    assert path.is_file()
