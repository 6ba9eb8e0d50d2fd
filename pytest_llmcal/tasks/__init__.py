"""Items, prompt templates, loading and splits: what is asked of a model."""

from pytest_llmcal.tasks.errors import TaskError, TaskWarning
from pytest_llmcal.tasks.items import AnyItem, Item, Items, Text
from pytest_llmcal.tasks.loading import load_task
from pytest_llmcal.tasks.open_items import OpenItem, Writing
from pytest_llmcal.tasks.task import Task

__all__ = ["AnyItem", "Item", "Items", "OpenItem", "Task", "TaskError", "TaskWarning", "Text", "Writing", "load_task"]
