"""The workflows under examples/ are well-formed, and their steps, in order and in fresh clones, do what they say.

Linters: actionlint for GitHub, the schema that GitLab publishes (of check-jsonschema), and for Jenkins, whose own
linter is a server, the grammar of Groovy. The runs take two things for granted that a service gives: ``uses:`` steps
and artefacts are done by hand here, as documented there, and in place of ``pip install pytest-llmcal`` the environment
of these tests is used. Everything else is run as it stands.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from pytest_llmcal.records import Run

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
GITHUB, GITLAB, JENKINS = EXAMPLES / "github-actions.yml", EXAMPLES / "gitlab-ci.yml", EXAMPLES / "Jenkinsfile"
PROGRAMS = Path(sys.executable).parent
INSTALLED = re.compile(r"^pip install pytest-llmcal$", re.MULTILINE)
HEADLINE = "1 of 2 models may be released"


def linted(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAMS / tool, *arguments], capture_output=True, text=True, check=False)


def actionlint(path: Path) -> subprocess.CompletedProcess[str]:
    return linted("actionlint", "-no-color", path)


def gitlab_schema(path: Path) -> subprocess.CompletedProcess[str]:
    return linted("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", path)


@pytest.mark.parametrize("path", [GITHUB], ids=lambda path: path.name)
def test_the_workflow_of_github_lints_clean(path: Path) -> None:
    found = actionlint(path)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("matrix.model }}", "matrix.modell }}"),
        ("needs: gate", "needs: gates"),
        ("runs-on: ubuntu-latest", "runs-on: 1"),
    ],
)
def test_a_mistake_in_the_workflow_of_github_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    text = GITHUB.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "spoiled.yml").write_text(text.replace(right, wrong), encoding="utf-8")
    assert actionlint(tmp_path / "spoiled.yml").returncode == 1


def test_the_pipeline_of_gitlab_fits_its_schema() -> None:
    found = gitlab_schema(GITLAB)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(("right", "wrong"), [("codequality:", "codequalitee:"), ("  when: always", "  when: ever")])
def test_a_mistake_in_the_pipeline_of_gitlab_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    text = GITLAB.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "spoiled.yml").write_text(text.replace(right, wrong), encoding="utf-8")
    assert gitlab_schema(tmp_path / "spoiled.yml").returncode == 1


def groovy(text: str) -> Any:
    import tree_sitter
    import tree_sitter_groovy

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language())).parse(text.encode()).root_node


def test_the_pipeline_of_jenkins_is_groovy() -> None:
    text = JENKINS.read_text(encoding="utf-8")
    assert not groovy(text).has_error
    for wrong in (
        text.rstrip()[:-1],
        text.replace("'reports/junit.xml'", "'reports/junit.xml"),
        text.replace("])", "]"),
    ):
        assert groovy(wrong).has_error


class Workplace:
    """Where jobs run: a fresh clone for each, and a place for the artefacts between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.artefacts = folder / "artefacts"
        self.summaries = ""

    def clone(self, job: str) -> Path:
        place = self.folder / job
        subprocess.run(["git", "clone", "-q", ROOT, place], check=True)
        return place

    def shell(self, script: str, place: Path, variables: Mapping[str, str]) -> bool:
        """Run a script as both services do: in a shell that ends at the first command that fails."""
        path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-e", "-c", INSTALLED.sub("true", script)]
        done = subprocess.run(
            command, cwd=place, env=os.environ | {"PATH": path} | variables, capture_output=True, text=True, check=False
        )
        print(f"$ {script}\n{done.stdout}{done.stderr}")  # pytest shows it where the test fails
        return done.returncode == 0


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    if subprocess.run(["git", "-C", ROOT, "rev-parse"], capture_output=True, check=False).returncode:
        pytest.skip("this is no clone, and a workflow begins with one")
    return Workplace(tmp_path)


def replaced(value: Any, matrix: Mapping[str, str]) -> str:
    """Fill in what GitHub fills in: the job's place in the matrix, and an address that only GitHub knows."""
    text = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: matrix[found[1]], str(value))
    return text.replace("${{ steps.published.outputs.artifact-url }}", "https://github.example/artifacts/1")


def github_job(work: Workplace, job: Mapping[str, Any], matrix: Mapping[str, str], name: str) -> bool:
    place = work.folder / name
    place.mkdir()
    passed = True
    for step in job["steps"]:
        if not passed and step.get("if") != "always()":
            continue
        given = {key: replaced(value, matrix) for key, value in step.get("with", {}).items()}
        action = step.get("uses", "").partition("@")[0]
        if action == "actions/checkout":
            place.rmdir()
            work.clone(name)
        elif action == "actions/upload-artifact":
            shutil.copytree(place / given["path"], work.artefacts / given["name"])
        elif action == "actions/download-artifact":
            assert given["merge-multiple"] == "True"
            for artefact in sorted(work.artefacts.glob(given["pattern"])):
                shutil.copytree(artefact, place / given["path"], dirs_exist_ok=True)
        elif "run" in step:
            summary = place / "step-summary.md"
            variables = {key: replaced(value, matrix) for key, value in step.get("env", {}).items()}
            own = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(place), "GITHUB_STEP_SUMMARY": str(summary)}
            passed = work.shell(replaced(step["run"], matrix), place, own | variables) and passed
            work.summaries += summary.read_text(encoding="utf-8") if summary.exists() else ""
        else:
            assert action == "actions/setup-python", f"unknown step {step}"
    return passed


