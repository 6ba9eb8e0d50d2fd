"""A run in, pages out."""

from pytest_llmcal.report.page import render, write

__all__ = ["render", "write"]
