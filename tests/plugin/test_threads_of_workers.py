"""The CPU is shared among the workers of pytest-xdist that have a model, and not among all that there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import pytest_llmcal.scoring
import pytest_llmcal.scoring.threads
from pytest_llmcal.plugin.distribution import pytest_configure_node
from pytest_llmcal.plugin.loading import pytest_llmcal_load_model
from pytest_llmcal.plugin.stash import DISTRIBUTION_WAS_CHOSEN, SETTINGS
from pytest_llmcal.plugin.turns import MODELS_AT_ONCE


class Stand:
    """Stands in for whatever has these attributes."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)


def told(workers: int, *models: str, mode_was_chosen: bool) -> int:
    """Return what the controller tells a worker."""
    stash = pytest.Stash()
    settings: Any = Stand(models=models)
    stash[SETTINGS] = settings
    stash[DISTRIBUTION_WAS_CHOSEN] = mode_was_chosen
    node = Stand(workerinput={"workercount": workers}, gateway=Stand(newchannel=object), config=Stand(stash=stash))
    pytest_configure_node(node)
    found: int = node.workerinput[MODELS_AT_ONCE]  # type: ignore[attr-defined]
    return found


def test_no_more_workers_have_a_model_than_there_are_models() -> None:
    assert told(8, "a", mode_was_chosen=False) == 1
    assert told(8, "a", "b", mode_was_chosen=False) == 2
    assert told(2, "a", "b", "c", mode_was_chosen=False) == 2


def test_where_the_user_chose_how_tests_are_distributed_every_worker_may_have_one() -> None:
    assert told(8, "a", mode_was_chosen=True) == 8


@pytest.mark.parametrize(("given", "at_once"), [({}, None), ({"workerinput": {MODELS_AT_ONCE: 3}}, 3)])
def test_a_worker_loads_its_model_with_its_share_of_the_threads(
    given: dict[str, Any], at_once: int | None, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(pytest_llmcal.scoring.threads, "most_threads", lambda asked: ("share of", asked))
    monkeypatch.setattr(pytest_llmcal.scoring, "load_model", lambda _, **options: options["threads"])
    uncached = replace(pytestconfig.stash[SETTINGS], cache=None)
    config: Any = Stand(stash={SETTINGS: uncached}, **given)
    threads: Any = pytest_llmcal_load_model("world/gpt2", config)
    assert threads == ("share of", at_once)
