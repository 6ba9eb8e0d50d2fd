"""One test for each model."""

from __future__ import annotations

import pytest

from pytest_llmcal.history.merging import NO_MODEL
from pytest_llmcal.plugin.markers import MarkerError, gate_mark, gpu_memory, wanted_models
from pytest_llmcal.plugin.stash import SETTINGS

MODEL_NAME = "llmcal_model_name"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Multiply every test that uses a model, directly or not, by the models of the run."""
    try:
        gate_mark(metafunc.definition)
        gpu_memory(metafunc.definition)
        names = wanted_models(metafunc.definition, metafunc.config.stash[SETTINGS].models)
    except MarkerError as error:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {error}") from None
    if MODEL_NAME in metafunc.fixturenames and not _parametrized_by_hand(metafunc):
        # Session scope makes pytest group the tests by model, so that one is loaded after another.
        metafunc.parametrize(MODEL_NAME, [*names] or [_no_model(metafunc)], indirect=True, scope="session")


def _parametrized_by_hand(metafunc: pytest.Metafunc) -> bool:
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if MODEL_NAME in (names.replace(",", " ").split() if isinstance(names, str) else names):
            return True
    return False


def _no_model(metafunc: pytest.Metafunc) -> object:
    given = ", ".join(metafunc.config.stash[SETTINGS].models)
    skip = pytest.mark.skip(reason=f"its marker llmcal_models lets none of the models through: {given}")
    return pytest.param(None, id=NO_MODEL, marks=skip)
