"""A model on many machines: replicas of it in processes of a Ray cluster, each given a chunk at a time."""

from pytest_llmcal.scoring.replicas.engine import RayEngine
from pytest_llmcal.scoring.replicas.model import RayModel

__all__ = ["RayEngine", "RayModel"]
