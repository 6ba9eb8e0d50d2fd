"""Examples in docstrings give what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import pytest_llmcal

MODULES = [module.name for module in pkgutil.walk_packages(pytest_llmcal.__path__, "pytest_llmcal.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_the_module_give_what_they_show(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_are_found() -> None:
    finder = doctest.DocTestFinder()
    examples = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(examples) >= 50
