"""A task described in a TOML file needs nothing but its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_llmcal.tasks import TaskError, load_task

ROWS = [{"ask": f"q{n}", "a": f"w{n}", "b": "x", "right": "AB"[n % 2], "region": "north"} for n in range(30)]

DESCRIPTION = """
source = "data/rivers.jsonl"
template_file = "prompt.j2"
question = "ask"
choices = ["a", "b"]
answer = "right"
style = "letters"
groups = { place = "region" }
shuffle_choices = true
seed = 3
calibration = 0.5
limit = 10
"""


@pytest.fixture
def described(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rivers.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    (tmp_path / "prompt.j2").write_text("{{ question }} {{ choices | join(' ') }}\n")
    (tmp_path / "rivers.toml").write_text(DESCRIPTION)
    return tmp_path / "rivers.toml"


def test_a_description_says_it_all(described: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")  # files are looked for beside the description
    task = load_task(described)
    same = load_task(
        described.parent / "data" / "rivers.jsonl",
        template="{{ ask }} {{ choices | join(' ') }}",
        choices=["a", "b"],
        answer="right",
        style="letters",
        groups={"place": "region"},
        shuffle_choices=True,
        seed=3,
        calibration=0.5,
        limit=10,
    )
    assert task.name == "rivers"
    assert task.calibration is not None
    assert same.calibration is not None
    assert list(task.test) == list(same.test)
    assert list(task.calibration) == list(same.calibration)
    assert task.test[0].groups == {"place": "north"}


def test_a_limit_may_be_given_besides(described: Path) -> None:
    assert len(load_task(str(described), limit=2).test) == 2


def test_its_own_seed_wins(described: Path) -> None:
    assert list(load_task(described, seed=9).test) == list(load_task(described).test)
    described.write_text(DESCRIPTION.replace("seed = 3\n", ""))
    assert list(load_task(described, seed=9).test) != list(load_task(described).test)


def test_nothing_else_may_be_given_besides(described: Path) -> None:
    with pytest.raises(
        TaskError, match="is a description that says it all: style cannot be given besides; only seed and limit can"
    ):
        load_task(described, style="letters")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            ("question =", "qestion ="),
            r"rivers\.toml: unknown key 'qestion'; known are source, name, .* and template_file",
        ),
        (("source =", "name ="), r"rivers\.toml: the key 'source' must name a file or a dataset; it is None"),
        (("seed = 3", 'seed = "3"'), r"rivers\.toml: .* seed is '3'; allowed is a whole number"),
        (("seed = 3", "seed = "), r"rivers\.toml: not a TOML file"),
        (("prompt.j2", "prompt.j3"), r"rivers\.toml: template_file 'prompt\.j3' cannot be read: No such file"),
        (("seed = 3", 'template = "x"'), r"rivers\.toml: template and template_file are both given"),
        (("rivers.jsonl", "lakes.jsonl"), r"lakes\.jsonl: there is no such file"),
    ],
)
def test_what_is_wrong_in_it_is_named(change: tuple[str, str], match: str, described: Path) -> None:
    described.write_text(DESCRIPTION.replace(*change))
    with pytest.raises(TaskError, match=match):
        load_task(described)


def test_the_calibration_file_is_looked_for_beside_it_too(described: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (described.parent / "known.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS[:4]))
    described.write_text(DESCRIPTION.replace("0.5", '"known.jsonl"'))
    task = load_task(described)
    assert task.calibration is not None
    assert (len(task.calibration), len(task.test)) == (4, 10)


def test_a_registered_task_needs_no_description(described: Path) -> None:
    described.write_text('source = "world/qa"\n')
    with pytest.raises(TaskError, match=r"rivers\.toml: the source 'world/qa' is a task by itself; ask for that"):
        load_task(described)
