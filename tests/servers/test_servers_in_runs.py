"""Models on servers in runs of pytest: what can be set, and what there is without the extra."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from faulty_server import FaultyServer

from pytest_llmcal.records import Run
from pytest_llmcal.scoring import ModelError, Request, cached_model, load_model
from pytest_llmcal.scoring.servers import load_server

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
GATE = """
import pytest

pytestmark = pytest.mark.llmcal(task="world/qa", limit=5)


def test_gate(scores):
    assert scores.accuracy() >= 0
"""
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def test_a_server_is_gated_as_any_model_and_asked_once(
    serve: Serve, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("LLMCAL_CACHE_DIR", str(pytester.path / "cache"))
    name = f"openai:{server.url}#invented"
    pytester.makepyfile(test_gate=GATE)
    pytester.makeini(f"[pytest]\nllmcal_models = {name}\nllmcal_server_concurrency = 2\n")
    pytester.runpytest_inprocess(*QUIET).assert_outcomes(passed=1)
    asked = len(server.asked)
    pytester.runpytest_inprocess(*QUIET).assert_outcomes(passed=1)
    assert len(server.asked) == asked + 4  # the check
    [model] = Run.read(pytester.path / "reports/latest/run.json").models
    assert (model.name, model.revision, model.dtype, model.device) == (name, "served", "served", "server")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--llmcal-server-budget", "8"), "*the budget of 8 requests is spent*"),
        (("--llmcal-truncate", "left"), "*a server cuts no prompt; leave --llmcal-truncate out*"),
        (("--llmcal-chat", "--llmcal-server-top-logprobs", "3"), "*asked for it gave 3*"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(
    serve: Serve, pytester: pytest.Pytester, options: tuple[str, ...], reason: str
) -> None:
    pytester.makepyfile(test_gate=GATE)
    result = pytester.runpytest_inprocess(*QUIET, "--llmcal-model", f"openai:{serve().url}#invented", *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([reason])


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none_is_a_usage_error(pytester: pytest.Pytester, value: str) -> None:
    result = pytester.runpytest_inprocess(*QUIET, f"--llmcal-server-timeout={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--llmcal-server-timeout must be a number of seconds above 0*"])


def test_load_model_gives_a_model_on_a_server_too(serve: Serve) -> None:
    name = f"openai:{serve().url}#invented"
    model = load_model(name)
    assert len(model.log_likelihoods([Request("1", "Is it", " yes")])) == 1
    model.close()
    with pytest.raises(ModelError, match=r"is on a server; .*cached_server keeps its answers"):
        cached_model(name)


@pytest.mark.parametrize("package", ["httpx", "tenacity"])
def test_without_the_extra_a_server_is_refused_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError, match=rf"{package} must be installed: pip install 'pytest-llmcal\[servers\]'"):
        load_server("openai:http://localhost:8000/v1#name")


def test_the_core_runs_without_the_extra(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\nsys.modules['httpx'] = sys.modules['tenacity'] = None\n"
        "from pytest_llmcal import load_model, load_task, Scores\n"
        "from pytest_llmcal.scoring import servers, cached_model, score\n"
        "servers.parse_address('openai:http://localhost/v1#name')\n"
    )
    assert pytester.run(sys.executable, next(iter(pytester.path.glob("test_*.py")))).ret == 0
