"""The measurements of scores, found by themselves: one that is added is held to what holds for all."""

from __future__ import annotations

import inspect

from pytest_llmcal import Scores


def _is_metric(function: object) -> bool:
    if not inspect.isfunction(function):
        return False
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    needed = [parameter for parameter in others if parameter.default is parameter.empty]
    return first.name == "self" and not needed and signature.return_annotation == "Measurement"


# About the items that the scores do not hold: no calibrator changes it, and a comparison leaves the same out of both.
_OF_ITEMS_LEFT_OUT = "unanswered"

METRICS = tuple(
    sorted(name for name, function in vars(Scores).items() if _is_metric(function) and name != _OF_ITEMS_LEFT_OUT)
)
"""Names of the methods of ``Scores`` that measure answers without being told anything."""

NEED_CHOICES = frozenset({"ace", "classwise_ece", "marginal_ece"})
"""Those about the probabilities of all choices."""
