"""Whether a text follows from another, as a classifier of natural language inference says."""

from __future__ import annotations

from pytest_llmcal.tasks.correctness import Judge


def entailment(model: str) -> Judge:
    raise NotImplementedError(model)
