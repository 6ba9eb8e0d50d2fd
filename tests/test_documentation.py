"""Whatever command or file the README and the docs show is run here, in the order shown.

A fence behind ``<!-- file: NAME -->`` is written to NAME; each ``$`` line of a ``console``
fence is run in the same folder, which holds a copy of ``suites/``, and must exit with 0 or
with the number that the line states as ``# exits N``. Lines below it are what it prints, with ``...`` for
anything. A page that says ``<!-- needs: PACKAGE -->`` is left out where that is not installed. Commands that CI runs
itself, from nothing (``make gate`` and the like), are checked to
stand in ``.ci/run``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"(?:<!-- file: (?P<name>\S+) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE
)
RUN_BY_CI = re.compile(r"^make (gate|test|test-slow|outside|lint)$")
NOT_RUN = re.compile(r"^(git clone|cd|pip install|make bench|make train|xdg-open) ?")


class Command(NamedTuple):
    line: str
    status: int
    shown: str


def commands(body: str) -> list[Command]:
    found = []
    for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        line, _, shown = block.partition("\n")
        text, _, comment = line.partition("  #")
        stated = re.search(r"exits (\d+)", comment)
        found.append(Command(text.strip(), int(stated[1]) if stated else 0, shown.strip()))
    return found


def prints(printed: str, shown: str) -> bool:
    """Tell whether a command printed what the page shows, up to line breaks and spaces."""
    pattern = r"\s*.*\s*".join(r"\s+".join(map(re.escape, part.split())) for part in shown.split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def follow(page: Path, folder: Path) -> list[str]:
    """Do what the page says, in ``folder``; return what went otherwise than it says."""
    shutil.copytree(ROOT / "suites", folder / "suites", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    wrong = []
    for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
        if fence["name"]:
            (folder / fence["name"]).write_text(fence["body"], encoding="utf-8")
        if fence["language"] != "console":
            continue
        for line, status, shown in commands(fence["body"]):
            if RUN_BY_CI.match(line):
                if line not in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines():
                    wrong.append(f"{line}: is not run by .ci/run")
            elif not NOT_RUN.match(line):
                done = subprocess.run(
                    line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
                )
                if done.returncode != status:
                    wrong.append(
                        f"{line}: exited {done.returncode}, not {status}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
                    )
                elif shown and not prints(done.stdout, shown):
                    wrong.append(f"{line}: printed otherwise than shown\n{done.stdout[-3000:]}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_every_command_of_the_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    for package in re.findall(r"^<!-- needs: (\w+) -->$", page.read_text(encoding="utf-8"), re.MULTILINE):
        pytest.importorskip(package, reason=f"the commands of this page need {package}, which is not installed")
    assert follow(page, tmp_path) == []


def test_links_inside_the_project_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_a_command_that_exits_otherwise_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ true  # exits 1\n$ false  # exits 1\n```\n", encoding="utf-8")
    (tmp_path / "run").mkdir()
    assert [text.splitlines()[0] for text in follow(page, tmp_path / "run")] == ["true: exited 0, not 1"]


def test_an_output_that_is_shown_otherwise_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ echo one two\none two\n$ echo one two\none ...\n$ echo one\ntwo\n```\n", encoding="utf-8"
    )
    (tmp_path / "run").mkdir()
    assert [text.splitlines()[0] for text in follow(page, tmp_path / "run")] == [
        "echo one: printed otherwise than shown"
    ]
