"""What makes a measurement of one run the same as one of another."""

from __future__ import annotations

from pytest_llmcal.records import Record

Key = tuple[str, str | None, str | None, str | None, str | None, str | None, str | None]
"""Metric, model, task, split, group, family of the calibrator, and confidence method."""


def key_of(record: Record) -> Key:
    """Return the key of a record."""
    family = calibrator_family(record.calibrator)
    return (record.metric, record.model, record.task, record.split, record.group, family, record.confidence_method)


def named(key: Key) -> str:
    """Say a key in words."""
    metric, model, task, split, group, calibrator, method = key
    parts = {"of": model, "on": task, "split": split, "for": group, "after": calibrator, "by": method}
    return " ".join([metric, *(f"{word} {value}" for word, value in parts.items() if value is not None)])


def calibrator_family(calibrator: str | None) -> str | None:
    """Return a calibrator's name without its parameters, which differ between revisions of a model.

    Examples
    --------
    >>> calibrator_family("temperature(T=1.8)")
    'temperature'
    """
    return calibrator and calibrator.partition("(")[0].strip()
