"""A line that says how far the work is, for anything that takes longer than a moment."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from types import TracebackType
from typing import TextIO

PATIENCE = 2.0
"""Seconds without a line: what is over by then needs none."""

EVERY_TERMINAL = 0.2
EVERY_LOG = 10.0
"""Seconds between two lines: a terminal shows one in place, a log keeps them all."""

WINDOW = 20.0
"""Seconds that the rate is taken over: long items come first, so the beginning says little of the end."""

SETTLING = 1.0
"""Seconds from the first answer on that do not count for the rate: what is known already comes in them."""


class ProgressLine:
    """Shows items done, items per second and the time left.

    On a terminal one line is written over and over and wiped at the end; elsewhere, and wherever the variable ``CI``
    is set, plain lines are written, without control characters. The rate is that of the last 20 seconds, and what
    comes within a second of the first answer does not count for it: answers that are known already come at once.

    Parameters
    ----------
    label : str
        What is being done.
    stream : TextIO, optional
        Where it is said; by default standard error.
    quiet : bool
        Say nothing.
    clock : callable
        Seconds, as ``time.monotonic``.

    Examples
    --------
    >>> seconds = iter([0.0, 1.0, 4.0])
    >>> with ProgressLine("world/qa", sys.stdout, clock=lambda: next(seconds)) as progress:
    ...     progress(10, 100)
    ...     progress(40, 100)
    world/qa: 40 of 100, 10 a second, 6 s left
    """

    def __init__(
        self,
        label: str,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._clock = clock
        # some CI systems hand out a terminal, and keep what is written to it in a log
        self._terminal = self._stream.isatty() and os.environ.get("CI", "").lower() in ("", "0", "false")
        self._begin = clock()
        self._next = self._begin + PATIENCE
        self._settled = self._begin
        self._marks: deque[tuple[float, int]] = deque()
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Take note that ``done`` of ``total`` items are done."""
        now = self._clock()
        rate = self._rate(now, done)
        if self._quiet or now < self._next:
            return
        self._next = now + (EVERY_TERMINAL if self._terminal else EVERY_LOG)
        line = f"{self._label}: {done:,} of {total:,}"
        if rate:
            line += f", {rate:,.3g} a second, {_duration((total - done) / rate)} left"
        self._write(line)

    def _rate(self, now: float, done: int) -> float | None:
        """Items per second since the mark at the window's beginning; None where nothing was done since."""
        if not done:
            return None
        begin, before = self._marks[0] if self._marks else (self._begin, 0)
        if not self._marks:
            self._settled = now + SETTLING
            self._marks.append((now, done))
        elif now < self._settled:
            self._marks[0] = (now, done)
            return None
        elif now - self._marks[-1][0] >= EVERY_TERMINAL:
            self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - WINDOW:
            self._marks.popleft()
        return (done - before) / (now - begin) if now > begin and done > before else None

    def announce(self) -> None:
        """Say what is being done, and nothing of how far it is."""
        if not self._quiet:
            self._write(self._label)

    def _write(self, line: str) -> None:
        if self._terminal:
            self._stream.write(f"\r{line.ljust(self._width)}")
            self._width = len(line)
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def close(self) -> None:
        """Wipe the line from a terminal."""
        if self._width:
            self._stream.write(f"\r{' ' * self._width}\r")
            self._stream.flush()
            self._width = 0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def announced(line: ProgressLine) -> Iterator[None]:
    """Say what a ``with`` block does once it takes longer than a moment, where nothing can be counted.

    Examples
    --------
    >>> with announced(ProgressLine("reading world/qa", sys.stdout)):
    ...     pass  # over within two seconds
    """
    timer = Timer(PATIENCE, line.announce)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # what is written after the block could meet a capture of output that is changing hands
        line.close()


def _duration(seconds: float) -> str:
    """Seconds in words.

    >>> _duration(6.2), _duration(75), _duration(4000)
    ('6 s', '1 min 15 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
