"""Distillation: a model is trained on the probabilities of a better calibrated teacher.

Unlike a calibrator, which maps scores, this makes a model: a folder that is loaded and gated as any other.
Importing this package imports ``torch`` and ``transformers``.
"""

from pytest_llmcal.calibrators.distillation.distill import distill, free_folder
from pytest_llmcal.calibrators.distillation.student import Student
from pytest_llmcal.calibrators.distillation.teachers import ensemble

__all__ = ["Student", "distill", "ensemble", "free_folder"]
