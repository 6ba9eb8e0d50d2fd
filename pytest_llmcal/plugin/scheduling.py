"""The scheduler that keeps each model on one worker of pytest-xdist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from xdist.scheduler import (  # type: ignore[import-untyped,import-not-found,unused-ignore]  # untyped, or absent
    LoadScheduling,
    LoadScopeScheduling,
)

from pytest_llmcal.plugin.gates import GateFacts


class ModelScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Gives all gates of one model to one worker; every other test is distributed by itself."""

    def __init__(self, config: pytest.Config, log: Any, planned: Mapping[str, GateFacts]) -> None:
        super().__init__(config, log)
        self._planned = planned

    def _split_scope(self, nodeid: str) -> str:
        gate = self._planned.get(nodeid)
        return f"test {nodeid}" if gate is None or gate.model is None else f"model {gate.model}"

    def remove_node(self, node: Any) -> str | None:
        """Take a dead worker out without giving the test that killed it to the next one."""
        killer = None
        for unit in self.assigned_work[node].values():
            for nodeid, is_complete in unit.items():
                if not is_complete and killer is None:
                    killer = str(nodeid)
                    unit[nodeid] = True
        super().remove_node(node)
        return killer


class DeferredScheduling:
    """Decides between pytest-xdist's own scheduler and ours when the tests are known.

    pytest-xdist asks for a scheduler before the first test is collected, and a run
    without gates must be distributed as if this plugin were not there.
    """

    def __init__(self, config: pytest.Config, log: Any, planned: Mapping[str, GateFacts]) -> None:
        self._plain = LoadScheduling(config, log)
        self._by_model = ModelScheduling(config, log, planned)
        self._planned = planned
        self._chosen: LoadScheduling | ModelScheduling | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chosen or self._plain, name)

    def add_node(self, node: Any) -> None:
        """Take a worker in."""
        for scheduler in self._candidates():
            scheduler.add_node(node)

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Take in what a worker collected."""
        for scheduler in self._candidates():
            scheduler.add_node_collection(node, collection)

    def remove_node(self, node: Any) -> str | None:
        """Take a worker out; return the test that it died in."""
        killers = [scheduler.remove_node(node) for scheduler in self._candidates()]
        return killers[0]

    def schedule(self) -> None:
        """Decide at the first call, then distribute."""
        if self._chosen is None:
            has_models = any(gate.model is not None for gate in self._planned.values())
            self._chosen = self._by_model if has_models else self._plain
        self._chosen.schedule()

    def _candidates(self) -> list[LoadScheduling | ModelScheduling]:
        return [self._plain, self._by_model] if self._chosen is None else [self._chosen]
