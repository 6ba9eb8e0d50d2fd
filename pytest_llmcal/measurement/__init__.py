"""Numbers that know their error bar, and what they say about a limit."""

from pytest_llmcal.measurement.about import About, Bin, NoiseFloor
from pytest_llmcal.measurement.errors import MeasurementError
from pytest_llmcal.measurement.measurement import Measurement
from pytest_llmcal.measurement.ranges import range_of
from pytest_llmcal.measurement.rules import Observation, Rules, current_rules, using
from pytest_llmcal.measurement.titles import title
from pytest_llmcal.measurement.verdict import Status, Verdict

__all__ = [
    "About",
    "Bin",
    "Measurement",
    "MeasurementError",
    "NoiseFloor",
    "Observation",
    "Rules",
    "Status",
    "Verdict",
    "current_rules",
    "range_of",
    "title",
    "using",
]
