"""All keys under which the plugin keeps something on pytest's objects. There is no other state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_llmcal.calibrators import Calibrator
    from pytest_llmcal.plugin.attempts import AttemptLog
    from pytest_llmcal.plugin.collector import Collector
    from pytest_llmcal.plugin.gates import GateFacts
    from pytest_llmcal.plugin.items import ItemSpool
    from pytest_llmcal.plugin.output import Output
    from pytest_llmcal.plugin.settings import Settings
    from pytest_llmcal.plugin.shelves import ModelShelf, TaskShelf
    from pytest_llmcal.plugin.subjects import SubjectShelf

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
"""On the config: the options of this run."""

MODELS: pytest.StashKey[ModelShelf] = pytest.StashKey()
"""On the config: the model in memory."""

TASKS: pytest.StashKey[TaskShelf] = pytest.StashKey()
"""On the config: the tasks read so far."""

SUBJECTS: pytest.StashKey[SubjectShelf] = pytest.StashKey()
"""On the config: the sets of answers that were described so far."""

CALIBRATORS: pytest.StashKey[dict[str, Calibrator]] = pytest.StashKey()
"""On the config: the calibrator that each model is gated with, by the model's name."""

COLLECTOR: pytest.StashKey[Collector] = pytest.StashKey()
"""On the config of the process that sees all reports: what becomes the run."""

ITEMS: pytest.StashKey[ItemSpool] = pytest.StashKey()
"""On the config: the item scores kept so far."""

OUTPUT: pytest.StashKey[Output] = pytest.StashKey()
"""On the config, once the session is over: what was written. Absent when there was nothing to write."""

DISTRIBUTION_WAS_CHOSEN: pytest.StashKey[bool] = pytest.StashKey()
"""On the config: whether the user named a ``--dist`` mode."""

GATE: pytest.StashKey[GateFacts] = pytest.StashKey()
"""On a test item: what gate it is; absent when it is none."""

GATES: pytest.StashKey[int] = pytest.StashKey()
"""On the config, once tests are collected: how many gates there are."""

COUNTED: pytest.StashKey[bool] = pytest.StashKey()
"""On a test item: that it is among those gates; absent on one that becomes a gate only as it runs."""

ATTEMPT: pytest.StashKey[AttemptLog] = pytest.StashKey()
"""On a test item: what its current execution has recorded."""
