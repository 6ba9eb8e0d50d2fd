"""The reliability diagram draws each bin where its numbers say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.charts.reliability import COUNTS_HEIGHT, COUNTS_TOP, LEFT, SIDE, TOP, diagram_of, x, y
from pytest_llmcal.measurement import Bin, Pool

SURE = Bin(0.5, 1.0, 90, 0.8, 0.6, 0.7, 0.9)
UNSURE = Bin(0.0, 0.5, 10, 0.4, 0.45, 0.2, 0.6)


def numbers_in(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]


def test_the_corners_of_the_square_are_none_and_all() -> None:
    assert (x(0), x(1)) == (LEFT, LEFT + SIDE)
    assert (y(0), y(1)) == (TOP + SIDE, TOP)


def test_the_line_runs_through_confidence_and_accuracy() -> None:
    drawn = diagram_of((UNSURE, SURE))
    assert drawn is not None
    assert drawn.line == f"M{x(0.4):g} {y(0.45):g}L{x(0.8):g} {y(0.6):g}"


def test_the_band_spans_the_bin_and_its_two_ends() -> None:
    drawn = diagram_of((SURE,))
    assert drawn is not None
    left, top, width, height, back = numbers_in(drawn.band)
    assert (left, left + width, back) == (x(0.5), x(1.0), -width)
    assert abs(top - y(0.9)) <= 0.05
    assert abs(top + height - y(0.7)) <= 0.1


def test_a_bin_outside_its_band_is_drawn_and_counted_apart() -> None:
    drawn = diagram_of((UNSURE, SURE))
    assert drawn is not None
    assert drawn.strays == 1
    assert [name for name, _ in drawn.points] == ["point medium", "stray large"]


def test_an_end_of_the_band_is_still_inside() -> None:
    drawn = diagram_of((replace(SURE, accuracy=0.7),))
    assert drawn is not None
    assert drawn.strays == 0


def test_right_and_wrong_answers_together_are_as_high_as_their_share_of_the_fullest_bin() -> None:
    drawn = diagram_of((replace(UNSURE, count=45), SURE))
    assert drawn is not None
    wrong, right = ([numbers_in(bar) for bar in bars.split("z") if bar] for bars in (drawn.wrong, drawn.right))
    assert [bar[1] for bar in wrong] == [COUNTS_TOP + COUNTS_HEIGHT / 2, COUNTS_TOP]
    assert [bar[3] for bar in right] == pytest.approx([0.45 * COUNTS_HEIGHT / 2, 0.6 * COUNTS_HEIGHT], abs=0.06)
    assert [one[1] + one[3] for one in wrong] == pytest.approx([one[1] for one in right], abs=0.11)
    assert (drawn.fullest, drawn.items) == (90, 135)


def test_a_bin_that_is_always_right_has_no_wrong_bar() -> None:
    drawn = diagram_of((replace(SURE, accuracy=1.0),))
    assert drawn is not None
    assert drawn.wrong == ""


def test_a_lone_item_beside_a_million_keeps_a_visible_bar() -> None:
    drawn = diagram_of((replace(UNSURE, count=1, accuracy=0.0), replace(SURE, count=10**6)))
    assert drawn is not None
    assert numbers_in(drawn.wrong.split("z")[0])[3] > 0


def test_the_curve_before_calibration_is_drawn_where_there_is_one() -> None:
    before, without = diagram_of((SURE,), (UNSURE,)), diagram_of((SURE,))
    assert before is not None
    assert without is not None
    assert before.before == f"M{x(0.4):g} {y(0.45):g}"
    assert without.before == ""


def test_the_rising_curve_runs_level_through_each_pool() -> None:
    drawn = diagram_of((SURE,), pools=(Pool(0.25, 0.5, 0.25), Pool(0.75, 0.75, 1.0)))
    assert drawn is not None
    assert drawn.line == f"M{x(0.25):g} {y(0.25):g}H{x(0.5):g}L{x(0.75):g} {y(1):g}H{x(0.75):g}"


def test_an_empty_curve_draws_nothing() -> None:
    assert diagram_of(()) is None


shares = st.floats(0, 1)
bins = st.builds(Bin, shares, shares, st.integers(1, 10**9), shares, shares, shares, shares)


pools = st.lists(st.tuples(shares, shares, shares).map(sorted).map(lambda three: Pool(*three)), max_size=20)


@given(st.lists(bins, min_size=1, max_size=30).map(tuple), pools)
def test_every_bin_is_drawn_once_and_inside_the_picture(curve: tuple[Bin, ...], steps: list[Pool]) -> None:
    drawn = diagram_of(curve, pools=steps)
    assert drawn is not None
    assert sum(path.count("M") for _, path in drawn.points) == len(curve)
    assert drawn.band.count("z") == drawn.right.count("z") == len(curve)
    for path in (drawn.line, drawn.before):
        assert all(0 <= number <= COUNTS_TOP + COUNTS_HEIGHT for number in numbers_in(path))
    for left, top, _, height, _ in map(numbers_in, filter(None, drawn.right.split("z"))):
        assert LEFT <= left <= LEFT + SIDE + 1
        assert COUNTS_TOP - 0.1 <= top <= top + height <= COUNTS_TOP + COUNTS_HEIGHT + 0.1
