"""Two models that answered the same items, and what one does better or worse."""

from pytest_llmcal.scores.comparison.comparison import Comparison

__all__ = ["Comparison"]
