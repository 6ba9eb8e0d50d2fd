"""Changes of prompts that must not matter, one file a family."""

from pytest_llmcal.tasks.changes.casing import Casing
from pytest_llmcal.tasks.changes.change import PromptChange
from pytest_llmcal.tasks.changes.labels import Label
from pytest_llmcal.tasks.changes.letters import Letters
from pytest_llmcal.tasks.changes.offers import KINDS, Given, offered
from pytest_llmcal.tasks.changes.order import Swap
from pytest_llmcal.tasks.changes.preface import SENTENCES, Preface
from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.changes.template import Template
from pytest_llmcal.tasks.changes.white_space import WhiteSpace

__all__ = [
    "KINDS",
    "SENTENCES",
    "Casing",
    "Given",
    "Label",
    "Letters",
    "Preface",
    "PromptChange",
    "Step",
    "Swap",
    "Template",
    "WhiteSpace",
    "offered",
]
