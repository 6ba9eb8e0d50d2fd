"""Calibrators: maps fitted on one split and applied to another."""

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.protocol import Calibrator
from pytest_llmcal.calibrators.registry import create, load, names

__all__ = ["Calibrator", "CalibratorError", "create", "load", "names"]
