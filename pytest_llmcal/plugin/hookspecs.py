"""Hooks for those who want more than the options give. Each example can be pasted into a conftest.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_llmcal.records import Record, Run
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Task


@pytest.hookspec(firstresult=True)
def pytest_llmcal_load_model(name: str, config: pytest.Config) -> Model | None:
    """Return the model of this name, or None to leave it to others.

    Called once for each model, when the first test needs it. Whatever answers the two
    questions of ``pytest_llmcal.scoring.protocol.Model`` is a model::

        from pytest_llmcal.records import ModelFacts
        from pytest_llmcal.scoring.protocol import LogLikelihood


        class CoinFlip:
            facts = ModelFacts(name="coin", revision="1", dtype="float64", device="cpu")

            def log_likelihoods(self, requests, progress=None):
                return [LogLikelihood(total=-0.7, tokens=1) for _ in requests]

            def next_tokens(self, texts, progress=None):
                raise NotImplementedError("a coin continues no text")

            def close(self):
                pass


        def pytest_llmcal_load_model(name):
            return CoinFlip() if name == "coin" else None
    """


@pytest.hookspec(firstresult=True)
def pytest_llmcal_load_task(name: str, config: pytest.Config) -> Task | None:
    """Return the task of this name, or None to leave it to others.

    Called once for each task, when the first test needs it. ``--llmcal-limit`` is
    applied to the result::

        from pytest_llmcal.tasks import Item, Items, Task


        def pytest_llmcal_load_task(name):
            if name != "capitals":
                return None
            items = (
                Item(id="fr", prompt="The capital of France is", choices=(" Paris", " Rome"), answer=0),
                Item(id="it", prompt="The capital of Italy is", choices=(" Paris", " Rome"), answer=1),
            )
            return Task("capitals", None, Items("capitals", "test", items), source="conftest.py")
    """


@pytest.hookspec
def pytest_llmcal_environment(config: pytest.Config, environment: dict[str, str]) -> None:
    """Add to what the run says about where it was made.

    Called once, before the run is written; keys and values are texts::

        def pytest_llmcal_environment(environment):
            environment["training run"] = "2031-04-05, 3 epochs"
    """


@pytest.hookspec
def pytest_llmcal_report_context(config: pytest.Config, context: dict[str, str]) -> None:
    """Add texts for the reader of the report, each under a heading.

    Called once, before the run is written. They are kept in ``run.json``, so a report that is
    made of it later shows them too, and they are shown as they stand, not as markup::

        def pytest_llmcal_report_context(context):
            context["Why this release"] = "Fixes the prompt of the support desk; weights as in 1.3."
    """


@pytest.hookspec
def pytest_llmcal_record(record: Record, item: pytest.Item) -> None:
    """Be told of every comparison and verdict as it is made, in the process that makes it.

    An exception here fails the test::

        def pytest_llmcal_record(record, item):
            with open("measurements.txt", "a", encoding="utf-8") as file:
                print(item.name, record.metric, record.estimate, record.outcome, file=file)
    """


@pytest.hookspec
def pytest_llmcal_run(run: Run, config: pytest.Config) -> None:
    """Be handed the run, once it is written, in the process that saw all of it.

    For dashboards, trackers and messages. An exception here is told in the terminal and turns a green run
    red::

        def pytest_llmcal_run(run):
            with open("verdicts.txt", "w", encoding="utf-8") as file:
                for gate in run.gates:
                    print(gate.nodeid, gate.verdict, file=file)
    """