@pytest.mark.slow
def test_the_workflow_of_github_gates_each_model_and_publishes_one_report(workplace: Workplace) -> None:
    jobs = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"]
    assert jobs["report"]["needs"] == "gate"
    assert jobs["report"]["if"] == "always()"
    passed = {
        matrix["model"]: github_job(workplace, jobs["gate"], matrix, matrix["name"])
        for matrix in jobs["gate"]["strategy"]["matrix"]["include"]
    }
    assert passed == {"world/gpt2": True, "world/gpt2-overfit": False}
    assert workplace.summaries == ""
    assert github_job(workplace, jobs["report"], {}, "report")
    published = workplace.artefacts / "calibration-report"
    assert HEADLINE in (published / "index.html").read_text(encoding="utf-8")
    assert {gate.model for gate in Run.read(published / "run.json").gates} == set(passed)
    assert workplace.summaries.startswith(f"## {HEADLINE}\n")
    assert '<a href="https://github.example/artifacts/1">' in workplace.summaries


def gitlab_jobs(pipeline: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, str]]]:
    for stage in pipeline["stages"]:
        for name, job in pipeline.items():
            if isinstance(job, dict) and job.get("stage") == stage:
                for number, variables in enumerate(job.get("parallel", {}).get("matrix", [{}])):
                    yield f"{name}-{number}", job, variables


@pytest.mark.slow
def test_the_pipeline_of_gitlab_gates_each_model_and_publishes_one_report(workplace: Workplace) -> None:
    pipeline = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    assert pipeline["report"]["when"] == "always"
    passed: dict[str, bool] = {}
    for name, job, variables in gitlab_jobs(pipeline):
        place = workplace.clone(name)
        if job["stage"] == "report":  # a job gets the artefacts of the stages before its own
            for artefact in sorted(workplace.artefacts.iterdir()):
                shutil.copytree(artefact, place, dirs_exist_ok=True)
        script = "\n".join([*pipeline["default"]["before_script"], *job["script"]])
        own = {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(place)}
        passed[name] = workplace.shell(script, place, own | variables)
        for path in job["artifacts"]["paths"]:
            shutil.copytree(place / path, workplace.artefacts / name / path)
    assert passed == {"gate-0": True, "gate-1": False, "report-0": True}
    report = workplace.artefacts / "report-0" / "report" / "index.html"
    assert HEADLINE in report.read_text(encoding="utf-8")
    reports = pipeline["gate"]["artifacts"]["reports"]
    for name, counts in {"gate-0": (0, 0), "gate-1": (1, 1)}.items():
        folder = workplace.artefacts / name
        [suite] = [ElementTree.parse(path).getroot()[0] for path in folder.glob(reports["junit"])]
        [quality] = [yaml.safe_load(path.read_text("utf-8")) for path in folder.glob(reports["codequality"])]
        assert (min(int(suite.attrib["failures"]), 1), min(len(quality), 1)) == counts
        assert all((ROOT / issue["location"]["path"]).is_file() for issue in quality)


def jenkins_steps(text: str) -> Sequence[str]:
    """The scripts of the sh steps, as Groovy's two kinds of quotes without placeholders hold them."""
    return [long or short for long, short in re.findall(r"\bsh (?:'''(.*?)'''|'([^'\n]+)')", text, re.DOTALL)]


@pytest.mark.slow
def test_the_pipeline_of_jenkins_writes_what_its_plugins_publish(workplace: Workplace) -> None:
    text = JENKINS.read_text(encoding="utf-8")
    install, gate = jenkins_steps(text)
    assert install == "python3 -m venv .venv && .venv/bin/pip install pytest-llmcal"
    place = workplace.clone("job")
    (place / ".venv").mkdir()
    (place / ".venv" / "bin").symlink_to(PROGRAMS)
    assert not workplace.shell(gate, place, {}), "one of the two models fails"
    folder, page = (re.search(rf"{name}: '(.+)'", text) for name in ("reportDir", "reportFiles"))
    assert folder is not None
    assert page is not None
    shown = (place / folder[1] / page[1]).read_text(encoding="utf-8")
    assert HEADLINE in shown
    assert "<style" not in shown
    assert ElementTree.parse(place / "reports" / "junit.xml").getroot()[0].attrib["errors"] == "0"
