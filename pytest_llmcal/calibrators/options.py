"""Checks of the options of calibrators: each error names the option, what came and what is allowed."""

from __future__ import annotations

from typing import Any

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


def checked_count(name: str, count: int, *, least: int = 0) -> int:
    """Return a whole number of at least ``least``."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
        raise CalibratorError(f"{name} must be a whole number of at least {least}, got {count!r}")
    return int(count)


def checked_choice(name: str, choice: Any, allowed: tuple[str, ...]) -> Any:
    """Return one of the texts that are allowed."""
    if choice not in allowed:
        raise CalibratorError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {choice!r}")
    return choice


def checked_switch(name: str, switch: bool) -> bool:
    """Return a boolean."""
    if not isinstance(switch, bool):
        raise CalibratorError(f"{name} must be True or False, got {switch!r}")
    return switch
