"""Lets the scorer's progress line through pytest's capture."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_llmcal.scoring.progress import ProgressLine


def progress_line(config: pytest.Config, label: str) -> ProgressLine:
    """Return a progress line in the terminal; a silent one under ``-q`` and in a worker of pytest-xdist."""
    from pytest_llmcal.scoring.progress import ProgressLine

    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.get_verbosity() < 0:
        return ProgressLine(label, io.StringIO(), quiet=True)
    return ProgressLine(label, TerminalStream(reporter, config))


class TerminalStream(io.StringIO):
    """The terminal as a stream that can be written to while a test is running."""

    def __init__(self, reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        self._reporter = reporter
        self._capture = config.pluginmanager.get_plugin("capturemanager")

    def isatty(self) -> bool:
        """Whether a line can be written over."""
        return bool(self._reporter.isatty)

    def write(self, text: str) -> int:
        """Write past the capture, beginning on a line of its own."""
        with self._uncaptured():
            self._reporter.ensure_newline()
            self._reporter.write(text, flush=True)
        return len(text)

    def _uncaptured(self) -> AbstractContextManager[None]:
        if self._capture is None:
            return nullcontext()
        uncaptured: AbstractContextManager[None] = self._capture.global_and_fixture_disabled()
        return uncaptured
