"""Gate language models on calibration, with an error bar.

Names are imported when first used, so importing the package imports nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmcal import calibrators as calibrators
    from pytest_llmcal import strategies as strategies
    from pytest_llmcal.measurement import Measurement as Measurement
    from pytest_llmcal.measurement import Verdict as Verdict
    from pytest_llmcal.scores import Scores as Scores
    from pytest_llmcal.scores import plan as plan
    from pytest_llmcal.scoring import Model as Model
    from pytest_llmcal.scoring import load_model as load_model
    from pytest_llmcal.tasks import Task as Task
    from pytest_llmcal.tasks import load_task as load_task

_HOME = {
    "Measurement": "pytest_llmcal.measurement",
    "Model": "pytest_llmcal.scoring",
    "Scores": "pytest_llmcal.scores",
    "Task": "pytest_llmcal.tasks",
    "Verdict": "pytest_llmcal.measurement",
    "load_model": "pytest_llmcal.scoring",
    "load_task": "pytest_llmcal.tasks",
    "plan": "pytest_llmcal.scores",
}

__all__ = [
    "Measurement",
    "Model",
    "Scores",
    "Task",
    "Verdict",
    "calibrators",
    "load_model",
    "load_task",
    "plan",
    "strategies",
]


def __getattr__(name: str) -> Any:
    if name in {"calibrators", "strategies"}:
        return import_module(f"pytest_llmcal.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'pytest_llmcal' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
