"""Running text from a plain file, one row a story."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.rows import Row, read_text

NUMBER = "number"
STORY = "text"
"""Columns of the rows of a text file."""


def read_stories(path: Path, separator: str) -> Sequence[Row]:
    """Split a text file into its stories, white space around each taken off.

    Parameters
    ----------
    path : Path
        A UTF-8 file, ``.gz`` or not.
    separator : str
        What stands between two stories. A file without it is one story.

    Raises
    ------
    TaskError
        The file is not there, not UTF-8, or holds no text.
    """
    stories = [story.strip() for story in read_text(path).split(separator)]
    rows = [
        Row({NUMBER: f"text-{number}", STORY: story}, f"{path}, text {number}")
        for number, story in enumerate(filter(None, stories), 1)
    ]
    if not rows:
        raise TaskError(f"{path}: the file holds no text")
    return rows
