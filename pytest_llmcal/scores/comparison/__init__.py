"""Two models that answered the same items, and what one does better or worse."""

from pytest_llmcal.scores.comparison.comparison import METRICS, Comparison
from pytest_llmcal.scores.comparison.differences import ece_exchange

__all__ = ["METRICS", "Comparison", "ece_exchange"]
