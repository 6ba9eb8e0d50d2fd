"""Which tokens a model is run on, and what is read off: decided here, without torch."""

from pytest_llmcal.scoring.plan.batches import longest_first, next_batch
from pytest_llmcal.scoring.plan.rows import Pair, Read, Row, rows_of_pairs, rows_of_text, texts_of_row
from pytest_llmcal.scoring.plan.tree import Branch, Costs, branch_of_pairs

__all__ = [
    "Branch",
    "Costs",
    "Pair",
    "Read",
    "Row",
    "branch_of_pairs",
    "longest_first",
    "next_batch",
    "rows_of_pairs",
    "rows_of_text",
    "texts_of_row",
]
