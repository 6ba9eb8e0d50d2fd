"""Numbers in a report are short, readable and never lose their sign or their size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.report import numbers


@given(st.floats(-1e6, 1e6, allow_nan=False))
def test_a_written_number_reads_back_as_nearly_itself(value: float) -> None:
    written = float(numbers.number(value).replace(numbers.MINUS, "-").replace(",", ""))
    assert written == pytest.approx(
        value, abs=max(0.01 * (abs(value) >= 9.9995), abs(value) * 0.11 * (abs(value) < 0.001), 5.1e-5)
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.5, "0.5000"),
        (-0.0123, "−0.0123"),  # noqa: RUF001  # a minus sign, as wide as a digit
        (0.0, "0"),
        (0.00012, "1.2e-04"),
        (123456.789, "123,456.79"),
        (1e300, "1e+300"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),  # noqa: RUF001
    ],
)
def test_numbers_of_every_size_are_readable(value: float, written: str) -> None:
    assert numbers.number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.05, "0.05"), (0.5498123, "0.5498"), (1.0, "1"), (0.0, "0"), (-2.5, "−2.5"), (math.inf, "∞")],  # noqa: RUF001
)
def test_a_limit_is_as_short_as_it_was_typed(value: float, written: str) -> None:
    assert numbers.limit(value) == written


def test_a_time_that_is_none_is_left_as_it_is() -> None:
    assert numbers.moment("yesterday") == "yesterday"
    assert numbers.moment("2026-01-02T03:04:05Z") == "2 January 2026, 03:04 UTC"


def test_durations_have_the_unit_that_fits() -> None:
    written = [numbers.duration(seconds) for seconds in (0.0, 9.94, 59.4, 59.6, 3599, 3600)]
    assert written == ["0.0 s", "9.9 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min"]
