"""A task and a model in, scores out."""

from pytest_llmcal.scoring.cache import CacheWarning, cached_model
from pytest_llmcal.scoring.loading import load_model
from pytest_llmcal.scoring.protocol import LogLikelihood, Model, ModelError, NextToken, Progress, Request
from pytest_llmcal.scoring.score import score

__all__ = [
    "CacheWarning",
    "LogLikelihood",
    "Model",
    "ModelError",
    "NextToken",
    "Progress",
    "Request",
    "cached_model",
    "load_model",
    "score",
]
