"""The reliability diagram draws each bin where its numbers say."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.measurement import Bin
from pytest_llmcal.report.reliability import COUNTS_HEIGHT, COUNTS_TOP, LEFT, SIDE, TOP, diagram_of, x, y
from tests.sample_runs import record

SURE = Bin(0.5, 1.0, 90, 0.8, 0.6, 0.7, 0.9)
UNSURE = Bin(0.0, 0.5, 10, 0.4, 0.45, 0.2, 0.6)


def numbers_in(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]


def test_the_corners_of_the_square_are_none_and_all() -> None:
    assert (x(0), x(1)) == (LEFT, LEFT + SIDE)
    assert (y(0), y(1)) == (TOP + SIDE, TOP)


def test_the_line_runs_through_confidence_and_accuracy() -> None:
    drawn = diagram_of(record(curve=(UNSURE, SURE)))
    assert drawn is not None
    assert drawn.line == f"M{x(0.4):g} {y(0.45):g}L{x(0.8):g} {y(0.6):g}"


def test_the_band_spans_the_bin_and_its_two_ends() -> None:
    drawn = diagram_of(record(curve=(SURE,)))
    assert drawn is not None
    left, top, right, bottom, _ = numbers_in(drawn.band)
    assert (left, right) == (x(0.5), x(1.0))
    assert abs(top - y(0.9)) <= 0.05
    assert abs(bottom - y(0.7)) <= 0.05


def test_a_bin_outside_its_band_is_drawn_and_counted_apart() -> None:
    drawn = diagram_of(record(curve=(UNSURE, SURE)))
    assert drawn is not None
    assert drawn.strays == 1
    assert [name for name, _ in drawn.points] == ["point medium", "stray large"]


def test_an_end_of_the_band_is_still_inside() -> None:
    drawn = diagram_of(record(curve=(replace(SURE, accuracy=0.7),)))
    assert drawn is not None
    assert drawn.strays == 0


def test_bars_are_as_high_as_their_share_of_the_fullest_bin() -> None:
    drawn = diagram_of(record(curve=(replace(UNSURE, count=45), SURE)))
    assert drawn is not None
    tops = [numbers_in(bar)[1] for bar in drawn.counts.split("z") if bar]
    assert tops == [COUNTS_TOP + COUNTS_HEIGHT / 2, COUNTS_TOP]
    assert (drawn.fullest, drawn.items) == (90, 135)


def test_a_lone_item_beside_a_million_keeps_a_visible_bar() -> None:
    drawn = diagram_of(record(curve=(replace(UNSURE, count=1), replace(SURE, count=10**6))))
    assert drawn is not None
    assert numbers_in(drawn.counts.split("z")[0])[1] < COUNTS_TOP + COUNTS_HEIGHT


def test_the_curve_before_calibration_is_drawn_where_there_is_one() -> None:
    before = diagram_of(record(before=(UNSURE,)))
    without = diagram_of(record())
    assert before is not None
    assert without is not None
    assert before.before == f"M{x(0.4):g} {y(0.45):g}"
    assert without.before == ""


def test_an_empty_curve_draws_nothing() -> None:
    assert diagram_of(record(curve=())) is None


shares = st.floats(0, 1)
bins = st.builds(Bin, shares, shares, st.integers(1, 10**9), shares, shares, shares, shares)


@given(st.lists(bins, min_size=1, max_size=30).map(tuple))
def test_every_bin_is_drawn_once_and_inside_the_picture(curve: tuple[Bin, ...]) -> None:
    drawn = diagram_of(record(curve=curve))
    assert drawn is not None
    assert sum(path.count("M") for _, path in drawn.points) == len(curve)
    assert drawn.band.count("z") == drawn.counts.count("z") == len(curve)
    for path in (drawn.line, drawn.band, drawn.counts):
        assert all(0 <= number <= COUNTS_TOP + COUNTS_HEIGHT for number in numbers_in(path))
