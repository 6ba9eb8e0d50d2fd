"""Runs that meet: merging the parts of one, keeping one, and comparing one with an earlier one.

Here stands what needs no item scores; ``items``, ``kept``, ``comparing``, ``baselines`` and ``timeline``
read those, and are imported by their names.
"""

from pytest_llmcal.history.baseline import Baseline, update
from pytest_llmcal.history.errors import BaselineError, ComparisonError, ItemFileError
from pytest_llmcal.history.merging import MERGED, MergeError, merge

__all__ = [
    "MERGED",
    "Baseline",
    "BaselineError",
    "ComparisonError",
    "ItemFileError",
    "MergeError",
    "merge",
    "update",
]
