"""The embedded default: a small invented world whose true answer probabilities are known.

In Orlo every sentence follows a grammar with stated odds, so the true probability of each choice
of each item is known in closed form, and the calibration error of any model is exact here.
"""

from pytest_llmcal.world.checkpoints import MODEL_NAMES, checkpoint_folder
from pytest_llmcal.world.tasks import RUNNING_TEXT, TASK_NAMES, WRITTEN_NAMES, load_task, redraw

__all__ = ["MODEL_NAMES", "RUNNING_TEXT", "TASK_NAMES", "WRITTEN_NAMES", "checkpoint_folder", "load_task", "redraw"]
