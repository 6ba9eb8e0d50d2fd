"""Answers of a server are kept, and another model behind the same address gets none of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer
from invented_model import InventedServer

from pytest_llmcal.scoring import Request

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]
REQUESTS = [Request("bees", "Who keeps bees?", choice) for choice in (" yes", " no")]


@pytest.fixture
def served(serve: Serve, ask: Ask, tmp_path: Path) -> Callable[..., tuple[Any, int]]:
    """Ask through the cache; give the answers, and how many requests with the question reached the server."""
    respond = InventedServer()
    server = serve(respond)

    def answered(shift: float = 0.0, **how: Any) -> tuple[Any, int]:
        respond.shift = shift
        server.asked.clear()
        answers = ask(server.url, cache_dir=tmp_path, **how).log_likelihoods(REQUESTS)
        return answers, sum("bees" in str(body) for _, body in server.asked)

    return answered


def test_what_was_asked_once_is_not_asked_again(served: Callable[..., Any]) -> None:
    first, asked = served()
    assert asked == 2
    assert served() == (first, 0)


def test_rounding_makes_no_other_model(served: Callable[..., Any]) -> None:
    first, _ = served()
    assert served(shift=4e-4) == (first, 0)
    assert served(shift=8e-4) == (first, 0)


def test_a_model_that_changed_behind_its_address_answers_anew(served: Callable[..., Any]) -> None:
    first, _ = served()
    second, asked = served(shift=0.01)
    assert asked == 2
    assert second != first


def test_another_declared_revision_and_another_way_of_asking_have_answers_of_their_own(
    served: Callable[..., Any],
) -> None:
    served()
    assert served(revision="second")[1] == 2
    letters = [Request("bees", "Who keeps bees?", choice) for choice in (" A", " B")]
    assert letters
    assert served(revision="second")[1] == 0
