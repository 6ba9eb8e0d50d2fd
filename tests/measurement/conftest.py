"""Rules of their own for tests that judge measurements, whatever the run was told."""

import pytest

from pytest_llmcal.measurement import Rules, using


@pytest.fixture(autouse=True)
def _default_rules():
    with using(Rules()):
        yield
