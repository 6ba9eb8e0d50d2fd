"""Runs that meet: merging the parts of one, and keeping one to compare later runs with."""

from pytest_llmcal.history.baseline import Baseline, BaselineError, update
from pytest_llmcal.history.merging import MERGED, MergeError, merge

__all__ = ["MERGED", "Baseline", "BaselineError", "MergeError", "merge", "update"]
