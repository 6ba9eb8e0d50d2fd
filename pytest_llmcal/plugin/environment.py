"""Where a run was made: versions, platform, options, git commit; and what its user has to say of it."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.stash import COLLECTOR, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.plugin.settings import Settings

# Asked of the installed packages' metadata: nothing is imported for it.
_PACKAGES = ("pytest-llmcal", "pytest", "torch", "transformers", "tokenizers", "datasets", "numpy", "scipy")


def environment_of(config: pytest.Config) -> dict[str, str]:
    """Describe where this run is made, as flat texts."""
    environment = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    environment |= _versions() | _options(config)
    commit = git_commit(config.stash[SETTINGS].root)
    if commit is not None:
        environment["git commit"] = commit
    config.hook.pytest_llmcal_environment(config=config, environment=environment)
    return {str(key): str(value) for key, value in environment.items()}


def context_of(config: pytest.Config) -> dict[str, str]:
    """Return what the user has to say to the reader of the report, by heading."""
    context: dict[str, str] = {}
    config.hook.pytest_llmcal_report_context(config=config, context=context)
    return {str(heading): str(text) for heading, text in context.items()}


def _versions() -> dict[str, str]:
    return {package: number for package in _PACKAGES if (number := _version(package)) is not None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _options(config: pytest.Config) -> dict[str, str]:
    """Name the options that a number can depend on."""
    settings = config.stash[SETTINGS]
    options = {
        "device": settings.device,
        "dtype": settings.dtype,
        "truncate": settings.truncate,
        "seed": str(settings.seed),
        "confidence": str(settings.confidence),
        "undecided": settings.undecided,
    }
    if settings.engine is not None:
        options["engine"] = "ray"
    if settings.chat:
        options["chat"] = "the chat template of each model's tokenizer"
    if settings.system is not None:
        options["system"] = settings.system
    if settings.correction != "none":
        options["correction"] = f"{settings.correction} over {len(config.stash[COLLECTOR].planned)} gates"
    if settings.confidence_method is not None:
        options["confidence-method"] = settings.confidence_method
    if settings.limit is not None:
        options["limit"] = str(settings.limit)
    if settings.logs is not None:
        options["scores"] = ", ".join(settings.logs.files)
    if settings.calibrators:
        folders = [f"{model}={folder}" if model else str(folder) for model, folder in _below(settings)]
        options["calibrator"] = ", ".join(folders)
    replaced = [f"{name}={source}" for name, source in settings.task_for.items()]
    replaced += [settings.task_for_all] if settings.task_for_all else []
    if replaced:
        options["task"] = ", ".join(replaced)
    return options


def _below(settings: Settings) -> Iterator[tuple[str | None, Path]]:
    """Name folders from the root where they lie in it: the rest of the path is another on every machine."""
    for model, folder in settings.calibrators:
        below = folder.is_relative_to(settings.root)
        yield model, folder.relative_to(settings.root) if below else folder


def git_commit(folder: Path) -> str | None:
    """Return the commit that a folder is checked out at, or None where it is in no repository."""
    git = shutil.which("git")
    if git is None:
        return None
    answer = subprocess.run(  # noqa: S603  # a fixed command, found on the path
        [git, "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=10
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
