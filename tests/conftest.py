"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no finding: how long an example takes is for benchmarks to say.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

pytest_plugins = ["pytester"]


SHARES_NOTHING = "test_documentation.py"
"""Each page is minutes of commands in a folder of its own; on one worker they would be the last to end."""


LONG = (
    "test_world_distillation.py",
    "test_world_end_to_end.py",
    "test_lm_eval_tokens.py",
    "test_a_real_llama_is_gated.py",
)
"""Begun last, they would be what one worker is at when the others have nothing left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup``, give what a file trains or scores once to one worker, and the long ones first."""
    for item in items:
        if item.path.name != SHARES_NOTHING:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(scope="session", autouse=True)
def score_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and every process that they start, out of the user's score cache; workers share one."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "score-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMCAL_CACHE_DIR", str(folder))
        yield
