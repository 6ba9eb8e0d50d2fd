"""With pytest-xdist: each model on one worker, and every worker's gates known to the controller."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import pytest

from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.plugin.stash import COLLECTOR, DISTRIBUTION_WAS_CHOSEN, GATE, SETTINGS
from pytest_llmcal.plugin.turns import CHANNEL, MODELS_AT_ONCE

_SECONDS = 60.0


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Notice whether the user named a ``--dist`` mode, before pytest-xdist fills in its default."""
    config.stash[DISTRIBUTION_WAS_CHOSEN] = getattr(config.option, "dist", "no") != "no"
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand a worker a channel on which it tells its gates and that it waits, and say how many models work at once.

    The controller never sees a test, only nodeids, and a nodeid does not say which model
    it is about: names of models may hold every character that separates its parts.
    """
    node.workerinput[CHANNEL] = node.gateway.newchannel()
    workers = node.workerinput["workercount"]
    by_model = not node.config.stash[DISTRIBUTION_WAS_CHOSEN]
    node.workerinput[MODELS_AT_ONCE] = min(workers, len(node.config.stash[SETTINGS].models)) if by_model else workers


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """In a worker, tell the controller which gates were collected, before pytest-xdist tells the nodeids."""
    channel = getattr(session.config, "workerinput", {}).get(CHANNEL)
    if channel is not None:
        channel.send({item.nodeid: asdict(item.stash[GATE]) for item in session.items if GATE in item.stash})


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """In the controller, hear it."""
    channel = node.workerinput[CHANNEL]
    told: dict[str, dict[str, Any]] = channel.receive(timeout=_SECONDS)
    channel.setcallback(lambda sentence: _say(node.config, sentence))
    node.config.stash[COLLECTOR].plan({nodeid: GateFacts(**facts) for nodeid, facts in told.items()})


def _say(config: pytest.Config, sentence: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and config.get_verbosity() >= 0:
        reporter.ensure_newline()
        reporter.write_line(sentence)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Keep each model on one worker, unless the user chose how tests are distributed."""
    if config.stash.get(DISTRIBUTION_WAS_CHOSEN, False) or config.getvalue("dist") != "load":
        return None
    from pytest_llmcal.plugin.scheduling import DeferredScheduling

    return DeferredScheduling(config, log, config.stash[COLLECTOR].planned)
