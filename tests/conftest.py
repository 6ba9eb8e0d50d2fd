"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session", autouse=True)
def score_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and every process that they start, out of the user's score cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMCAL_CACHE_DIR", str(tmp_path_factory.mktemp("score-cache")))
        yield
