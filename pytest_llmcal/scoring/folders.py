"""From the name of a model to a folder with its files, checked before anything is loaded."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from pytest_llmcal.scoring.protocol import ModelError

EMBEDDED = "world/"
"""How the names of the embedded models begin; a folder of the same path cannot stand in for them."""

_SAFE = "*.safetensors"
_PICKLED = "pytorch_model*.bin"
_VOCABULARIES = ("*.model", "*.tiktoken", "*.txt", "*.spm", "*.codes", "*.tokenizer", "tokenizer*", "vocab*")
_FILES = ("*.json", "*.jinja", "*.py", *_VOCABULARIES, _SAFE)
"""All that loading may read of the folder itself, pickled weights apart."""

_TEMPLATES = "additional_chat_templates/*.jinja"
_INDEX = "*.index.json"
"""Says of each weight in which file it is; that may be one of a subfolder."""

_BESIDES = ("*/*", "consolidated*")
"""Folders of other formats, and copies of the weights in the maker's own layout."""


def find_folder(
    name: str, revision: str | None, allow_pickle: bool, hashed: Callable[[Path], str] | None = None
) -> tuple[Path, str]:
    """Find a model's files, on the hub if need be.

    Parameters
    ----------
    name : str
        A folder, ``"world/..."`` or a name on the Hugging Face hub.
    revision : str or None
        Branch, tag or commit on the hub.
    allow_pickle : bool
        Whether weights may be read that can run code when they are unpickled.
    hashed : callable, optional
        Gives the fingerprint of a folder; by default `fingerprint`.

    Returns
    -------
    (Path, str)
        The folder, and its revision: the commit on the hub, or a fingerprint of the files.

    Raises
    ------
    ModelError
        There is no such model, or its weights are not safe to read.
    """
    local = _local_folder(name)
    if local is None:
        folder = _from_hub(name, revision, allow_pickle)
        return folder, folder.name
    if revision is not None:
        raise ModelError(f"model {name!r}: revision {revision!r} has no meaning for a folder, only on the hub")
    if not (local / "config.json").is_file():
        raise ModelError(f"model {name!r}: the folder {local} has no config.json, so it holds no model")
    _check_weights(name, local, allow_pickle)
    return local, (hashed or fingerprint)(local)


def _local_folder(name: str) -> Path | None:
    """Folder that a name means here, None if it can only be one on the hub."""
    if name.startswith(EMBEDDED):
        from pytest_llmcal.world import MODEL_NAMES, checkpoint_folder

        if name not in MODEL_NAMES:
            raise ModelError(f"the world has no model {name!r}; its models are {', '.join(MODEL_NAMES)}")
        return checkpoint_folder(name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"model {name!r}: this is a file; a folder with config.json and weights is needed")
    if name.startswith((".", "~")) or folder.is_absolute() or name.count("/") > 1 or "\\" in name:
        raise ModelError(f"model {name!r}: there is no such folder")
    return None


def _from_hub(name: str, revision: str | None, allow_pickle: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def download(patterns: tuple[str, ...]) -> Path:
        return Path(
            snapshot_download(name, revision=revision, allow_patterns=list(patterns), ignore_patterns=list(_BESIDES))
        )

    try:
        folder = download(_FILES)
        if allow_pickle and not list(folder.glob(_SAFE)):
            folder = download((*_FILES, _PICKLED))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"model {name!r}: there is no such folder here, and the Hugging Face hub did not give it: "
            f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        ) from error
    _check_weights(name, folder, allow_pickle)
    return folder


def _check_weights(name: str, folder: Path, allow_pickle: bool) -> None:
    if any(folder.glob(_SAFE)) or (allow_pickle and any(folder.glob(_PICKLED))):
        return
    if allow_pickle:
        raise ModelError(f"model {name!r}: {folder} has no weights, neither {_SAFE} nor {_PICKLED}")
    pickled = sorted(path.name for path in folder.glob(_PICKLED))
    raise ModelError(
        f"model {name!r}: {folder} has no weights as {_SAFE}{f', only {pickled[0]}' if pickled else ''}; weights as "
        f"pickle can run code when they are read: convert them, or pass allow_pickle=True if you trust them"
    )


def fingerprint(folder: Path) -> str:
    """Hash of every file that loading may read: weights, configuration, tokenizer and code.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in read_files(folder):
        digest.update(Path(os.path.relpath(path, folder)).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def read_files(folder: Path) -> list[Path]:
    """Every file that loading may read, in order."""
    found = {path for pattern in (*_FILES, _PICKLED, _TEMPLATES) for path in folder.glob(pattern)}
    for index in folder.glob(_INDEX):
        found |= {folder / name for name in _shards(index)}
    return sorted(path for path in found if path.is_file())


def _shards(index: Path) -> set[str]:
    """Files that an index of weights names; none where it is no such index, of which loading will complain."""
    try:
        weights = json.loads(index.read_bytes())
    except ValueError:
        return set()
    named = weights.get("weight_map") if isinstance(weights, dict) else None
    return {name for name in named.values() if isinstance(name, str)} if isinstance(named, dict) else set()
