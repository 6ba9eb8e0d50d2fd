"""The samples that lm_eval (the Language Model Evaluation Harness) writes with ``--log_samples``."""

from pytest_llmcal.scores.logs.lm_eval.reading import read_lm_eval

__all__ = ["read_lm_eval"]
