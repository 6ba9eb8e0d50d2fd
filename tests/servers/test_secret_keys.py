"""A key goes from the environment to the server, and stands in no file, log or text."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from faulty_server import FaultyServer
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError, Request
from pytest_llmcal.scoring.servers import parse_address
from pytest_llmcal.scoring.servers.key import key_for

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]
KEY = "sk-a1b2c3d4e5f6"
REQUESTS = [Request("bees", "Who keeps bees?", choice) for choice in (" yes", " no")]


@pytest.mark.parametrize("variable", ["LLMCAL_API_KEY", "OPENAI_API_KEY"])
def test_a_key_of_the_environment_opens_a_server(
    serve: Serve, ask: Ask, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, KEY)
    assert len(ask(serve(key=KEY).url).log_likelihoods(REQUESTS)) == 2


def test_a_missing_key_is_asked_for(serve: Serve, ask: Ask) -> None:
    server = serve(key=KEY)
    with pytest.raises(ModelError, match="status 401: Incorrect API key provided:; set LLMCAL_API_KEY"):
        ask(server.url).log_likelihoods(REQUESTS)
    assert len(server.asked) == 1


def test_a_wrong_key_is_refused_and_repeated_nowhere(
    serve: Serve, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LLMCAL_API_KEY", KEY)
    with caplog.at_level(logging.DEBUG), pytest.raises(ModelError) as caught:
        ask(serve(key="another").url).log_likelihoods(REQUESTS)
    assert "status 401: Incorrect API key provided: ***; the key is not accepted" in str(caught.value)
    assert caplog.text
    assert KEY not in caplog.text + repr(vars(caught.value)) + str(caught.value)


@pytest.mark.slow
def test_no_file_and_no_line_of_a_run_holds_the_key(
    serve: Serve, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that takes it and one that does not, with everything on that shows more than usual."""
    monkeypatch.setenv("LLMCAL_API_KEY", KEY)
    models = [part for key in (KEY, "another") for part in ("--llmcal-model", f"openai:{serve(key=key).url}#invented")]
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.llmcal(task='world/qa')\n"
        "def test_gate(scores):\n    assert scores.accuracy() > 2, scores\n"
    )
    result = pytester.runpytest_subprocess(
        *(*models, "--llmcal-limit", "3", "--llmcal-cache-dir", "cache", "--log-level=DEBUG", "--log-file=log.txt"),
        *("--showlocals", "--full-trace", "-vv", "--junitxml=junit.xml", "-p", "no:hypothesispytest"),
        timeout=120,
    )
    result.assert_outcomes(failed=1, errors=1)
    written = [path for path in pytester.path.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {"log.txt", "junit.xml", "run.json", "run.items.parquet", "index.html", "scores-1.sqlite"} <= names
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []
    assert KEY not in result.stdout.str() + result.stderr.str()


@given(st.text(st.characters(exclude_characters="/#?@", exclude_categories=["C", "Z"]), min_size=8))
def test_a_key_in_an_address_is_refused_without_being_repeated(secret: str) -> None:
    for name in (f"openai:http://me:{secret}@host/v1#name", f"openai:http://host/v1?api_key={secret}#name"):
        with pytest.raises(ModelError) as caught:
            parse_address(name)
        assert secret not in str(caught.value)
        assert "***" in str(caught.value)


def test_a_key_in_an_option_is_refused_before_anything_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_gate(scores):\n    pass\n")
    result = pytester.runpytest_inprocess("--llmcal-model", f"openai:http://me:{KEY}@host/v1#name")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--llmcal-model: model 'openai:http://[*][*][*]@host/v1#name' holds a user*"])
    assert KEY not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("name", ["openai:", "openai:http://host/v1", "openai:ftp://host#name", "openai:host/v1#name"])
def test_what_is_no_address_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ModelError, match=r"expected openai:URL#MODEL, as openai:http://host:8000/v1#name"):
        parse_address(name)


def test_the_common_key_is_not_sent_where_others_could_read_it() -> None:
    environment = {"OPENAI_API_KEY": KEY}
    assert not key_for(parse_address("openai:http://far.example/v1#name"), environment)
    assert key_for(parse_address("openai:https://far.example/v1#name"), environment)
    assert key_for(parse_address("openai:http://localhost:1/v1#name"), environment)
    assert key_for(parse_address("openai:http://far.example/v1#name"), {"LLMCAL_API_KEY": KEY})
