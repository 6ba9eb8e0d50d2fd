"""Options from command line, environment and ini file: which counts, and what is refused."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

GATE = "def test_gate(scores):\n    assert scores.accuracy() > 0.5\n"


def usage_error(result: pytest.RunResult) -> str:
    assert result.ret == pytest.ExitCode.USAGE_ERROR, seen(result)
    [line] = [line for line in result.errlines if line.startswith("ERROR: ")]
    return line.removeprefix("ERROR: ")


LEVEL = "--llmcal-confidence must be a number between 0 and 1, ends excluded, got"
COUNT = "--llmcal-limit must be a whole number of at least 1, got"
TASK = "--llmcal-task"
TWO_FOR_ALL = "'x' and 'y' would both replace every task; write NAME=SOURCE for one."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--llmcal-limit", "0"), f"{COUNT} '0'."),
        (("--llmcal-limit", "ten"), f"{COUNT} 'ten'."),
        (("--llmcal-limit", "1.5"), f"{COUNT} '1.5'."),
        (("--llmcal-seed", "-1"), "--llmcal-seed must be a whole number of at least 0, got '-1'."),
        (("--llmcal-confidence", "0"), f"{LEVEL} '0'."),
        (("--llmcal-confidence", "1"), f"{LEVEL} '1'."),
        (("--llmcal-confidence", "95%"), f"{LEVEL} '95%'."),
        (("--llmcal-confidence", "nan"), f"{LEVEL} 'nan'."),
        (("--llmcal-undecided", "maybe"), "--llmcal-undecided must be one of fail, pass, skip, got 'maybe'."),
        (("--llmcal-truncate", "right"), "--llmcal-truncate must be one of error, left, got 'right'."),
        (("--llmcal-model", ""), "--llmcal-model: expected at least one name and none of them empty, got ['']."),
        (
            ("--llmcal-model", "a", "--llmcal-model", "a"),
            "--llmcal-model: the model 'a' is given twice; each model is gated once.",
        ),
        ((TASK, "=x"), f"{TASK}: expected SOURCE or NAME=SOURCE, got '=x'."),
        ((TASK, "a=x", TASK, "a=y"), f"{TASK}: the task 'a' is replaced twice."),
        ((TASK, "x", TASK, "y"), f"{TASK}: {TWO_FOR_ALL}"),
        (("--llmcal-device", " "), "--llmcal-device must not be empty."),
        (("--llmcal-device", ""), "--llmcal-device must not be empty."),
        (("--llmcal-chat", "--llmcal-system", " "), "--llmcal-system must not be empty."),
        (
            ("--llmcal-system", "Be brief."),
            "--llmcal-system needs --llmcal-chat: only a chat template has a place for it.",
        ),
        (
            ("--llmcal-baseline-update",),
            "--llmcal-baseline-update needs --llmcal-baseline to say which file to update.",
        ),
    ],
)
def test_a_bad_value_on_the_command_line_is_a_usage_error_of_one_sentence(
    project: Project, arguments: tuple[str, ...], sentence: str
) -> None:
    project.gates(GATE)
    assert usage_error(project.run(*arguments)) == sentence
    assert project.events() == []


@pytest.mark.parametrize("key", ["llmcal_limit", "llmcal_confidence"])
def test_a_zero_in_the_ini_file_is_refused_and_not_lost_to_a_default(project: Project, key: str) -> None:
    project.gates(GATE)
    project.write("pytest.ini", f"[pytest]\n{key} = 0\n")
    assert usage_error(project.run()).startswith(f"{key} must be ")


@pytest.mark.parametrize("variable", ["LLMCAL_LIMIT", "LLMCAL_CONFIDENCE"])
def test_a_zero_in_the_environment_is_refused_and_not_lost_to_a_default(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    project.gates(GATE)
    monkeypatch.setenv(variable, "0")
    assert usage_error(project.run()).startswith(f"{variable} must be ")


def test_a_run_says_that_its_prompts_were_put_as_chat(project: Project) -> None:
    project.gates(GATE)
    project.run()
    assert not {"chat", "system"} & set(project.result().environment)
    project.run("--llmcal-chat", "--llmcal-system", "Be brief.")
    environment = project.result().environment
    assert environment["chat"] == "the chat template of each model's tokenizer"
    assert environment["system"] == "Be brief."


def test_a_zero_seed_on_the_command_line_wins_over_another_in_the_ini_file(project: Project) -> None:
    project.gates(GATE)
    project.write("pytest.ini", "[pytest]\nllmcal_seed = 7\n")
    project.run("--llmcal-seed", "0")
    assert project.result().environment["seed"] == "0"


def test_the_command_line_wins_over_the_environment_over_the_ini_file_over_the_default(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limit(*arguments: str) -> str:
        project.run(*arguments)
        return project.result().environment.get("limit", "none")

    project.gates(GATE)
    assert limit() == "none"
    project.write("pytest.ini", "[pytest]\nllmcal_limit = 100\n")
    assert limit() == "100"
    monkeypatch.setenv("LLMCAL_LIMIT", "200")
    assert limit() == "200"
    assert limit("--llmcal-limit", "300") == "300"


def test_models_come_from_the_environment_separated_by_commas(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.gates(GATE)
    monkeypatch.setenv("LLMCAL_MODELS", "a, b/c")
    project.run().assert_outcomes(passed=2)
    assert [model.name for model in project.result().models] == ["a", "b/c"]


def test_models_come_from_a_list_in_pyproject(project: Project) -> None:
    project.gates(GATE)
    project.write("pyproject.toml", '[tool.pytest.ini_options]\nllmcal_models = ["a", "b/c"]\n')
    project.run().assert_outcomes(passed=2)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="native since pytest 9")
def test_a_text_where_the_native_table_expects_a_list_is_a_usage_error(project: Project) -> None:
    project.gates(GATE)
    project.write("pyproject.toml", '[tool.pytest]\nllmcal_models = "a"\n')
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "llmcal_models" in seen(result)


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="native since pytest 9")
def test_the_native_table_takes_lists_and_switches(project: Project) -> None:
    project.gates("def test_gate(model): pass\n")
    project.write("pyproject.toml", '[tool.pytest]\nllmcal_models = ["a"]\nllmcal_allow_empty = true\n')
    assert project.run().ret == 0


@pytest.mark.skipif(pytest.version_tuple < (9, 2), reason="a strictly typed option has one type until pytest 9.2")
def test_the_native_table_takes_numbers_with_and_without_quotes(project: Project) -> None:
    project.gates(GATE)
    for confidence, limit in (("0.9", "50"), ('"0.9"', '"50"')):
        project.write("pyproject.toml", f"[tool.pytest]\nllmcal_confidence = {confidence}\nllmcal_limit = {limit}\n")
        assert project.run().ret == 0
        record = project.gate("test_gate").records[0]
        assert (record.confidence, record.n) == (0.9, 50)
    project.write("pyproject.toml", "[tool.pytest]\nllmcal_limit = 1.5\n")
    assert usage_error(project.run()) == "llmcal_limit must be a whole number of at least 1, got 1.5."


@pytest.mark.parametrize(("word", "exit_code"), [("1", 0), ("yes", 0), ("0", 1), ("off", 1)])
def test_a_switch_is_set_by_a_word_in_the_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch, word: str, exit_code: int
) -> None:
    project.gates("def test_gate(model): pass\n")
    monkeypatch.setenv("LLMCAL_ALLOW_EMPTY", word)
    assert project.run().ret == exit_code


def test_a_switch_refuses_another_word(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMCAL_ALLOW_EMPTY", "perhaps")
    assert usage_error(project.run()).startswith("LLMCAL_ALLOW_EMPTY must be one of 1, true, yes, on, 0, ")


def test_every_option_has_a_flag_an_ini_key_and_a_line_of_help(project: Project) -> None:
    from pytest_llmcal.plugin.options import OPTIONS

    text = " ".join(seen(project.run("--help")).split())
    for option in OPTIONS:
        assert option.flag in text
        assert f"{option.ini} (" in text


def test_paths_are_relative_to_the_root_wherever_pytest_is_started(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.gates(GATE, "deep/inside/test_gates.py")
    project.write("pytest.ini", "[pytest]\n")
    monkeypatch.chdir(project.folder / "deep")
    result = project.run(
        "--rootdir", str(project.folder), "--llmcal-report", "out", "--llmcal-json", "kept/run.json"
    )  # fmt: skip
    assert result.ret == 0
    assert (project.folder / "out" / "index.html").is_file()
    assert project.result("kept/run.json") == project.result("out/run.json")
    result.stdout.fnmatch_lines(["report: *out*index.html"])


def test_a_model_in_a_folder_elsewhere_does_not_move_the_root_of_paths(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.gates(GATE)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    project.run("--llmcal-model", str(elsewhere)).assert_outcomes(passed=1)
    assert project.result().models[0].name == str(elsewhere)
    assert project.gate("test_gate").suite == "test_gates.py"


def test_no_report_is_written_when_the_option_says_none(project: Project) -> None:
    project.gates(GATE)
    project.run("--llmcal-report", "none").assert_outcomes(passed=1)
    assert project.files() == {"test_gates.py", "events.txt"}


def test_the_confidence_is_the_level_of_every_interval(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.ece() < 0.9\n    assert scores.accuracy() > 0.1\n")
    project.run("--llmcal-confidence", "0.8")
    assert {record.confidence for record in project.gate("test_gate").records} == {0.8}


def test_a_source_without_a_name_replaces_the_task_of_every_marker(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal(task="qa")
        def test_marked(task):
            assert task.name == "mine"

        def test_unmarked(task):
            assert task.name == "mine"
        """
    )
    project.run("--llmcal-task", "mine", "--llmcal-allow-empty").assert_outcomes(passed=2)
    assert {gate.task for gate in project.result().gates} == {"mine"}


