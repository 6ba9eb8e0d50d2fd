"""With pytest-xdist: each model on one worker, and every worker's gates known to the controller."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest

from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.plugin.stash import COLLECTOR, DISTRIBUTION_WAS_CHOSEN, GATE

_CHANNEL = "llmcal_plan"
_SECONDS = 60.0


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Notice whether the user named a ``--dist`` mode, before pytest-xdist fills in its default."""
    config.stash[DISTRIBUTION_WAS_CHOSEN] = getattr(config.option, "dist", "no") != "no"
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand a worker a channel on which it tells its gates.

    The controller never sees a test, only nodeids, and a nodeid does not say which model
    it is about: names of models may hold every character that separates its parts.
    """
    node.workerinput[_CHANNEL] = node.gateway.newchannel()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """In a worker, tell the controller which gates were collected, before pytest-xdist tells the nodeids."""
    channel = getattr(session.config, "workerinput", {}).get(_CHANNEL)
    if channel is not None:
        channel.send({item.nodeid: asdict(item.stash[GATE]) for item in session.items if GATE in item.stash})


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """In the controller, hear it."""
    told: dict[str, dict[str, Any]] = node.workerinput[_CHANNEL].receive(timeout=_SECONDS)
    node.config.stash[COLLECTOR].plan({nodeid: GateFacts(**facts) for nodeid, facts in told.items()})


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Keep each model on one worker, unless the user chose how tests are distributed."""
    if config.stash.get(DISTRIBUTION_WAS_CHOSEN, False) or config.getvalue("dist") != "load":
        return None
    from pytest_llmcal.plugin.scheduling import DeferredScheduling

    return DeferredScheduling(config, log, config.stash[COLLECTOR].planned)
