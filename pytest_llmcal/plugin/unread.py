"""Warns of verdicts that were reached and that nobody looked at."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest_llmcal
from pytest_llmcal.measurement import UnassertedVerdictWarning
from pytest_llmcal.plugin.attempts import AttemptLog

_OURS = str(Path(pytest_llmcal.__file__).parent)


def users_line() -> tuple[str, int]:
    """Return file and line of the code nearest to here that is not this package's."""
    frame = sys._getframe(1)  # what warnings themselves use; inspect.stack reads every file on its way
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_OURS, "<")):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def warn_of_unread(log: AttemptLog) -> None:
    """Warn, at the line where it was reached, of every verdict of a test that decided nothing.

    Of several verdicts of one line, such as those of a list, some may rightly go unread once one has decided.
    """
    read = {(file, line) for verdict, file, line in log.verdicts if verdict.was_read}
    for verdict, file, line in log.verdicts:
        if (file, line) not in read:
            warnings.warn_explicit(
                f"nobody looked at the verdict that {verdict.claim}, so it decides nothing; write assert before it",
                UnassertedVerdictWarning,
                file,
                line,
            )
