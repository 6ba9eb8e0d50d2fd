"""A task and a model in, scores out."""

from pytest_llmcal.scoring.cache import CacheWarning, cached_model
from pytest_llmcal.scoring.generation import generate
from pytest_llmcal.scoring.loading import load_model
from pytest_llmcal.scoring.logits_processing import logits_processor
from pytest_llmcal.scoring.precision import DtypeFlips, dtype_flips
from pytest_llmcal.scoring.protocol import (
    GeneratingModel,
    Generation,
    GenerationOptions,
    IncompleteError,
    LogLikelihood,
    Model,
    ModelError,
    NextToken,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.scoring.recorded import RecordedModel
from pytest_llmcal.scoring.replicas import RayEngine
from pytest_llmcal.scoring.score import score

__all__ = [
    "CacheWarning",
    "DtypeFlips",
    "GeneratingModel",
    "Generation",
    "GenerationOptions",
    "IncompleteError",
    "LogLikelihood",
    "Model",
    "ModelError",
    "NextToken",
    "Progress",
    "Prompts",
    "RayEngine",
    "RecordedModel",
    "Request",
    "cached_model",
    "dtype_flips",
    "generate",
    "load_model",
    "logits_processor",
    "score",
]
