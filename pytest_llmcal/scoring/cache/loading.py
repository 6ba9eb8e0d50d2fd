"""``cached_model``: what ``load_model`` gives, with answers that are kept on disk."""

from __future__ import annotations

import inspect
import json
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pytest_llmcal.scoring.accelerator import SHARDED, resolved
from pytest_llmcal.scoring.cache.folder import remembered_fingerprint
from pytest_llmcal.scoring.cache.identity import Identity
from pytest_llmcal.scoring.cache.model import CachedModel
from pytest_llmcal.scoring.cache.store import DEFAULT_SIZE, Store
from pytest_llmcal.scoring.engines import Engine
from pytest_llmcal.scoring.folders import find_folder, read_files
from pytest_llmcal.scoring.loading import load_model
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.recorded import RECORDED

_NO_MATTER = ("batch_tokens", "threads")
"""Options of ``load_model`` that change no answer, rounding apart."""

_LIBRARIES = ("torch", "transformers", "tokenizers")
"""Libraries that take part in an answer; one of another version may compute otherwise, and has."""


def cached_model(
    name: str | Path,
    *,
    cache_dir: str | Path | None = None,
    cache_size: int = DEFAULT_SIZE,
    revision: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    allow_pickle: bool = False,
    engine: Engine | None = None,
    **options: Any,
) -> CachedModel:
    """Give a model that looks its answers up, and that is loaded only for those not known.

    Parameters
    ----------
    name : str or Path
        As for `load_model`.
    cache_dir : str or Path, optional
        Folder of the cache, ``~`` being the user's home; by default that of ``LLMCAL_CACHE_DIR``, else one in the
        user's cache.
    cache_size : int
        Bytes that may be kept, by default 1 GiB; what was not used for longest is given up beyond.
    revision, dtype, device, allow_pickle, **options
        As for `load_model`. Every option that can change an answer is part of what the answer is kept under.
    engine : Engine, optional
        Where the model runs, if elsewhere than in this process; answers are the same, so that it does not count.

    Returns
    -------
    CachedModel
        A model; it can be trained too, and is loaded for that.

    Raises
    ------
    ModelError
        There is no such model. What can only be found out by loading it is raised when it is loaded.

    Examples
    --------
    >>> from pytest_llmcal.scoring import Request
    >>> model = cached_model("world/gpt2", device="cpu")
    >>> [answer] = model.log_likelihoods([Request("1", "Question: Who keeps", " bees")])
    >>> answer.total < 0, answer.tokens
    (True, 1)
    >>> model.close()
    """
    name = str(name)
    if name.startswith(RECORDED):
        raise ModelError(f"model {name!r}: what is recorded is in its file already; load it by load_model")
    from pytest_llmcal.scoring.servers import PREFIX  # which stands on the cache

    if name.startswith(PREFIX):
        raise ModelError(
            f"model {name!r} is on a server; pytest_llmcal.scoring.servers.cached_server keeps its answers"
        )
    store = Store(cache_dir, cache_size)
    place, precision = (resolved if engine is None else engine.resolved)(device, dtype)
    if device == SHARDED:  # where its parts come to lie is known when it is loaded
        place = device
    folder, found = find_folder(name, revision, allow_pickle, hashed=partial(remembered_fingerprint, store=store))
    content = remembered_fingerprint(folder, store)
    _check_code(name, folder, options)
    _check_adapter(name, folder)
    return CachedModel(
        store,
        Identity(content, found, precision, place.partition(":")[0], _settings(folder, options)),
        partial(
            load_model if engine is None else engine.load,
            name,
            revision=None if found == content else found,  # a branch of the hub may move until it is loaded
            dtype=precision,
            device=place,
            allow_pickle=allow_pickle,
            **options,
        ),
        name=name,
        device=place,
        # elsewhere there need not be room for a second model beside the first
        in_float32=None
        if engine is not None
        else partial(
            cached_model,
            name,
            cache_dir=cache_dir,
            cache_size=cache_size,
            revision=revision,
            dtype="float32",
            device=device,
            allow_pickle=allow_pickle,
            **options,
        ),
    )


def _settings(folder: Path, options: dict[str, Any]) -> dict[str, object]:
    """Options that differ from their defaults, versions of libraries, and the day where prompts tell it."""
    defaults = inspect.signature(load_model).parameters
    unknown = sorted(set(options) - set(defaults))
    if unknown:
        raise TypeError(f"cached_model() got an unexpected keyword argument {unknown[0]!r}")
    given = {key: value for key, value in options.items() if key not in _NO_MATTER and value != defaults[key].default}
    settings: dict[str, object] = {"options": given, "libraries": {each: version(each) for each in _LIBRARIES}}
    if options.get("chat") and _tells_the_day(folder):
        settings["day"] = date.today().isoformat()  # the template takes the local time too
    return settings


def _tells_the_day(folder: Path) -> bool:
    """Tell whether a chat template asks for the time, which transformers lets it do by this function alone."""
    places = (path for path in read_files(folder) if path.suffix in (".jinja", ".json"))
    return any(b"strftime_now" in path.read_bytes() for path in places)


def _check_adapter(name: str, folder: Path) -> None:
    """Refuse an adapter: the weights that it adapts lie elsewhere, and no fingerprint of this folder knows them."""
    if (folder / "adapter_config.json").is_file():
        raise ModelError(
            f"model {name!r}: adapter_config.json takes weights from elsewhere, which may change unnoticed; load it by "
            f"load_model, without a cache (--llmcal-no-cache), or merge the adapter into the model"
        )


def _check_code(name: str, folder: Path, options: dict[str, Any]) -> None:
    """Refuse code from another repository: no fingerprint of this folder knows when it changes."""
    if not options.get("trust_remote_code"):
        return
    for file in ("config.json", "tokenizer_config.json"):
        path = folder / file
        classes = json.loads(path.read_text(encoding="utf-8")).get("auto_map", {}) if path.is_file() else {}
        if "--" in str(classes):
            raise ModelError(
                f"model {name!r}: {file} takes code from another repository, which may change unnoticed; load it by "
                f"load_model, without a cache"
            )
