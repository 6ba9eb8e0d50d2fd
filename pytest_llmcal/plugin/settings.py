"""The options of one run, resolved and checked in one place."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcal.history.errors import BaselineError
from pytest_llmcal.history.names import baseline_path
from pytest_llmcal.plugin.logs import Logs, read_logs
from pytest_llmcal.plugin.options import OPTIONS, Option

if TYPE_CHECKING:
    from pytest_llmcal.scoring import RayEngine

DEFAULT_MODEL = "world/gpt2"
DEFAULT_TASK = "world/qa"
DEFAULT_REPORT = "reports/latest"
DEFAULT_BASELINES = "baselines"

_ON = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}

_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


@dataclass(frozen=True)
class Settings:
    """What the options say, after all places were asked and all values checked.

    Attributes
    ----------
    models : tuple of str
        Names of the models to gate, at least one, no two alike.
    logs : Logs or None
        What is read instead of asking models; None where models are asked.
    task_for_all : str or None
        Replaces the task of every marker.
    task_for : mapping of str to str
        Replaces single tasks, by name.
    calibrators : tuple of (str or None, Path)
        Folders of calibrators, absolute, each with the model that it is for where that was said.
    device, dtype : str
        As given to the model's loader.
    engine : RayEngine or None
        Where models run; None for this process.
    truncate : {"error", "left"}
        What becomes of a prompt that is too long for the model.
    chat : bool
        Whether prompts are put to models as a user's turn.
    system : str or None
        System prompt before that turn, as it was given.
    seed : int
        Seed of shuffled choices.
    confidence : float
        Level of the intervals.
    confidence_method : str or None
        Name of what says how sure a model is, where no gate names one.
    undecided : {"fail", "pass", "skip"}
        What an undecided verdict does.
    correction : {"none", "bonferroni", "holm"}
        How gates share one error rate.
    limit : int or None
        Most items of a split.
    root : Path
        Folder that relative paths start from: pytest's root, or the folder it was started
        in where no configuration file marks a root.
    report, json, summary, code_quality, baseline : Path or None
        Where to write and read; absolute.
    cache : Cache or None
        Where answers of models are kept; None where none are.
    server : Server
        How models on servers are asked.
    baseline_update, require_gpu, allow_empty, report_assets, no_texts : bool
        The switches.
    """

    models: tuple[str, ...]
    logs: Logs | None
    task_for_all: str | None
    task_for: Mapping[str, str]
    calibrators: tuple[tuple[str | None, Path], ...]
    device: str
    dtype: str
    engine: RayEngine | None
    truncate: str
    chat: bool
    system: str | None
    seed: int
    confidence: float
    confidence_method: str | None
    undecided: str
    correction: str
    limit: int | None
    root: Path
    report: Path | None
    json: Path | None
    summary: Path | None
    code_quality: Path | None
    baseline: Path | None
    cache: Cache | None
    server: Server
    baseline_update: bool
    require_gpu: bool
    allow_empty: bool
    report_assets: bool
    no_texts: bool

    def source_of(self, task: str | None) -> str:
        """Return where the items of a marker's task come from in this run."""
        name = ((self.logs and self.logs.only_task) or DEFAULT_TASK) if task is None else task
        return self.task_for.get(name, name if self.task_for_all is None else self.task_for_all)


@dataclass(frozen=True)
class Cache:
    """Where answers of models are kept, None for the default, and how many bytes of them."""

    folder: Path | None
    size: int


@dataclass(frozen=True)
class Server:
    """How models on servers are asked; as `ServerOptions`, which is not imported before there is one."""

    concurrency: int
    timeout: float
    budget: int | None
    top_log_probabilities: int


@dataclass(frozen=True)
class Given:
    """A value and the name under which it was given, for error messages."""

    value: Any
    where: str


def resolve(config: pytest.Config) -> Settings:
    """Read all options of a run.

    Raises
    ------
    pytest.UsageError
        If a value is not allowed; the text names the option where it was given.
    """
    given = {option.name: _given(config, option) for option in OPTIONS}
    root = _root(config)
    for_all, for_one = _tasks(given["task"])
    logs = _logs(given["scores"], given["model"], root)
    models = _models(given["model"], root) if logs is None else tuple(logs.scores)
    settings = Settings(
        models=models,
        logs=logs,
        task_for_all=for_all,
        task_for=for_one,
        calibrators=_calibrators(given["calibrator"], models, root),
        device=_text(given["device"], "auto"),
        dtype=_text(given["dtype"], "auto"),
        engine=_engine(config, given["engine"], given["ray-address"], given["workers"]),
        truncate=_choice(given["truncate"], ("error", "left")),
        chat=_switch(given["chat"]),
        system=_system(given["system"], given["chat"]),
        seed=_whole(given["seed"], 0, least=0),
        confidence=_confidence(given["confidence"]),
        confidence_method=_confidence_method(given["confidence-method"]),
        undecided=_choice(given["undecided"], ("fail", "pass", "skip")),
        correction=_choice(given["correction"], ("none", "bonferroni", "holm")),
        limit=_whole(given["limit"], None, least=1),
        root=root,
        report=_folder_or_file(given["report"], DEFAULT_REPORT, root),
        json=_path(given["json"], root),
        summary=_folder_or_file(given["summary"], os.environ.get("GITHUB_STEP_SUMMARY"), root),
        code_quality=_path(given["code-quality"], root),
        baseline=_baseline(given["baseline"], root, root / _text(given["baselines"], DEFAULT_BASELINES)),
        cache=_cache(given["cache-dir"], given["cache-size"], given["no-cache"], root),
        server=Server(
            concurrency=_whole(given["server-concurrency"], 8, least=1),
            timeout=_seconds(given["server-timeout"]),
            budget=_whole(given["server-budget"], None, least=1),
            top_log_probabilities=_whole(given["server-top-logprobs"], 20, least=1),
        ),
        baseline_update=_switch(given["baseline-update"]),
        require_gpu=_switch(given["require-gpu"]),
        allow_empty=_switch(given["allow-empty"]),
        report_assets=_switch(given["report-assets"]),
        no_texts=_switch(given["no-texts"]),
    )
    if settings.baseline_update and settings.baseline is None:
        raise pytest.UsageError("--llmcal-baseline-update needs --llmcal-baseline to say which file to update.")
    return settings


