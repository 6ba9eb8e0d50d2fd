"""The hooks: each example in their documentation is pasted and run."""

from __future__ import annotations

import inspect
import textwrap

import pytest
from inner_runs import Project

from pytest_llmcal.plugin import hookspecs

HOOKS = [name for name in vars(hookspecs) if name.startswith("pytest_llmcal_")]


def example(hook: str) -> str:
    """The indented block after the double colon."""
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""
    _, colons, after = text.partition("::\n")
    assert colons, f"{hook} has no example"
    return textwrap.dedent(after)


def test_every_hook_has_an_example() -> None:
    assert sorted(HOOKS) == [
        "pytest_llmcal_environment",
        "pytest_llmcal_load_model",
        "pytest_llmcal_load_task",
        "pytest_llmcal_record",
        "pytest_llmcal_report_context",
        "pytest_llmcal_run",
    ]
    for hook in HOOKS:
        assert f"def {hook}(" in example(hook)


def test_the_example_of_a_model_can_be_pasted(project: Project) -> None:
    project.write(
        "conftest.py", f"{example('pytest_llmcal_load_model')}\nfrom stand_ins import pytest_llmcal_load_task\n"
    )
    project.gates(
        "def test_gate(scores):\n    assert scores.accuracy().above(0.6)\n    assert scores.confidence.max() == 0.5\n"
    )
    project.run("--llmcal-model", "coin").assert_outcomes(passed=1)
    assert [model.name for model in project.result().models] == ["coin"]


def test_the_example_of_a_task_can_be_pasted(project: Project) -> None:
    project.write("conftest.py", example("pytest_llmcal_load_task"))
    project.gates(
        """
        @pytest.mark.llmcal(task="capitals")
        def test_gate(task):
            assert [item.choices[item.answer] for item in task.test] == [" Paris", " Rome"]
        """
    )
    project.run("--llmcal-allow-empty").assert_outcomes(passed=1)


def test_the_example_of_an_environment_can_be_pasted(project: Project) -> None:
    project.write("conftest.py", example("pytest_llmcal_environment"))
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    project.run().assert_outcomes(passed=1)
    assert project.result().environment["training run"] == "2031-04-05, 3 epochs"


def test_the_example_of_a_report_context_can_be_pasted(project: Project) -> None:
    project.write("conftest.py", example("pytest_llmcal_report_context"))
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    project.run().assert_outcomes(passed=1)
    text = "Fixes the prompt of the support desk; weights as in 1.3."
    assert project.result().context == {"Why this release": text}
    page = (project.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert f"<h2><bdi>Why this release</bdi></h2>\n<p><bdi>{text}</bdi></p>" in page


def test_texts_for_the_report_are_no_markup(project: Project) -> None:
    project.write(
        "conftest.py", "def pytest_llmcal_report_context(context):\n    context['<i>'] = '<b>{{ 1 }}</b>\\n\\nend'\n"
    )
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    project.run().assert_outcomes(passed=1)
    page = (project.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;{{ 1 }}&lt;/b&gt;" in page
    assert "<b>{{" not in page


def test_the_example_of_a_record_can_be_pasted(project: Project) -> None:
    project.write("conftest.py", example("pytest_llmcal_record"))
    project.gates(
        "@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n    assert measured().below(0.05)\n"
    )
    project.run().assert_outcomes(passed=1)
    assert (project.folder / "measurements.txt").read_text(encoding="utf-8").splitlines() == [
        "test_gate ece 0.03 true",
        "test_gate ece 0.03 holds",
    ]


def test_an_error_in_the_record_hook_fails_the_test_and_the_record_is_kept(project: Project) -> None:
    project.write("conftest.py", "def pytest_llmcal_record(record):\n    raise OSError('tracker is down')\n")
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    project.run().assert_outcomes(failed=1)
    assert len(project.gate("test_gate").records) == 1


def test_the_environment_names_versions_options_and_commit_as_flat_texts(project: Project) -> None:
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    project.run("--llmcal-limit", "5", "--llmcal-task", "qa=x").assert_outcomes(passed=1)
    environment = project.result().environment
    assert {"python", "platform", "pytest", "torch", "numpy", "pytest-llmcal", "seed", "confidence", "device"} <= set(
        environment
    )
    assert (environment["limit"], environment["task"], environment["confidence"]) == ("5", "qa=x", "0.95")
    assert all(isinstance(value, str) for value in environment.values())


def test_the_git_commit_is_that_of_the_root(project: Project) -> None:
    git = project.pytester
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured() < 1\n")
    author = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), (*author, "commit", "-q", "--allow-empty", "-m", "x")):
        if git.run("git", *arguments).ret != 0:
            pytest.skip("git cannot make a repository here")
    commit = git.run("git", "rev-parse", "HEAD").outlines[0]
    project.run().assert_outcomes(passed=1)
    assert project.result().environment["git commit"] == commit


def test_the_example_of_a_run_can_be_pasted(project: Project) -> None:
    project.write("conftest.py", example("pytest_llmcal_run"))
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.05)\n")
    project.run().assert_outcomes(passed=1)
    written = (project.folder / "verdicts.txt").read_text(encoding="utf-8")
    assert written == "test_gates.py::test_gate holds\n"


def test_a_run_that_cannot_be_handed_on_turns_a_green_run_red_and_is_written_all_the_same(project: Project) -> None:
    project.write("conftest.py", "def pytest_llmcal_run(run):\n    raise OSError('no tracker')\n")
    project.gates("@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.05)\n")
    result = project.run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the run could not be handed on: OSError: no tracker"])
    assert project.result().complete
