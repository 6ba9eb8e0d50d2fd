"""``llmcal cache`` shows what is kept, and gives it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal.cli import main
from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.cache import Identity, Store


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
    assert head.split() == ["model", "revision", "dtype", "device", "options", "parameters", "results", "last", "used"]
    assert sorted(row.split() for row in rows) == [
        ["org/large", "3f9c", "float32", "cpu", "7,000", "1,200", "2024-10-04"],
        ["org/small", "3f9c", "float32", "cpu", "7,000", "3", "2024-10-04"],
    ]


def test_it_clears_one_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = printed(capsys, folder, "clear", "--model", "org/small")
    assert line.endswith("3 results of 1 model given up")
    assert [row.split()[0] for row in printed(capsys, folder)[2:]] == ["org/large"]


def test_models_that_differ_by_options_alone_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = ModelFacts("org/small", "3f9c", "float32", "cpu", 7_000)
    for options in ({}, {"truncate": "left"}, {"chat": True, "system": "You know a secret."}):
        identity = Identity("3f9c", "3f9c", "float32", "cpu", {"options": options, "day": "2026-01-28"})
        store = Store(tmp_path)
        store.keep_facts(identity.digest, facts, identity.options)
        store.keep(identity.digest, {identity.digest: b"answer"})
        store.close()
    rows = printed(capsys, tmp_path)[2:]
    assert sorted(row.split()[4:-3] for row in rows) == [
        ["chat", "day=2026-01-28", "system=8d095c5b"],
        ["day=2026-01-28"],
        ["day=2026-01-28", "truncate=left"],
    ]
    assert b"secret" not in (tmp_path / "scores-1.sqlite").read_bytes()


def test_a_model_of_which_nothing_is_kept_is_refused_with_those_that_are_known(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", "clear", "--model", "nonsense", "--cache-dir", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"llmcal: {folder / 'scores-1.sqlite'}: nothing is kept of 'nonsense', only of 'org/large', 'org/small'\n"
    )
    assert len(printed(capsys, folder)) == 4


def test_the_folder_may_stand_before_or_behind_what_is_done(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["--cache-dir", str(folder), "clear", "--model", "org/small"],
        ["clear", "--cache-dir", str(folder), "--model", "org/large"],
    ):
        assert main(["cache", *arguments]) == 0
        assert "of 1 model given up" in capsys.readouterr().out


def test_a_damaged_file_is_told_of_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scores-1.sqlite").write_bytes(b"no database" * 100)
    assert main(["cache", "--cache-dir", str(tmp_path)]) == 0
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith(f"llmcal: The score cache {tmp_path / 'scores-1.sqlite'} is damaged and was renamed to")


def test_what_cannot_be_cleared_is_no_success(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pytest_llmcal.scoring.cache.store.Store.clear", lambda *_: False)
    assert main(["cache", "clear", "--cache-dir", str(folder)]) == 2
    assert capsys.readouterr().err.endswith("nothing was given up\n")


def test_a_user_without_a_home_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", none)
    for variable in ("LLMCAL_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    assert main(["cache"]) == 2
    assert capsys.readouterr().err == (
        "llmcal: the user has no home folder; say with LLMCAL_CACHE_DIR where it shall be\n"
    )


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
