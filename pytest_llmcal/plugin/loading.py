"""Where models and tasks come from when no hook of the user's has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.stash import MODELS, SETTINGS
from pytest_llmcal.plugin.turns import MODELS_AT_ONCE

if TYPE_CHECKING:
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Task


def under_root(name: str, root: Path) -> str:
    """Return the path of a file or folder under the root where there is one, else the name itself."""
    path = root / name
    return str(path) if path.exists() else name


def hub_revision(name: str) -> tuple[str, str | None]:
    """Split ``NAME@REVISION``, where the name is one that the hub could give; its names hold no ``@``.

    >>> hub_revision("org/name@v1.0"), hub_revision("org/name"), hub_revision("./folder@home")
    (('org/name', 'v1.0'), ('org/name', None), ('./folder@home', None))
    """
    found = re.fullmatch(r"(\w[\w.-]*(?:/[\w.-]+)?)@(.+)", name)
    return (found[1], found[2]) if found else (name, None)


@pytest.hookimpl(trylast=True)
def pytest_llmcal_load_model(name: str, config: pytest.Config) -> Model:
    """Give what a name means: what the scheme that it begins with says, or a model to be loaded here."""
    for scheme, load in _SCHEMES.items():
        if name.startswith(scheme):
            return load(name, config)
    return _loaded_here(name, config)


def _loaded_here(name: str, config: pytest.Config) -> Model:
    """Give an embedded model, a folder, or a name on the hub, perhaps with a revision.

    With the score cache, it is loaded only once something is asked that was never asked before.
    """
    from pytest_llmcal.scoring import cached_model, load_model
    from pytest_llmcal.scoring.cache import CachedModel
    from pytest_llmcal.scoring.folders import EMBEDDED
    from pytest_llmcal.scoring.threads import most_threads

    settings = config.stash[SETTINGS]
    source = name if name.startswith(EMBEDDED) else under_root(name, settings.root)
    source, revision = (source, None) if Path(source).exists() else hub_revision(source)
    cache = settings.cache
    engine = settings.engine
    load: Callable[..., Model] = load_model if engine is None else engine.load
    if cache is not None:
        load = partial(cached_model, cache_dir=cache.folder, cache_size=cache.size, engine=engine)
    model = load(
        source,
        revision=revision,
        dtype=settings.dtype,
        device=settings.device,
        truncate="left" if settings.truncate == "left" else None,
        threads=most_threads(getattr(config, "workerinput", {}).get(MODELS_AT_ONCE)),
        chat=settings.chat,
        system=settings.system,
    )
    if isinstance(model, CachedModel):
        model.before_loading = config.stash[MODELS].take_turn
    return model


def _served(name: str, config: pytest.Config) -> Model:
    """Give a model on a server. Device, number format and threads are the server's own."""
    from dataclasses import asdict

    from pytest_llmcal.scoring.protocol import ModelError
    from pytest_llmcal.scoring.servers import ServerOptions, cached_server, load_server

    settings = config.stash[SETTINGS]
    if settings.truncate == "left":
        raise ModelError("a server cuts no prompt; leave --llmcal-truncate out, or shorten the prompts")
    options = ServerOptions(**asdict(settings.server))
    if settings.cache is None:
        return load_server(name, chat=settings.chat, system=settings.system, options=options)
    return cached_server(
        name,
        cache_dir=settings.cache.folder,
        cache_size=settings.cache.size,
        chat=settings.chat,
        system=settings.system,
        options=options,
    )


def _recorded(name: str, config: pytest.Config) -> Model:
    """Give recorded answers."""
    from pytest_llmcal.scoring.recorded import RECORDED, RecordedModel

    return RecordedModel(under_root(name.removeprefix(RECORDED), config.stash[SETTINGS].root), name)


_SCHEMES: dict[str, Callable[[str, pytest.Config], Model]] = {"openai:": _served, "recorded:": _recorded}
"""What names of models that are not loaded here begin with."""


@pytest.hookimpl(trylast=True)
def pytest_llmcal_load_task(name: str, config: pytest.Config) -> Task:
    """Load a registered task, a file or a hub name."""
    from pytest_llmcal.tasks import load_task
    from pytest_llmcal.tasks.registry import registered_loader

    settings = config.stash[SETTINGS]
    if registered_loader(name) is not None:
        return load_task(name, seed=settings.seed)
    path = under_root(name, settings.root)
    # A file gives the task its own name; a folder would give it a path that differs from machine to machine.
    called = name if Path(path).is_dir() else None
    return load_task(path, name=called, seed=settings.seed)
