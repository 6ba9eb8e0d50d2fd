"""A real language model, answering by letter, is moved by the order of options, and the gate says by how much."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from plain import PlainModel, chosen

from pytest_llmcal import load_task

pytestmark = pytest.mark.slow

TASK = """
source = "{shared}/data/tasks/truthfulqa_mc1.jsonl"
style = "letters"
shuffle_choices = true
calibration = 0
"""


def test_the_gate_counts_the_answers_that_change_as_a_plain_loop_does(shared: Path, tmp_path: Path) -> None:
    task = tmp_path / "truthfulqa.toml"
    task.write_text(TASK.format(shared=shared), encoding="utf-8")
    suite = Path(__file__).parents[2] / "suites" / "metamorphic" / "test_metamorphic.py"
    (tmp_path / "test_gates.py").write_text(suite.read_text(encoding="utf-8"), encoding="utf-8")
    options = [
        "--llmcal-model",
        str(shared / "models" / "stories260K"),
        "--llmcal-task",
        str(task),
        "--llmcal-limit",
        "40",
    ]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--rootdir={tmp_path}",
        "-c",
        "/dev/null",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, *options, "-k", "order", str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 1, done.stdout + done.stderr
    run = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    [gate] = run["gates"]
    [flips] = [record for record in gate["attempts"][-1]["records"] if record["metric"] == "flips"]
    assert flips["outcome"] == "refuted"
    assert "when choices 1 and 2 trade places" in flips["explanation"]

    plain, changed = PlainModel(shared / "models" / "stories260K"), 0
    for item in load_task(task, limit=40).test:
        question, *options, answer = item.prompt.split("\n")
        texts = [option.partition(". ")[2] for option in options]
        swapped = [texts[1], texts[0], *texts[2:]]
        took = []
        for order in (texts, swapped):
            listed = [f"{letter.strip()}. {text}" for letter, text in zip(item.choices, order, strict=True)]
            prompt = "\n".join([question, *listed, answer])
            took.append(order[chosen([plain.log_likelihood(prompt, letter) for letter in item.choices])[1]])
        changed += took[0] != took[1]
    assert flips["estimate"] == pytest.approx(changed / 40)
