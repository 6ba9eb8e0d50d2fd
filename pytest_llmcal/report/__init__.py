"""A run in, pages out."""

from pytest_llmcal.report.page import pages, render, write

__all__ = ["pages", "render", "write"]
