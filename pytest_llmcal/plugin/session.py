"""Sets a run up: hooks, markers, options, and the collector where all reports pass."""

from __future__ import annotations

import pytest

from pytest_llmcal.plugin import hookspecs
from pytest_llmcal.plugin.artefacts import read_calibrators
from pytest_llmcal.plugin.collector import Collector
from pytest_llmcal.plugin.markers import MARKERS
from pytest_llmcal.plugin.settings import resolve
from pytest_llmcal.plugin.shelves import ModelShelf, TaskShelf
from pytest_llmcal.plugin.stash import CALIBRATORS, COLLECTOR, MODELS, SETTINGS, SUBJECTS, TASKS
from pytest_llmcal.plugin.subjects import SubjectShelf


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the hooks of ``hookspecs.py``."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options and put everything that a run keeps on its config."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[SETTINGS] = resolve(config)
    config.stash[CALIBRATORS] = read_calibrators(config.stash[SETTINGS])
    config.stash[MODELS] = ModelShelf(config)
    config.stash[TASKS] = TaskShelf(config)
    config.stash[SUBJECTS] = SubjectShelf(texts=not config.stash[SETTINGS].no_texts)
    if not hasattr(config, "workerinput"):  # workers of pytest-xdist send their reports to the controller
        config.stash[COLLECTOR] = Collector(config)
        config.pluginmanager.register(config.stash[COLLECTOR], "llmcal-collector")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Free a model that an interrupt has left behind, and the engine that ran it."""
    shelf = config.stash.get(MODELS, None)
    if shelf is not None:
        shelf.release()
        engine = config.stash[SETTINGS].engine
        if engine is not None:
            engine.close()
