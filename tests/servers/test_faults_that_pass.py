"""A server that is busy, slow, or breaks off is asked again; nothing is lost, and nothing is asked twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer
from invented_model import log_probability, tokens_of

from pytest_llmcal.scoring import IncompleteError, LogLikelihood, ModelError, Request
from pytest_llmcal.scoring.servers import ServerOptions

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]

CHECK = 4
"""Requests of the check: names, echo twice, a token written."""

REQUESTS = [
    Request(f"item {number}", f"Question {number}: is the sea wide?", choice)
    for number in range(20)
    for choice in (" yes", " no")
]
EXPECTED = [
    LogLikelihood(log_probability(request.context, request.continuation), len(tokens_of(request.continuation)))
    for request in REQUESTS
]


def test_answers_are_the_model_s_in_the_order_of_the_questions(serve: Serve, ask: Ask) -> None:
    model = ask(serve().url)
    steps: list[tuple[int, int]] = []
    assert model.log_likelihoods(REQUESTS, lambda done, total: steps.append((done, total))) == EXPECTED
    assert (steps[0], steps[-1]) == ((0, 40), (40, 40))
    model.close()
    with pytest.raises(ModelError, match="was closed"):
        model.log_likelihoods(REQUESTS)


@pytest.mark.parametrize("trouble", ["429", "503", "slow", "half", "reset"])
def test_what_fails_once_is_asked_again_alone(serve: Serve, ask: Ask, trouble: str) -> None:
    server = serve()
    server.trouble = {0: trouble, CHECK + 5: trouble, CHECK + 6: trouble}
    model = ask(server.url)
    assert model.log_likelihoods(REQUESTS) == EXPECTED
    assert len(server.asked) == CHECK + len(REQUESTS) + 3


def test_a_server_that_asks_for_time_gets_it(serve: Serve, ask: Ask) -> None:
    server = serve()
    server.trouble, server.headers = {0: "429"}, {"Retry-After": "0.5"}
    start = time.monotonic()
    ask(server.url).log_likelihoods(REQUESTS[:2])
    assert time.monotonic() - start >= 0.5


def test_a_server_that_asks_for_an_hour_ends_the_run_at_once(serve: Serve, ask: Ask) -> None:
    server = serve()
    server.trouble, server.headers = {0: "429"}, {"Retry-After": "3600"}
    with pytest.raises(ModelError, match=r"status 429: too busy; it asks to be left alone for 3600 seconds"):
        ask(server.url).log_likelihoods(REQUESTS[:2])
    assert len(server.asked) == 1


def test_a_server_that_goes_away_costs_no_answer_that_it_gave(serve: Serve, ask: Ask, tmp_path: Path) -> None:
    server = serve()
    server.broken_from = CHECK + 25
    model = ask(server.url, cache_dir=tmp_path)
    with pytest.raises(IncompleteError, match=r"failed \d times, at last with: .*2[0-5] of 40 questions were answered"):
        model.log_likelihoods(REQUESTS)
    model.close()
    server.broken_from = None
    before = len(server.asked)
    again = ask(server.url, cache_dir=tmp_path)
    assert again.log_likelihoods(REQUESTS) == EXPECTED
    again.close()
    # both choices of an item of which one is lacking are asked again, and up to four were under way
    assert len(server.asked) - before - CHECK <= 40 - 25 + 4 + 4


def test_a_budget_ends_a_run_that_the_next_one_goes_on_with(serve: Serve, ask: Ask, tmp_path: Path) -> None:
    server = serve()
    tight = ServerOptions(concurrency=2, budget=CHECK + 22)
    with pytest.raises(ModelError, match=r"the budget of 26 requests is spent\. Before, 22 of 40 questions"):
        ask(server.url, cache_dir=tmp_path, options=tight).log_likelihoods(REQUESTS)
    assert ask(server.url, cache_dir=tmp_path, options=tight).log_likelihoods(REQUESTS) == EXPECTED
