"""A server whose answers cannot be scores is refused with what is wrong, never scored wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from faulty_server import Answer, FaultyServer
from invented_model import InventedServer

from pytest_llmcal.scoring import ModelError, Request
from pytest_llmcal.scoring.servers import ServerOptions

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Refusal = Callable[..., str]
REQUESTS = [Request("bees", "Who keeps bees?", choice) for choice in (" yes", " no")]


@pytest.fixture
def refusal(ask: Callable[..., Any]) -> Refusal:
    """Ask a server, and return why it cannot be asked."""

    def told(server: FaultyServer, model: str = "invented", requests: Sequence[Request] = REQUESTS) -> str:
        with pytest.raises(ModelError) as caught:
            ask(server.url, model).log_likelihoods(requests)
        return str(caught.value)

    return told


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("ignores echo", "ignores echo: it was sent 'The river"),
        ("tells the last alone", "too few log-probabilities, or those of another text: the 0 tokens"),
        ("tells no tokens", "too few log-probabilities: 25 tokens, 0 log-probabilities of them"),
        ("one place further", "contradicts itself"),
        ("never twice the same", "answers one question twice with log-probabilities that are 1 nats apart"),
    ],
)
def test_a_server_that_misleads_is_refused_before_the_first_question(
    serve: Serve, refusal: Refusal, fault: str, reason: str
) -> None:
    server = serve(fault=fault)
    assert reason in refusal(server)
    assert not any("bees" in prompt for prompt in server.prompts())


def test_a_server_that_stops_echoing_later_is_refused_too(serve: Serve, refusal: Refusal) -> None:
    right, wrong = InventedServer(), InventedServer(fault="ignores echo")

    def respond(method: str, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        return (wrong if "bees" in str(body.get("prompt")) else right)(method, path, body, headers)

    assert "ignores echo: it was sent 'Who keeps bees? " in refusal(serve(respond))


def test_a_name_that_the_server_does_not_list_is_refused_with_those_it_has(serve: Serve, refusal: Refusal) -> None:
    assert "has no model 'other'; it has 'invented', 'second'" in refusal(serve(names=("invented", "second")), "other")


def test_a_name_that_a_server_without_a_list_does_not_know_is_refused(serve: Serve, refusal: Refusal) -> None:
    invented = InventedServer()

    def respond(method: str, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        return (404, {"detail": "Not Found"}) if method == "GET" else invented(method, path, body, headers)

    assert "status 404: The model 'other' does not exist" in refusal(serve(respond), "other")


def test_a_server_that_is_not_there_is_named(ask: Callable[..., Any]) -> None:
    with pytest.raises(
        ModelError, match=r"server http://127\.0\.0\.1:9/v1: it failed 4 times, at last with: .*refused"
    ):
        ask("http://127.0.0.1:9/v1").log_likelihoods(REQUESTS)


def test_another_address_is_not_followed(serve: Serve, refusal: Refusal) -> None:
    def respond(*_: object) -> Answer:
        return 307, {}

    assert "it sends to another address, which is not followed" in refusal(serve(respond))


def test_the_item_that_a_server_refuses_is_named(serve: Serve, refusal: Refusal) -> None:
    invented = InventedServer()

    def respond(method: str, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        if "bees" in str(body.get("prompt")):
            return 400, {"message": "This model's maximum context length is 512 tokens"}
        return invented(method, path, body, headers)

    assert "item 'bees': server http://127.0.0.1:" in (text := refusal(serve(respond)))
    assert "status 400: This model's maximum context length is 512 tokens" in text


def test_a_boundary_within_a_token_is_refused(serve: Serve, refusal: Refusal) -> None:
    text = refusal(serve(), requests=[Request("sea", "It is the se", "a.")])
    assert "item 'sea': for the server a token reaches from the end of the context, 'It is the se', into" in text


def test_a_choice_without_a_context_is_refused(serve: Serve, refusal: Refusal) -> None:
    text = refusal(serve(), requests=[Request("sea", "", "the sea")])
    assert "item 'sea': 1 of the 2 tokens of the continuation 'the sea' have no log-probability: its context" in text


def test_a_begin_token_that_a_server_lists_is_none_of_the_text(serve: Serve, ask: Callable[..., Any]) -> None:
    plain, begun = (ask(serve(begin=begin).url).log_likelihoods(REQUESTS) for begin in ("", "<s>"))
    assert plain == begun


@pytest.mark.parametrize(
    ("how", "reason"),
    [({"concurrency": 0}, "concurrency is 0"), ({"budget": 1.5}, "budget is 1.5"), ({"timeout": 0}, "timeout is 0")],
)
def test_an_option_that_is_not_allowed_is_refused(how: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        ServerOptions(**how)
