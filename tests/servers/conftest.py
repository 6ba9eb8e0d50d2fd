"""Servers for tests: an invented one that is always there, and a real one where llama.cpp is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from faulty_server import FaultyServer
    from llama_server import LlamaServer

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LLMCAL_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[..., FaultyServer]]:
    """Start an invented server; its parameters are those of `InventedServer`."""
    pytest.importorskip("httpx", reason="needs the extra servers")
    from faulty_server import FaultyServer
    from invented_model import InventedServer

    with ExitStack() as servers:

        def start(respond: Any = None, **how: Any) -> FaultyServer:
            return servers.enter_context(FaultyServer(respond or InventedServer(**how)))

        yield start


@pytest.fixture
def ask() -> Iterator[Callable[..., Any]]:
    """Give a model on a server, with the options of `load_server`, or of `cached_server` where a cache is named."""
    from pytest_llmcal.scoring.servers import ServerOptions, cached_server, load_server

    quick = ServerOptions(concurrency=4, timeout=0.5, attempts=4, first_wait=0.01)
    with ExitStack() as models:

        def load(url: str, name: str = "invented", **how: Any) -> Any:
            give = cached_server if "cache_dir" in how else load_server
            model = give(f"openai:{url}#{name}", **{"options": quick, **how})
            models.callback(model.close)
            return model

        yield load


@pytest.fixture(scope="session")
def stories() -> Path:
    """Folder of a real model."""
    folder = SHARED / "models" / "stories260K"
    if not folder.is_dir():
        pytest.skip(f"the shared model is not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def llama(stories: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """A server of llama.cpp with that model."""
    for package in ("httpx", "gguf", "llama_cpp"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make outside installs it")
    from gguf_conversion import convert
    from llama_server import CHAT_TEMPLATE, LlamaServer

    file = tmp_path_factory.mktemp("llama") / "stories.gguf"
    convert(stories, file, chat_template=CHAT_TEMPLATE)
    with LlamaServer(file) as server:
        yield server
