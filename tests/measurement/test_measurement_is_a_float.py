import copy
import json
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

from pytest_llmcal.measurement import About, Bin, Measurement, MeasurementError, NoiseFloor, Rules, using

BIN = Bin(0.8, 0.9, 10, 0.85, 0.7, 0.6, 1.0)


def ece(value=0.081, low=0.05, high=0.11, **more):
    return Measurement(value, name="ece", low=low, high=high, n=200, method="plug-in", confidence=0.95, **more)


def full():
    return ece(
        debiased=0.07,
        noise_floor=NoiseFloor(0.02, 0.03),
        exact=0.08,
        about=About(model="m", group="region=north"),
        curve=[BIN],
        before=[BIN, BIN],
    )


@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), copy.copy, copy.deepcopy])
def test_copies_keep_everything(copied):
    twin = copied(full())
    assert type(twin) is Measurement
    assert float(twin) == float(full())
    for name in Measurement.__slots__:
        assert getattr(twin, name) == getattr(full(), name)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_works(protocol):
    assert repr(pickle.loads(pickle.dumps(full(), protocol))) == repr(full())


@pytest.mark.parametrize("field", Measurement.__slots__)
def test_no_field_can_be_changed_or_deleted(field):
    measured = full()
    with pytest.raises(AttributeError, match=f"cannot set '{field}' of ece=.* a measurement cannot be changed"):
        setattr(measured, field, 0.01)
    with pytest.raises(AttributeError, match=f"cannot delete '{field}'"):
        delattr(measured, field)
    assert getattr(measured, field) == getattr(full(), field)


def test_no_field_can_be_added():
    with pytest.raises(AttributeError, match="cannot set 'note'"):
        full().note = "mine"


def test_its_repr_begins_with_what_must_not_be_cut_off():
    assert repr(ece()).startswith("ece=0.0810")
    assert repr(ece()) == "ece=0.0810 [0.0500, 0.1100] at 95%, n=200"


def test_its_repr_does_not_round_the_level_away():
    measured = Measurement(0.5, name="brier", low=0.4, high=0.6, n=2, method="", confidence=0.999)
    assert "at 99.9%" in repr(measured)


def test_it_prints_formats_and_serialises_like_its_number():
    assert str(ece()) == "0.081"
    assert f"{ece():.2f}" == "0.08"
    assert json.dumps({"x": ece()}) == '{"x": 0.081}'


def test_it_hashes_and_equals_like_its_number():
    assert ece() == 0.081
    assert {ece(): 1}[0.081] == 1
    assert max(ece(), 0.2) == 0.2
    assert ece() == pytest.approx(0.0810000001)


def test_arithmetic_gives_plain_floats():
    assert type(ece() + 0.1) is float
    assert type(-ece()) is float


def test_its_fields_are_builtins_whatever_came():
    measured = Measurement(
        np.float64(0.1), name="x", low=np.float32(0.0), high=np.float64(0.5), n=np.int64(3), method="", confidence=0.9
    )
    assert [type(value) for value in (measured.low, measured.high, measured.n)] == [float, float, int]


@pytest.mark.parametrize(("field", "value"), [("value", math.nan), ("low", math.nan), ("high", math.nan)])
def test_nan_is_no_measurement(field, value):
    with pytest.raises(MeasurementError, match="is NaN; a measurement is a number"):
        ece(**{field: value})


def test_an_interval_upside_down_is_refused():
    with pytest.raises(MeasurementError, match=r"upside down: low 0.2 is above high 0.1"):
        ece(low=0.2, high=0.1)


def test_an_infinite_measurement_is_a_finding():
    nll = Measurement(math.inf, name="nll", low=math.inf, high=math.inf, n=200, method="by hand", confidence=0.95)
    assert nll.below(3.0).status == "refuted"


def seen(judge):
    observed = []
    with using(Rules(observe=observed.append)):
        judge()
    return [(entry.relation, entry.limit, entry.outcome) for entry in observed]


def test_every_plain_comparison_is_observed():
    assert seen(lambda: ece() < 0.05) == [("<", 0.05, "false")]
    assert seen(lambda: ece() <= 1) == [("<=", 1.0, "true")]
    assert seen(lambda: ece() > 0.05) == [(">", 0.05, "true")]
    assert seen(lambda: ece() >= 0.1) == [(">=", 0.1, "false")]


def test_a_reversed_comparison_is_observed_from_the_measurements_side():
    assert seen(lambda: 0.05 > ece()) == [("<", 0.05, "false")]  # noqa: SIM300  # the reversal is the test
    assert seen(lambda: 1 >= ece()) == [("<=", 1.0, "true")]  # noqa: SIM300  # the reversal is the test


def test_a_chained_comparison_is_observed_twice():
    assert seen(lambda: 0.0 <= ece() < 0.2) == [(">=", 0.0, "true"), ("<", 0.2, "true")]


def test_the_explanation_names_estimate_and_limit():
    observed = []
    with using(Rules(observe=observed.append)):
        _ = ece() < 0.05
    assert observed[0].explanation == "The estimate of ECE is 0.081, so ECE < 0.05 is false."


def test_a_comparison_with_nan_is_refused():
    with pytest.raises(MeasurementError, match="the limit for ECE is NaN"):
        _ = ece() < math.nan


@pytest.mark.parametrize("limit", [np.float32(0.05), np.int64(1), np.array(0.05), Fraction(1, 20)])
def test_a_comparison_with_any_number_is_observed_with_a_plain_limit(limit):
    seen = []
    with using(Rules(observe=seen.append)):
        assert (ece() < limit) == (float(ece()) < float(limit))
    assert [(type(each.limit), each.limit) for each in seen] == [(float, float(limit))]


def test_a_comparison_with_an_array_compares_each_of_its_numbers():
    assert (ece() < np.array([0.0, 1.0])).tolist() == [False, True]


def test_a_comparison_with_something_else_is_pythons_error():
    with pytest.raises(TypeError):
        _ = ece() < "0.05"
