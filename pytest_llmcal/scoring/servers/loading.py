"""``load_server`` and ``cached_server``: from an address to a model that can be asked."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcal.scoring.cache.identity import Identity, encoded, framed
from pytest_llmcal.scoring.cache.model import CachedModel
from pytest_llmcal.scoring.cache.store import DEFAULT_SIZE, Store
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.servers.address import parse_address
from pytest_llmcal.scoring.servers.key import key_for
from pytest_llmcal.scoring.servers.options import ServerOptions

if TYPE_CHECKING:
    from pytest_llmcal.scoring.servers.model import ServedModel
    from pytest_llmcal.scoring.servers.probe import Probe

_NEEDED = ("httpx", "tenacity")


def load_server(
    name: str,
    *,
    revision: str | None = None,
    chat: bool = False,
    system: str | None = None,
    options: ServerOptions | None = None,
) -> ServedModel:
    """Give a model behind a server that speaks OpenAI's protocol; it is checked at the first question.

    A key is taken from ``LLMCAL_API_KEY``, or from ``OPENAI_API_KEY`` where nobody on the way can read it.

    Parameters
    ----------
    name : str
        ``openai:URL#MODEL``, such as ``"openai:http://localhost:8000/v1#name"``.
    revision : str, optional
        What is known of the model's version, for the report and the score cache.
    chat : bool
        Whether every prompt is put as a user's turn. Then choices must be single tokens, such as letters.
    system : str, optional
        System prompt before that turn; only with chat.
    options : ServerOptions, optional
        How the server is asked.

    Raises
    ------
    ModelError
        The address is none, or the extra ``servers`` is not installed.

    Examples
    --------
    >>> model = load_server("openai:http://localhost:8000/v1#name", revision="2024-05")
    >>> model.facts.name, model.facts.revision, model.facts.device
    ('openai:http://localhost:8000/v1#name', '2024-05', 'server')
    >>> model.close()
    """
    address = parse_address(name)
    if system is not None and not chat:
        raise ModelError(f"system is {system!r}, and only a chat has a place for it; pass chat=True too")
    missing = [package for package in _NEEDED if find_spec(package) is None]
    if missing:
        raise ModelError(
            f"model {name!r} is behind a server, for which {' and '.join(missing)} must be installed: "
            f"pip install 'pytest-llmcal[servers]'"
        )
    from pytest_llmcal.scoring.servers.client import Client
    from pytest_llmcal.scoring.servers.model import ServedModel

    options = options or ServerOptions()
    client = Client(address, key_for(address), options)
    return ServedModel(client, options, revision=revision, chat=chat, system=system)


def cached_server(
    name: str,
    *,
    cache_dir: str | Path | None = None,
    cache_size: int = DEFAULT_SIZE,
    revision: str | None = None,
    chat: bool = False,
    system: str | None = None,
    options: ServerOptions | None = None,
) -> CachedModel:
    """Give a model behind a server whose answers are kept, and looked up first.

    What stands behind an address may change unnoticed. So the server is checked each time, and its answers to the check
    are part of what all others are kept under: a changed model answers no question that another one was asked.

    Parameters
    ----------
    name, revision, chat, system, options
        As for `load_server`.
    cache_dir, cache_size
        As for `cached_model`.

    Raises
    ------
    ModelError
        As `load_server`; or the server cannot be reached, or did not pass the check.
    """
    model = load_server(name, revision=revision, chat=chat, system=system, options=options)
    store = Store(cache_dir, cache_size)
    given = {key: value for key, value in (("chat", chat), ("system", system)) if value}
    address = parse_address(name)
    settings: dict[str, object] = {"url": address.url, "model": address.model, "options": given}
    settings["probe"] = _remembered(model.checked(), store, settings)
    facts = model.facts
    identity = Identity(str(address), facts.revision, facts.dtype, facts.device, settings)
    return CachedModel(store, identity, lambda: model, name=name, device=facts.device)


def _remembered(probe: Probe, store: Store, about: dict[str, object]) -> list[float]:
    """Return the check's numbers as they were the last time, where they differ by rounding alone."""
    signature = hashlib.sha256(framed(b"server", encoded(json.dumps(about, sort_keys=True)))).digest()
    kept = store.fingerprint(signature)
    known: list[float] | None = None if kept is None else json.loads(kept)
    if known is not None and probe.is_of(known):
        return known
    store.keep_fingerprint(signature, json.dumps(probe.numbers))
    return list(probe.numbers)
