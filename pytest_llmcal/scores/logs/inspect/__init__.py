"""The logs of Inspect (inspect_ai), packed (``.eval``) or plain (``.json``)."""

from pytest_llmcal.scores.logs.inspect.reading import read_inspect

__all__ = ["read_inspect"]
