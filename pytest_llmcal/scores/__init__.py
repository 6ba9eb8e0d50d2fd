"""Scores: what a model said about a task's items, and the measurements that follow from it."""

from pytest_llmcal.metrics.decomposition import Decomposition
from pytest_llmcal.scores.calibration_testing import CalibrationTest
from pytest_llmcal.scores.comparison import Comparison
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.planning import PROFILES, Plan, plan
from pytest_llmcal.scores.reliability import Reliability
from pytest_llmcal.scores.scores import Scores

__all__ = [
    "PROFILES",
    "CalibrationTest",
    "Comparison",
    "Decomposition",
    "Plan",
    "Reliability",
    "Scores",
    "ScoresError",
    "plan",
]
