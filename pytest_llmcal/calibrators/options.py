"""Checks of a calibrator's options: each error says what came and what is allowed."""

from __future__ import annotations

from typing import Any

from pytest_llmcal.calibrators.errors import CalibratorError


def one_of(value: Any, allowed: tuple[str, ...], option: str) -> Any:
    """Return an option's value if it is among those allowed."""
    if value not in allowed:
        raise CalibratorError(f"{option} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def at_least_one(value: Any, option: str) -> int:
    """Return an option's value if it is a whole number of at least one."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CalibratorError(f"{option} must be a whole number of at least one, got {value!r}")
    return value


def true_or_false(value: Any, option: str) -> bool:
    """Return an option's value if it is a boolean."""
    if not isinstance(value, bool):
        raise CalibratorError(f"{option} must be True or False, got {value!r}")
    return value
