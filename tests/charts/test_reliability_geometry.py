"""The reliability diagram places each bin where its numbers say."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.charts import Diagram, Pool, diagram_of
from pytest_llmcal.charts.reliability import COUNTS_HEIGHT, COUNTS_TOP, LEFT, SIDE, TOP, x, y
from pytest_llmcal.measurement import Bin

SURE = Bin(0.5, 1.0, 90, 0.8, 0.6, 0.7, 0.9)
UNSURE = Bin(0.0, 0.5, 10, 0.4, 0.45, 0.2, 0.6)
BOTTOM = COUNTS_TOP + COUNTS_HEIGHT


def numbers_in(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]


def drawn(*args: tuple[Bin, ...] | tuple[Pool, ...]) -> Diagram:
    diagram = diagram_of(*args)  # type: ignore[arg-type]
    assert diagram is not None
    return diagram


def test_the_corners_of_the_square_are_none_and_all() -> None:
    assert (x(0), x(1)) == (LEFT, LEFT + SIDE)
    assert (y(0), y(1)) == (TOP + SIDE, TOP)


def test_without_pools_the_line_runs_through_the_bins() -> None:
    assert drawn((UNSURE, SURE)).line == f"M{x(0.4):g} {y(0.45):g}L{x(0.8):g} {y(0.6):g}"


def test_with_pools_the_line_is_their_steps() -> None:
    line = drawn((UNSURE, SURE), (), (Pool(0.25, 0.5, 0.5), Pool(0.75, 0.75, 1.0))).line
    assert numbers_in(line) == [x(0.25), y(0.5), x(0.5), y(0.5), x(0.75), y(1.0)]


def test_the_band_spans_the_bin_and_its_two_ends() -> None:
    left, top, right, bottom, _ = numbers_in(drawn((SURE,)).band)
    assert (left, right) == (x(0.5), x(1.0))
    assert abs(top - y(0.9)) <= 0.05
    assert abs(bottom - y(0.7)) <= 0.05


def test_a_bin_outside_its_band_is_drawn_and_counted_apart() -> None:
    diagram = drawn((UNSURE, SURE))
    assert diagram.strays == 1
    assert [name for name, _ in diagram.points] == ["point medium", "stray large"]


def test_an_end_of_the_band_is_still_inside() -> None:
    assert drawn((replace(SURE, accuracy=0.7),)).strays == 0


def test_wrong_answers_stand_on_the_right_ones_up_to_the_share_of_the_fullest_bin() -> None:
    diagram = drawn((replace(UNSURE, count=45), SURE))
    heights = [COUNTS_HEIGHT / 2, COUNTS_HEIGHT]
    for right, wrong, height, entry in zip(
        diagram.right.split("z"), diagram.wrong.split("z"), heights, (UNSURE, SURE), strict=False
    ):
        _, middle, _, bottom, _ = numbers_in(right)
        _, top, _, foot, _ = numbers_in(wrong)
        assert bottom == BOTTOM
        assert foot == middle
        assert abs(BOTTOM - top - height) <= 0.05
        assert abs((BOTTOM - middle) / height - entry.accuracy) <= 0.01
    assert (diagram.fullest, diagram.items) == (90, 135)


def test_a_lone_item_beside_a_million_keeps_a_visible_bar() -> None:
    lone = drawn((replace(UNSURE, count=1, accuracy=1.0), replace(SURE, count=10**6))).right.split("z")[0]
    assert numbers_in(lone)[1] < BOTTOM


def test_the_curve_before_calibration_is_drawn_where_there_is_one() -> None:
    assert drawn((SURE,), (UNSURE,)).before == f"M{x(0.4):g} {y(0.45):g}"
    assert drawn((SURE,)).before == ""


def test_an_empty_curve_draws_nothing() -> None:
    assert diagram_of(()) is None


shares = st.floats(0, 1)
bins = st.builds(Bin, shares, shares, st.integers(1, 10**9), shares, shares, shares, shares)
pools = st.builds(lambda ends, share: Pool(min(ends), max(ends), share), st.tuples(shares, shares), shares)


@given(st.lists(bins, min_size=1, max_size=30).map(tuple), st.lists(pools, max_size=5).map(tuple))
def test_every_bin_is_drawn_once_and_inside_the_picture(curve: tuple[Bin, ...], rising: tuple[Pool, ...]) -> None:
    diagram = drawn(curve, (), rising)
    assert sum(path.count("M") for _, path in diagram.points) == len(curve)
    assert diagram.band.count("z") == diagram.right.count("z") == len(curve)
    for path in (diagram.line, diagram.band, diagram.right, diagram.wrong):
        assert all(0 <= number <= BOTTOM for number in numbers_in(path))
