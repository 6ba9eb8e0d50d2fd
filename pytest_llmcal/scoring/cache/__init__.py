"""Answers of models, kept on disk: what was asked once is never computed again."""

from pytest_llmcal.scoring.cache.database import CacheWarning
from pytest_llmcal.scoring.cache.identity import Identity
from pytest_llmcal.scoring.cache.loading import cached_model
from pytest_llmcal.scoring.cache.model import CachedModel
from pytest_llmcal.scoring.cache.store import Store

__all__ = ["CacheWarning", "CachedModel", "Identity", "Store", "cached_model"]
