"""Numbers that know their error bar, and what they say about a limit."""

from pytest_llmcal.measurement.about import About, Bin, NoiseFloor, Uncalibrated
from pytest_llmcal.measurement.differences import difference_name, higher_is_better, metric_of
from pytest_llmcal.measurement.errors import MeasurementError
from pytest_llmcal.measurement.group_measurement import GroupMeasurement, Part
from pytest_llmcal.measurement.group_names import gap_name, worst_name
from pytest_llmcal.measurement.item_outcomes import (
    LEFT_OUT_RULE,
    MOST_LEFT_OUT,
    OUTCOME_RULES,
    LeftOut,
    OutcomeResult,
    hides_too_much,
    said_of_left_out,
    share_left_out,
)
from pytest_llmcal.measurement.judging import Judgement, Status, judged, shares
from pytest_llmcal.measurement.measurement import Measurement
from pytest_llmcal.measurement.portrait import Calibration, GroupResult, Pool, Portrait, Risk, Step
from pytest_llmcal.measurement.ranges import range_of
from pytest_llmcal.measurement.rules import Correction, Observation, Rules, current_rules, using
from pytest_llmcal.measurement.titles import title
from pytest_llmcal.measurement.verdict import Verdict
from pytest_llmcal.measurement.warnings import NoiseFloorWarning, UnassertedVerdictWarning

__all__ = [
    "LEFT_OUT_RULE",
    "MOST_LEFT_OUT",
    "OUTCOME_RULES",
    "About",
    "Bin",
    "Calibration",
    "Correction",
    "GroupMeasurement",
    "GroupResult",
    "Judgement",
    "LeftOut",
    "Measurement",
    "MeasurementError",
    "NoiseFloor",
    "NoiseFloorWarning",
    "Observation",
    "OutcomeResult",
    "Part",
    "Pool",
    "Portrait",
    "Risk",
    "Rules",
    "Status",
    "Step",
    "UnassertedVerdictWarning",
    "Uncalibrated",
    "Verdict",
    "current_rules",
    "difference_name",
    "gap_name",
    "hides_too_much",
    "higher_is_better",
    "judged",
    "metric_of",
    "range_of",
    "said_of_left_out",
    "share_left_out",
    "shares",
    "title",
    "using",
    "worst_name",
]
