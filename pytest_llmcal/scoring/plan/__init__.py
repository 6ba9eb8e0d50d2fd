"""Which tokens a model is run on, and what is read off: decided here, without torch."""

from pytest_llmcal.scoring.plan.batches import batches
from pytest_llmcal.scoring.plan.rows import Pair, Read, Row, rows_of_pairs, rows_of_text
from pytest_llmcal.scoring.plan.tree import Branch, Costs, branch_of_pairs

__all__ = ["Branch", "Costs", "Pair", "Read", "Row", "batches", "branch_of_pairs", "rows_of_pairs", "rows_of_text"]
