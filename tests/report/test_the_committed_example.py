"""The example under reports/ is what this version writes."""

from pathlib import Path

from pytest_llmcal.records import Run
from pytest_llmcal.report import render

EXAMPLE = Path(__file__).parents[2] / "reports" / "example"


def test_the_example_page_is_the_rendering_of_the_example_run() -> None:
    run = Run.read(EXAMPLE / "run.json")
    assert render(run) == (EXAMPLE / "index.html").read_text(encoding="utf-8")


def test_the_example_shows_a_model_that_may_be_released_and_one_that_may_not() -> None:
    run = Run.read(EXAMPLE / "run.json")
    assert run.complete
    verdicts = {model.name: {gate.verdict for gate in run.gates if gate.model == model.name} for model in run.models}
    assert verdicts["world/gpt2"] == {"holds"}
    assert "refuted" in verdicts["world/gpt2-overfit"]
