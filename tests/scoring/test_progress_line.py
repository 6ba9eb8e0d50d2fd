"""Progress is shown after a moment, in place on a terminal and without control characters in a log."""

from __future__ import annotations

import io
import threading
import time
from itertools import pairwise

import pytest

from pytest_llmcal.scoring.progress import ProgressLine, announced


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def work(stream: io.StringIO, seconds: float, steps: int, *, quiet: bool = False) -> str:
    clock = Clock()
    with ProgressLine("world/qa", stream, quiet=quiet, clock=clock) as progress:
        for step in range(1, steps + 1):
            clock.now = 100.0 + seconds * step / steps
            progress(step * 10, steps * 10)
    return stream.getvalue()


def test_nothing_is_shown_within_two_seconds() -> None:
    assert work(io.StringIO(), 1.9, 100) == ""
    assert work(Terminal(), 1.9, 100) == ""


def test_nothing_is_shown_when_quiet() -> None:
    assert work(Terminal(), 60, 100, quiet=True) == ""


def test_a_log_gets_few_whole_lines_without_control_characters() -> None:
    text = work(io.StringIO(), 30, 300)
    lines = text.splitlines()
    assert lines[0] == "world/qa: 200 of 3,000, 100 a second, 28 s left"
    assert len(lines) == 3
    assert text.endswith("\n")
    assert not {character for character in text if ord(character) < 32} - {"\n"}


def test_a_terminal_shows_one_line_and_wipes_it() -> None:
    text = work(Terminal(), 4, 40)
    assert "\n" not in text
    lines = text.split("\r")
    assert lines[1].rstrip() == "world/qa: 200 of 400, 100 a second, 2 s left"
    assert lines[-1] == ""
    assert lines[-2].strip() == ""
    assert len(lines[-2]) >= len(lines[-3].rstrip())


@pytest.mark.parametrize(
    ("value", "in_place"), [("1", False), ("true", False), ("", True), ("0", True), ("false", True)]
)
def test_a_terminal_in_ci_gets_the_lines_of_a_log(value: str, in_place: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", value)
    assert ("\r" in work(Terminal(), 4, 40)) == in_place
    assert bool(work(Terminal(), 4, 40).strip())


def told(*calls: tuple[float, int], total: int = 10_000) -> str:
    """Return the last line, after calls at these seconds with so many done."""
    clock = Clock()
    stream = io.StringIO()
    with ProgressLine("x", stream, clock=clock) as progress:
        for now, done in calls:
            clock.now = 100.0 + now
            progress(done, total)
    return stream.getvalue().splitlines()[-1]


def test_answers_that_are_known_already_do_not_count_for_the_rate() -> None:
    laid_out = [(0.1, 0), (1.0, 0)]
    known = [(1.1 + part / 30, 1_000 * part) for part in range(1, 10)]
    assert told(*laid_out, *known, (2.4, 9_010)) == "x: 9,010 of 10,000, 10 a second, 1 min 39 s left"
    scored = [(1.4 + step, 9_000 + 10 * step) for step in range(1, 12)]
    assert told(*laid_out, *known, *scored) == "x: 9,110 of 10,000, 10 a second, 1 min 29 s left"


def test_the_rate_is_that_of_the_last_moments() -> None:
    slow = [(float(step), step) for step in range(1, 101)]
    fast = [(100.0 + step, 100 + 100 * step) for step in range(1, 51)]
    assert told(*slow, *fast).split(", ")[1] == "100 a second"


def test_work_that_comes_in_one_piece_has_a_rate_too() -> None:
    assert told((5.0, 100)) == "x: 100 of 10,000, 20 a second, 8 min 15 s left"


def test_work_that_stands_still_has_no_rate() -> None:
    assert told((1.0, 100), (3.0, 100)) == "x: 100 of 10,000"


def test_a_rate_is_there_however_rarely_work_is_heard_of() -> None:
    assert told(*[(60.0 * step, 6 * step) for step in range(1, 6)]).split(", ")[1] == "0.1 a second"


def test_work_that_is_being_laid_out_has_no_rate() -> None:
    clock = Clock()
    stream = io.StringIO()
    with ProgressLine("world/qa", stream, clock=clock) as progress:
        clock.now += 3
        progress(0, 4000)
    assert stream.getvalue() == "world/qa: 0 of 4,000\n"


def test_what_takes_longer_than_a_moment_is_announced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_llmcal.scoring.progress.PATIENCE", 0.01)
    log, terminal, quiet = io.StringIO(), Terminal(), Terminal()
    for stream in (log, terminal, quiet):
        with announced(ProgressLine("loading it", stream, quiet=stream is quiet)):
            time.sleep(0.3)
    assert log.getvalue() == "loading it\n"
    assert terminal.getvalue() == "\rloading it\r          \r"
    assert quiet.getvalue() == ""


def test_what_is_over_within_a_moment_or_fails_in_it_is_not_announced() -> None:
    stream = io.StringIO()
    before = threading.active_count()
    with announced(ProgressLine("loading it", stream)):
        pass
    with pytest.raises(OSError, match="gone"), announced(ProgressLine("loading it", stream)):
        raise OSError("gone")
    assert stream.getvalue() == ""
    assert threading.active_count() == before


def test_a_shorter_line_covers_a_longer_one() -> None:
    text = work(Terminal(), 100, 1000)
    shown = text.split("\r")[1:-1]
    assert all(len(later) >= len(earlier.rstrip()) for earlier, later in pairwise(shown))
