"""Scores: what a model said about a task's items, and the measurements that follow from it."""

from pytest_llmcal.metrics.decomposition import Decomposition
from pytest_llmcal.scores.abstention import Abstained
from pytest_llmcal.scores.answer_sets import AnswerSets
from pytest_llmcal.scores.audit import Audit
from pytest_llmcal.scores.calibration_testing import CalibrationTest
from pytest_llmcal.scores.comparison import Comparison
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.groups import ByGroup
from pytest_llmcal.scores.planning import PROFILES, Plan, plan
from pytest_llmcal.scores.plot import ReliabilityPlot
from pytest_llmcal.scores.reliability import Reliability
from pytest_llmcal.scores.scores import Scores

__all__ = [
    "PROFILES",
    "Abstained",
    "AnswerSets",
    "Audit",
    "ByGroup",
    "CalibrationTest",
    "Comparison",
    "Decomposition",
    "Plan",
    "Reliability",
    "ReliabilityPlot",
    "Scores",
    "ScoresError",
    "plan",
]
