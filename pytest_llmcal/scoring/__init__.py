"""A task and a model in, scores out."""

from pytest_llmcal.scoring.loading import load_model
from pytest_llmcal.scoring.precision import DtypeFlips, dtype_flips
from pytest_llmcal.scoring.protocol import LogLikelihood, Model, ModelError, NextToken, Progress, Request
from pytest_llmcal.scoring.score import score

__all__ = [
    "DtypeFlips",
    "LogLikelihood",
    "Model",
    "ModelError",
    "NextToken",
    "Progress",
    "Request",
    "dtype_flips",
    "load_model",
    "score",
]
