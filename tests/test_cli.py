"""The command does its work without pytest, and says in one sentence what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmcal.cli import main
from pytest_llmcal.records import Run
from tests.sample_runs import REFUTED, gate, record, run, two_models


def test_render_writes_the_report_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = two_models().write(tmp_path / "run.json")
    assert main(["render", str(path), "--out", str(tmp_path / "site")]) == 0
    page = tmp_path / "site" / "index.html"
    assert capsys.readouterr().out == f"{page}\n"
    assert "1 of 2 models may be released" in page.read_text(encoding="utf-8")
    assert Run.read(tmp_path / "site" / "run.json") == two_models()


def test_merge_writes_the_run_of_both(tmp_path: Path) -> None:
    one = run(gate("test_a", record())).write(tmp_path / "a.json")
    two = run(gate("test_b", REFUTED, outcome="failed")).write(tmp_path / "b.json")
    assert main(["merge", str(one), str(two), "--out", str(tmp_path / "c.json")]) == 0
    assert [entry.name for entry in Run.read(tmp_path / "c.json").gates] == ["test_a", "test_b"]


def test_tasks_lists_the_embedded_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    listed = capsys.readouterr().out.split()
    assert {"world/qa", "world/translation", "world/gpt2", "world/gpt2-overfit"} <= set(listed)


def test_tasks_shows_items_with_the_right_answer_marked(capsys: pytest.CaptureFixture[str]) -> None:
    from pytest_llmcal.tasks import load_task

    assert main(["tasks", "world/qa", "--items", "2"]) == 0
    shown = capsys.readouterr().out
    items = load_task("world/qa").test
    assert items[0].prompt in shown
    assert items[1].prompt in shown
    assert items[2].id not in shown
    assert f"* {items[0].choices[items[0].answer].strip()}" in shown


def test_one_item_is_counted_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.jsonl").write_text('{"question": "Sky?", "a": "blue", "b": "red", "answer": "blue"}\n', "utf-8")
    path = tmp_path / "one.toml"
    path.write_text(
        'source = "one.jsonl"\nchoices = ["a", "b"]\nanswer = "answer"\ncalibration = 0\n', encoding="utf-8"
    )
    assert main(["tasks", str(path)]) == 0
    assert " 1 test item, from" in capsys.readouterr().out


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("llmcal: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(["render", str(tmp_path / "no.json"), "--out", str(tmp_path)], capsys)
    assert message == f"llmcal: {tmp_path / 'no.json'}: No such file or directory\n"


def test_a_file_that_is_no_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    assert "a.json: not a run" in refused(["render", str(tmp_path / "a.json"), "--out", str(tmp_path)], capsys)


def test_runs_that_contradict_each_other_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = run(gate("test_a", record())).write(tmp_path / "a.json")
    two = run(gate("test_a", REFUTED, outcome="failed")).write(tmp_path / "b.json")
    message = refused(["merge", str(one), str(two), "--out", str(tmp_path / "c.json")], capsys)
    assert "test_a" in message
    assert not (tmp_path / "c.json").exists()


def test_an_unknown_task_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "world/cooking" in refused(["tasks", "world/cooking"], capsys)


def test_render_writes_a_folder_to_serve_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = two_models().write(tmp_path / "run.json")
    assert main(["render", str(path), "--out", str(tmp_path / "site"), "--assets"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'site' / 'index.html'}\n"
    files = sorted(str(file.relative_to(tmp_path / "site")) for file in (tmp_path / "site").rglob("*.*"))
    assert files == [
        "index.html",
        "models/1-world-gpt2.html",
        "models/2-world-gpt2-overfit.html",
        "report.css",
        "report.js",
        "run.json",
    ]


@pytest.mark.parametrize("arguments", [[], ["bake"], ["render"], ["tasks", "world/qa", "--items", "0"]])
def test_a_wrong_command_line_exits_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: llmcal" in capsys.readouterr().err


def test_the_installed_command_knows_its_version() -> None:
    command = Path(sys.executable).with_name("llmcal")
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("pytest-llmcal 0.")


def test_a_reader_that_has_enough_is_no_error() -> None:
    program = "import sys; from pytest_llmcal.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "tasks", "world/qa", "--items", "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("world/qa: ")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_rendering_needs_neither_torch_nor_pytest(tmp_path: Path) -> None:
    path = two_models().write(tmp_path / "run.json")
    program = (
        "import sys\n"
        "from pytest_llmcal.cli import main\n"
        f"assert main(['render', {str(path)!r}, '--out', {str(tmp_path)!r}]) == 0\n"
        "heavy = {'torch', 'transformers', 'datasets', 'scipy', 'pytest'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
