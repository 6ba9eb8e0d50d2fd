"""What a store keeps, gives up and tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from counting_model import CountingModel, cached, requests

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import cached_model
from pytest_llmcal.scoring.cache import Store
from pytest_llmcal.scoring.cache.place import cache_folder


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def batch(number: int, count: int = 500) -> dict[bytes, bytes]:
    return {f"{number} {each}".encode().ljust(32): b"answer" * 10 for each in range(count)}


def test_what_was_not_used_for_longest_is_given_up_first(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path, 400_000, clock)
    for number in range(5):
        clock.now += 10_000
        store.keep(b"model", batch(number))
    clock.now += 10_000
    assert len(store.find(list(batch(0)))) == 500  # used: now the second is the oldest
    for number in range(5, 8):
        clock.now += 10_000
        store.keep(b"model", batch(number))
    held = {number for number in range(8) if store.find(list(batch(number)))}
    assert {0, 6, 7} <= held
    assert not {1, 2} & held
    assert all(len(store.find(list(batch(number)))) == 500 for number in held)
    store.close()
    assert store.path.stat().st_size <= 500_000


def test_the_file_stays_within_its_bound_however_much_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, 300_000)
    for number in range(40):
        store.keep(b"model", batch(number))
    store.close()
    assert store.path.stat().st_size < 400_000


def test_a_bound_below_one_chunk_keeps_nothing_and_answers_all_the_same(tmp_path: Path) -> None:
    model = cached(tmp_path, CountingModel(rounding=0.0), size=1)
    assert model.log_likelihoods(requests(300)) == CountingModel(rounding=0.0).log_likelihoods(requests(300))
    model.close()


def test_reading_again_within_the_hour_writes_nothing(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path, clock=clock)
    store.keep(b"model", batch(0))
    store.close()
    before = store.path.read_bytes()
    clock.now += 3_000
    store.find(list(batch(0)))
    store.close()
    assert store.path.read_bytes() == before
    clock.now += 3_000
    store.find(list(batch(0)))
    store.close()
    assert store.path.read_bytes() != before


def test_it_tells_how_much_is_kept_of_each_model_and_clears_one_or_all(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path, clock=clock)
    one, two = (ModelFacts(name, "3f9c", "float32", "cpu", 7) for name in ("one", "two"))
    for number, facts in enumerate((one, two)):
        clock.now += 1
        store.keep_facts(facts.name.encode(), facts)
        store.keep(facts.name.encode(), batch(number, 10 + number))
    told = [(kept.facts, kept.results, kept.used) for kept in store.models()]
    assert told == [(two, 11, 1_000_002), (one, 10, 1_000_001)]
    store.clear("one")
    assert [kept.facts for kept in store.models()] == [two]
    assert store.find(list(batch(0, 10))) == {}
    assert len(store.find(list(batch(1, 11)))) == 11
    store.clear()
    assert store.models() == []
    assert store.facts(b"two") is None
    store.close()


def test_the_name_that_is_told_is_the_one_last_used(tmp_path: Path) -> None:
    first = cached(tmp_path, CountingModel(facts=ModelFacts("before", "3f9c", "float32", "cpu", 7)))
    first.log_likelihoods(requests(3))
    first.close()
    second = cached(tmp_path)
    assert second.facts.name == "counting"
    second.close()
    store = Store(tmp_path)
    assert [kept.facts.name for kept in store.models()] == ["counting"]
    store.close()


def test_clearing_gives_the_room_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(20):
        store.keep(b"model", batch(number))
    store.clear()
    store.close()
    assert store.path.stat().st_size < 50_000


def test_a_folder_may_be_a_text_with_the_user_s_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    model = cached_model("world/gpt2", cache_dir="~/kept", device="cpu")
    assert model.facts.name == "world/gpt2"
    model.close()
    assert (tmp_path / "kept" / "scores-1.sqlite").is_file()


def test_the_folder_is_the_user_s_unless_the_environment_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("LLMCAL_CACHE_DIR", "/elsewhere")
    assert cache_folder() == Path("/elsewhere")
    monkeypatch.delenv("LLMCAL_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/pytest-llmcal")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path("/home/someone/.cache/pytest-llmcal")
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == Path("/home/someone/Library/Caches/pytest-llmcal")
