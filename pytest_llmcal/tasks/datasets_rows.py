"""Rows of Parquet files and of datasets on the Hugging Face hub, through ``datasets``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.rows import Row

if TYPE_CHECKING:
    from datasets import Dataset

_NOT_GIVEN = "there is no such file or folder here, and the Hugging Face hub did not give it"
_WITHOUT_IT = "with HF_HUB_OFFLINE=1, a copy downloaded before is used; a folder of that name is read without the hub"


def read_parquet(path: Path) -> Sequence[Row]:
    """Read a Parquet file.

    Raises
    ------
    TaskError
        The file is not there, empty or not Parquet.
    """
    if not path.is_file():
        raise TaskError(f"{path}: there is no such file")
    # `datasets` keeps a copy of what it reads; rows are taken out at once, so it need not outlive this call
    with tempfile.TemporaryDirectory(prefix="llmcal-", ignore_cleanup_errors=True) as cache:
        return _rows(
            lambda load: load("parquet", data_files=str(path), split="train", cache_dir=cache),
            source=str(path),
            failed="the file cannot be read as Parquet",
        )


def read_hub(name: str, config: str | None, split: str, revision: str | None) -> Sequence[Row]:
    """Read one split of a dataset on the hub, or of a folder laid out like one.

    Files are kept where ``datasets`` keeps them (``HF_HOME``), so a second run needs no network.

    Raises
    ------
    TaskError
        The dataset, its configuration or its split is not there, or the hub cannot be reached.
    """
    return _rows(
        lambda load: load(name, config, split=split, revision=revision),
        source=f"{name}, split {split!r}",
        failed=_NOT_GIVEN,
        advice="" if Path(name).is_dir() else f" ({_WITHOUT_IT})",
    )


def dataset_commit(name: str, revision: str | None) -> str | None:
    """Commit of a dataset on the hub that a branch or tag stands for now.

    Asked first, so that a name nobody knows is told at once and what is read is known for good. With
    ``HF_HUB_OFFLINE=1`` nothing is asked, and a copy that was downloaded before is read.

    Returns
    -------
    str or None
        The commit; offline, the revision as given; for a folder None, as nothing tells which it holds.

    Raises
    ------
    TaskError
        The hub has no such dataset, or cannot be reached.
    """
    from huggingface_hub import HfApi, constants

    if Path(name).is_dir():
        return None
    if constants.HF_HUB_OFFLINE:
        return revision
    try:
        return HfApi().dataset_info(name, revision=revision).sha
    # the hub's errors, and those of the HTTP library below it, which changed between versions
    except Exception as error:
        raise TaskError(f"{name}: {_NOT_GIVEN}: {_reason(error)} ({_WITHOUT_IT})") from error


def _rows(
    load: Callable[[Callable[..., Dataset]], Dataset], source: str, failed: str, advice: str = ""
) -> Sequence[Row]:
    from datasets import load_dataset

    try:
        with _silence():
            rows = load(load_dataset).to_list()
    # the readers behind `datasets` raise what they please: pyarrow's, pandas' and the hub's own errors
    except Exception as error:
        raise TaskError(f"{source}: {failed}: {_reason(error)}{advice}") from error
    if not rows:
        raise TaskError(f"{source}: there are no rows")
    return [Row(values, f"{source}, row {number}") for number, values in enumerate(rows, 1)]


def _reason(error: BaseException) -> str:
    """Kind and first line of the error at the root, where the reason stands."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


@contextmanager
def _silence() -> Iterator[None]:
    """Keep progress bars out of test output, and put things back as they were."""
    from datasets.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

    shown: Any = is_progress_bar_enabled()
    disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            enable_progress_bar()
