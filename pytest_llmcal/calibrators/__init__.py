"""Calibrators: maps fitted on one split and applied to another."""

from pytest_llmcal.calibrators.abstention import Abstention
from pytest_llmcal.calibrators.calibrator import Calibrator
from pytest_llmcal.calibrators.conformal import ConformalSets
from pytest_llmcal.calibrators.errors import AtBoundWarning, CalibratorError, InSampleWarning
from pytest_llmcal.calibrators.registry import create, load, names

__all__ = [
    "Abstention",
    "AtBoundWarning",
    "Calibrator",
    "CalibratorError",
    "ConformalSets",
    "InSampleWarning",
    "create",
    "load",
    "names",
]
