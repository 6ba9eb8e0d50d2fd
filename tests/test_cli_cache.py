"""``llmcal cache`` shows what is kept, and gives it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal.cli import main
from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.cache import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store(tmp_path, clock=lambda: 86_400.0 * 20_000)
    for name, results in (("org/small", 3), ("org/large", 1_200)):
        store.keep_facts(name.encode(), ModelFacts(name, "3f9c", "float32", "cpu", 7_000))
        store.keep(name.encode(), {f"{name} {number}".encode(): b"answer" for number in range(results)})
    store.close()
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> list[str]:
    assert main(["cache", "--cache-dir", str(folder), *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_it_shows_where_the_cache_is_how_large_and_how_much_of_each_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, head, *rows = printed(capsys, folder)
    assert first.startswith(f"{folder / 'scores-1.sqlite'}: 0.1 MB")
    assert head.split() == ["model", "revision", "dtype", "device", "parameters", "results", "last", "used"]
    assert sorted(row.split() for row in rows) == [
        ["org/large", "3f9c", "float32", "cpu", "7,000", "1,200", "2024-10-04"],
        ["org/small", "3f9c", "float32", "cpu", "7,000", "3", "2024-10-04"],
    ]


def test_it_clears_one_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = printed(capsys, folder, "clear", "--model", "org/small")
    assert line.endswith("3 results of 1 model given up")
    assert [row.split()[0] for row in printed(capsys, folder)[2:]] == ["org/large"]


def test_it_clears_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = printed(capsys, folder, "clear")
    assert line.endswith("1,203 results of 2 models given up")
    assert len(printed(capsys, folder)) == 1


@pytest.mark.parametrize("arguments", [(), ("clear",)])
def test_where_nothing_is_kept_it_says_so_and_makes_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    [line] = printed(capsys, tmp_path / "none", *arguments)
    assert line.endswith("nothing is kept yet")
    assert not (tmp_path / "none").exists()


def test_the_folder_of_the_environment_is_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLMCAL_CACHE_DIR", str(folder))
    assert main(["cache"]) == 0
    assert str(folder) in capsys.readouterr().out
