"""A run without gates notices nothing of the plugin."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from inner_runs import TIME_LIMIT, Project, seen

HEAVY = ("torch", "transformers", "datasets", "numpy", "scipy", "jinja2", "hypothesis")

NOTHING_HEAVY = f"""
import sys
loaded = sorted(set({HEAVY!r}) & set(sys.modules))
assert not loaded, loaded
"""


def test_loading_the_plugin_imports_no_heavy_module() -> None:
    load = "import pytest_llmcal.plugin\nfor name in pytest_llmcal.plugin.pytest_plugins: __import__(name)\n"
    subprocess.run([sys.executable, "-c", load + NOTHING_HEAVY], check=True, timeout=TIME_LIMIT)


def test_a_run_that_shows_the_header_and_the_help_imports_no_heavy_module(project: Project) -> None:
    project.write("conftest.py", "")
    project.write("test_plain.py", "def test_plain():\n" + textwrap.indent(NOTHING_HEAVY, "    "))
    result = project.run_apart("--llmcal-model", "some/model")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["llmcal: some/model"])


def test_a_run_without_gates_prints_no_line_writes_no_file_and_changes_no_option(project: Project) -> None:
    project.write("conftest.py", "")
    project.write("test_plain.py", "def test_plain(): pass\n")
    with_plugin = project.run()
    without_plugin = project.run("-p", "no:llmcal")
    assert with_plugin.ret == without_plugin.ret == 0
    assert project.files() == {"test_plain.py"}
    plain = [line for line in without_plugin.outlines if not line.startswith(("plugins:", "==="))]
    assert [line for line in with_plugin.outlines if not line.startswith(("plugins:", "==="))] == plain


def test_models_in_the_ini_file_print_no_line_in_a_run_without_gates(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nllmcal_models = a\n")
    project.write("test_plain.py", "def test_plain(): pass\n")
    assert "llmcal:" not in seen(project.run())


def test_a_foreign_fixture_called_model_is_left_alone(project: Project) -> None:
    project.gates(
        """
        @pytest.fixture(params=["linear", "tree"])
        def model(request):
            return request.param

        @pytest.fixture
        def scores(model):
            return [model]

        def test_theirs(model, scores):
            assert scores == [model]
        """
    )
    project.run("--llmcal-model", "a", "--llmcal-model", "b").assert_outcomes(passed=2)
    assert project.events() == []
    assert "reports" not in project.files()


def test_a_foreign_parametrization_of_model_is_no_duplicate_and_loads_nothing(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.parametrize("model", ["linear", "tree"])
        def test_theirs(model):
            assert model in ("linear", "tree")

        @pytest.mark.parametrize("score, task", [(1, 2)])
        def test_others(score, task):
            assert score < task
        """
    )
    project.run("--llmcal-model", "a", "--llmcal-model", "b").assert_outcomes(passed=3)
    assert project.events() == []
    assert "reports" not in project.files()


def test_a_foreign_suite_with_strict_markers_accepts_ours(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal(task="coins", limit=10)
        @pytest.mark.llmcal_models("*")
        def test_gate(model):
            assert measured().below(0.05)
        """
    )
    project.run("--strict-markers", "--strict-config").assert_outcomes(passed=1)


def test_two_runs_in_one_process_leave_no_state_behind(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.accuracy() > 0.5\n")
    project.run("--llmcal-model", "a", "--llmcal-confidence", "0.9").assert_outcomes(passed=1)
    first = project.result()
    project.run("--llmcal-model", "b").assert_outcomes(passed=1)
    second = project.result()
    assert [model.name for model in first.models] == ["a"]
    assert [model.name for model in second.models] == ["b"]
    assert [gate.records[0].confidence for run in (first, second) for gate in run.gates] == [0.9, 0.95]
    assert project.events().count("READ world/qa") == 2
