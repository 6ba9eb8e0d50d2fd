"""Where the two shipped models lie."""

from __future__ import annotations

from pathlib import Path

MODEL_NAMES = ("world/gpt2", "world/gpt2-overfit")
"""Names of the shipped models: one calibrated, one overconfident from reading too little too often."""


def checkpoint_folder(name: str) -> Path:
    """Find the folder of a shipped model.

    Parameters
    ----------
    name : str
        One of `MODEL_NAMES`.

    Returns
    -------
    pathlib.Path
        Folder that ``from_pretrained`` of transformers loads offline, tokenizer included.

    Raises
    ------
    ValueError
        The world has no such model.

    Examples
    --------
    >>> checkpoint_folder("world/gpt2").name
    'gpt2'
    """
    if name not in MODEL_NAMES:
        raise ValueError(f"the world has no model {name!r}; its models are {', '.join(MODEL_NAMES)}")
    return Path(__file__).parent / "checkpoints" / name.removeprefix("world/")