def _root(config: pytest.Config) -> Path:
    """Return the folder that relative paths start from.

    pytest looks for its root before it knows our options, and takes the folder in
    ``--llmcal-model /elsewhere/model`` for one with tests. Without a configuration file
    the root is then what both have in common, perhaps the root of the file system.
    """
    is_known = config.inipath is not None or config.option.rootdir is not None
    return config.rootpath if is_known else config.invocation_params.dir


def _given(config: pytest.Config, option: Option) -> Given | None:
    """Ask command line, environment and ini file in turn; a 0 or an empty text counts as given."""
    value = getattr(config.option, option.ini, None)
    if value is not None:
        return Given(value, option.flag)
    value = os.environ.get(option.variable)
    if value is not None:
        return Given(value.split(",") if option.kind == "many" else value, option.variable)
    value = config.getini(option.ini)
    return None if value is None else Given(value, option.ini)


def _logs(given: Given | None, models: Given | None, root: Path) -> Logs | None:
    if given is None:
        return None
    if models is not None and models.where == "--llmcal-model":  # names in the ini file are for runs without this
        raise pytest.UsageError(f"{given.where} and {models.where}: a run reads scores or asks models, not both.")
    return read_logs(_entries(given), given.where, root)


def _models(given: Given | None, root: Path) -> tuple[str, ...]:
    if given is None:
        return (DEFAULT_MODEL,)
    seen: dict[str | Path, str] = {}
    for name in _entries(given):
        _check_address(name, given.where)
        folder = root / name
        place = folder.resolve() if folder.is_dir() else name
        if place in seen:
            same = "" if seen[place] == name else f", as {seen[place]!r} too"
            raise pytest.UsageError(
                f"{given.where}: the model {name!r} is given twice{same}; each model is gated once."
            )
        seen[place] = name
    return tuple(seen.values())


def _check_address(name: str, where: str) -> None:
    """Refuse the address of a server that holds a key, before the name is written anywhere."""
    if not name.startswith("openai:"):
        return
    from pytest_llmcal.scoring.protocol import ModelError
    from pytest_llmcal.scoring.servers import parse_address

    try:
        parse_address(name)
    except ModelError as error:
        raise pytest.UsageError(f"{where}: {error}.") from None


def _tasks(given: Given | None) -> tuple[str | None, dict[str, str]]:
    for_all: str | None = None
    for_one: dict[str, str] = {}
    if given is None:
        return for_all, for_one
    for entry in _entries(given):
        name, equals, source = entry.partition("=")
        if equals and not (name and source):
            raise pytest.UsageError(f"{given.where}: expected SOURCE or NAME=SOURCE, got {entry!r}.")
        if equals and name in for_one:
            raise pytest.UsageError(f"{given.where}: the task {name!r} is replaced twice.")
        if not equals and for_all is not None:
            raise pytest.UsageError(
                f"{given.where}: {for_all!r} and {entry!r} would both replace every task; write NAME=SOURCE for one."
            )
        if equals:
            for_one[name] = source
        else:
            for_all = entry
    return for_all, for_one


def _calibrators(given: Given | None, models: Sequence[str], root: Path) -> tuple[tuple[str | None, Path], ...]:
    if given is None:
        return ()
    named: list[tuple[str | None, Path]] = []
    for entry in _entries(given):
        first, equals, rest = entry.partition("=")
        model, folder = (first, rest) if equals else (None, first)
        if equals and not (model and folder):
            raise pytest.UsageError(f"{given.where}: expected DIR or MODEL=DIR, got {entry!r}.")
        if model is not None and model not in models:
            gated = ", ".join(map(repr, models))
            raise pytest.UsageError(f"{given.where}: {model!r} is none of the models gated here: {gated}.")
        named.append((model, root / folder))
    return tuple(named)


