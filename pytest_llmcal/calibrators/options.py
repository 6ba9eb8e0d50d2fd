"""Checks of the options of calibrators: each error names the option, what came and what is allowed."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.calibrators.errors import CalibratorError


def checked_share(name: str, share: float) -> float:
    """Return a share strictly between 0 and 1."""
    if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0.0 < share < 1.0:
        raise CalibratorError(f"{name} must be a number above 0 and below 1, got {share!r}")
    return float(share)


def checked_amount(name: str, amount: float) -> float:
    """Return a finite number of at least 0."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float, np.number)) or not 0.0 <= amount < np.inf:
        raise CalibratorError(f"{name} must be a number of at least 0, got {amount!r}")
    return float(amount)


def checked_count(name: str, count: int) -> int:
    """Return a whole number of at least 0."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise CalibratorError(f"{name} must be a whole number of at least 0, got {count!r}")
    return int(count)