def test_a_source_with_a_name_replaces_that_task_alone(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal(task="qa")
        def test_replaced(task):
            assert task.name == "my=file"

        @pytest.mark.llmcal(task="other")
        def test_kept(task):
            assert task.name == "other"
        """
    )
    project.run("--llmcal-task", "qa=my=file", "--llmcal-allow-empty").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("option", "mark", "items"), [((), 7, 7), (("--llmcal-limit", "5"), 7, 5), (("--llmcal-limit", "9"), 7, 7)]
)
def test_the_smaller_of_two_limits_counts(project: Project, option: tuple[str, ...], mark: int, items: int) -> None:
    project.gates(
        f"""
        @pytest.mark.llmcal(limit={mark})
        def test_gate(task):
            assert (len(task.test), len(task.calibration)) == ({items}, {items})
        """
    )
    project.run(*option, "--llmcal-allow-empty").assert_outcomes(passed=1)


def test_embedded_names_win_over_folders_and_other_names_do_not(project: Project) -> None:
    project.write("conftest.py", "")
    for folder in ("world/gpt2", "world/qa", "org/model", "org/model@home", "data/rows"):
        project.write(f"{folder}/notes.md", "nothing to load")
    project.write(
        "test_gates.py",
        """
import pytest_llmcal.scoring, pytest_llmcal.tasks

def test_gate(pytestconfig, monkeypatch):
    said = []
    monkeypatch.setattr(
        pytest_llmcal.scoring, "load_model", lambda source, revision, **_: said.append((source, revision))
    )
    monkeypatch.setattr(pytest_llmcal.tasks, "load_task", lambda source, name=None, **_: said.append((source, name)))
    for name in ("world/gpt2", "org/model", "org/model@home", "org/other@refs/pr/1", "./other@home"):
        pytestconfig.hook.pytest_llmcal_load_model(name=name, config=pytestconfig)
    for name in ("world/qa", "data/rows"):
        pytestconfig.hook.pytest_llmcal_load_task(name=name, config=pytestconfig)
    root = pytestconfig.rootpath
    assert said == [
        ("world/gpt2", None),
        (str(root / "org/model"), None),
        (str(root / "org/model@home"), None),
        ("org/other", "refs/pr/1"),
        ("./other@home", None),
        ("world/qa", None),
        (str(root / "data/rows"), "data/rows"),
    ]
""",
    )
    project.run("--llmcal-no-cache").assert_outcomes(passed=1)


def test_device_dtype_truncation_chat_and_seed_reach_whoever_loads(project: Project) -> None:
    """Through the plugin's own hooks, which the loaders of the package stand behind."""
    project.write("conftest.py", "")
    project.write(
        "test_gates.py",
        """
import pytest_llmcal.scoring, pytest_llmcal.tasks

def test_gate(pytestconfig, monkeypatch):
    said = []
    monkeypatch.setattr(pytest_llmcal.scoring, "load_model", lambda source, **options: said.append((source, options)))
    monkeypatch.setattr(pytest_llmcal.tasks, "load_task", lambda source, **options: said.append((source, options)))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    pytestconfig.hook.pytest_llmcal_load_model(name="m@v2", config=pytestconfig)
    pytestconfig.hook.pytest_llmcal_load_task(name="t", config=pytestconfig)
    options = {"revision": "v2", "dtype": "float16", "device": "cpu", "truncate": "left", "threads": None}
    options |= {"chat": True, "system": " Be brief. "}
    assert said == [("m", options), ("t", {"name": None, "seed": 3})]
""",
    )
    options = ("--llmcal-device", "cpu", "--llmcal-dtype", "float16", "--llmcal-truncate", "left")
    options = (*options, "--llmcal-chat", "--llmcal-system", " Be brief. ", "--llmcal-no-cache")
    project.run(*options, "--llmcal-seed", "3").assert_outcomes(passed=1)


@pytest.mark.parametrize("spelling", ["./mine", "mine/", "sub/../mine", "{folder}/mine"])
def test_a_folder_spelt_in_two_ways_is_one_model(project: Project, spelling: str) -> None:
    for folder in ("mine", "sub"):
        (project.folder / folder).mkdir()
    project.gates("def test_gate(model): pass\n")
    result = project.run("--llmcal-model=mine", f"--llmcal-model={spelling.format(folder=project.folder)}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is given twice, as 'mine' too; each model is gated once." in seen(result)