def _entries(given: Given) -> Sequence[str]:
    entries = [entry.strip() for entry in given.value]
    if not entries or "" in entries:
        raise pytest.UsageError(
            f"{given.where}: expected at least one name and none of them empty, got {given.value!r}."
        )
    return entries


def _text(given: Given | None, default: str) -> str:
    if given is None:
        return default
    text = str(given.value).strip()
    if not text:
        raise pytest.UsageError(f"{given.where} must not be empty.")
    return text


def _system(given: Given | None, chat: Given | None) -> str | None:
    if given is None:
        return None
    _text(given, "")
    if not _switch(chat):
        raise pytest.UsageError(f"{given.where} needs --llmcal-chat: only a chat template has a place for it.")
    return str(given.value)


def _whole(given: Given | None, default: Any, *, least: int) -> Any:
    if given is None:
        return default
    try:
        number = int(str(given.value))  # int() of a 1.5 would be 1
    except ValueError:
        number = None
    if number is None or number < least:
        raise pytest.UsageError(f"{given.where} must be a whole number of at least {least}, got {given.value!r}.")
    return number


def _confidence(given: Given | None) -> float:
    if given is None:
        return 0.95
    try:
        number = float(given.value)
    except ValueError:
        number = math.nan
    if not 0.0 < number < 1.0:  # also true for NaN
        raise pytest.UsageError(f"{given.where} must be a number between 0 and 1, ends excluded, got {given.value!r}.")
    return number


def _seconds(given: Given | None) -> float:
    if given is None:
        return 60.0
    try:
        number = float(given.value)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:  # also true for NaN
        raise pytest.UsageError(f"{given.where} must be a number of seconds above 0, got {given.value!r}.")
    return number


def _confidence_method(given: Given | None) -> str | None:
    if given is None:
        return None
    from pytest_llmcal.scoring import ModelError  # only a run that names a method pays for finding out which there are
    from pytest_llmcal.scoring.confidence import create

    name = _text(given, "")
    try:
        create(name)
    except ModelError as error:
        raise pytest.UsageError(f"{given.where}: {error}.") from None
    return name


def _engine(
    config: pytest.Config, name: Given | None, address: Given | None, workers: Given | None
) -> RayEngine | None:
    if _choice(name, ("local", "ray")) == "local":
        for given in (address, workers):
            if given is not None:
                raise pytest.UsageError(f"{given.where} needs --llmcal-engine ray.")
        return None
    if hasattr(config, "workerinput") or getattr(config.option, "numprocesses", None):
        raise pytest.UsageError(
            "--llmcal-engine ray does not go with the workers of pytest-xdist (-n): each would have replicas of its "
            "own; leave -n out."
        )
    from pytest_llmcal.scoring import ModelError, RayEngine  # only a run on a cluster pays for it

    try:
        return RayEngine(None if address is None else _text(address, ""), _whole(workers, None, least=1))
    except ModelError as error:
        raise pytest.UsageError(f"--llmcal-engine: {error}.") from None


def _choice(given: Given | None, allowed: tuple[str, ...]) -> str:
    if given is None:
        return allowed[0]
    if given.value not in allowed:
        raise pytest.UsageError(f"{given.where} must be one of {', '.join(allowed)}, got {given.value!r}.")
    return str(given.value)


def _folder_or_file(given: Given | None, default: str | None, root: Path) -> Path | None:
    text = _text(given, default or "none")
    return None if text == "none" else root / text


def _path(given: Given | None, root: Path) -> Path | None:
    return None if given is None else root / _text(given, "")


def _cache(folder: Given | None, size: Given | None, off: Given | None, root: Path) -> Cache | None:
    if folder is not None and folder.where == "LLMCAL_CACHE_DIR" and not folder.value.strip():
        folder = None  # as everywhere else that reads the variable
    place = None if folder is None else root / Path(_text(folder, "")).expanduser()
    cache = Cache(place, _size(size))
    return None if _switch(off) else cache


def _size(given: Given | None) -> int:
    """Read bytes, written as 1000000, 500MB or 1.5 GB."""
    if given is None:
        return _BYTES["GB"]
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", str(given.value).upper())
    size = int(float(found[1]) * _BYTES[found[2].rstrip("B") + "B"]) if found else 0
    if size < 1:
        raise pytest.UsageError(f"{given.where} must be a size above 0 such as 500MB or 2GB, got {given.value!r}.")
    return size


def _baseline(given: Given | None, root: Path, folder: Path) -> Path | None:
    """Return the file of a baseline; what is no path of a file is the name of one in the folder of baselines."""
    if given is None:
        return None
    text = _text(given, "")
    if text.endswith(".json") or Path(text).name != text or (root / text).is_file():
        return root / text
    try:
        return baseline_path(folder, text)
    except BaselineError as error:
        raise pytest.UsageError(f"{given.where}: {error}.") from None


def _switch(given: Given | None) -> bool:
    if given is None:
        return False
    if isinstance(given.value, bool):
        return given.value
    text = str(given.value).strip().lower()
    if text not in _ON:
        raise pytest.UsageError(f"{given.where} must be one of {', '.join(_ON)}, got {given.value!r}.")
    return _ON[text]
