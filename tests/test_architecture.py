"""Imports go only downward, and heavy packages are imported only where they belong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_llmcal

PACKAGE = Path(pytest_llmcal.__file__).parent

# From the doors down to the ground; a room may import from itself and from rows below its own.
ROWS = [
    {"plugin", "cli"},
    {"report"},
    {"scoring", "calibrators", "history", "strategies"},
    {"scores", "records"},
    {"measurement"},
    {"statistics", "world"},
    {"metrics", "tasks", "charts"},
]
LEVEL = {room: len(ROWS) - row for row, rooms in enumerate(ROWS) for room in rooms}

# Packages that are slow to import, and the only modules that may.
HEAVY = {
    "torch": {"scoring", "world.train", "calibrators.distillation"},
    "transformers": {"scoring", "world.train", "calibrators.distillation"},
    "pytest": {"plugin"},
    "httpx": {"scoring.servers"},  # of an extra
    "tenacity": {"scoring.servers"},  # likewise
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if name != "__init__":  # the public names are imported lazily, from every room
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def upward(module: str, target: str) -> bool:
    here = module.partition(".")[0]
    there = target.removeprefix("pytest_llmcal.").partition(".")[0]
    return here != there and LEVEL[there] >= LEVEL[here]


CASES = list(modules())


@pytest.mark.parametrize(("module", "tree"), CASES, ids=[name for name, _ in CASES])
def test_a_room_imports_only_from_rooms_further_down(module: str, tree: ast.Module) -> None:
    assert module.partition(".")[0] in LEVEL, f"{module} stands in no room of docs/architecture.md"
    own = [target for target in imported(tree) if target.startswith("pytest_llmcal.")]
    assert [target for target in own if upward(module, target)] == []


@pytest.mark.parametrize(("module", "tree"), CASES, ids=[name for name, _ in CASES])
def test_heavy_packages_are_imported_only_in_their_rooms(module: str, tree: ast.Module) -> None:
    for target in imported(tree):
        allowed = HEAVY.get(target.partition(".")[0])
        if allowed is not None:
            assert any(module == room or module.startswith(f"{room}.") for room in allowed), (
                f"{module} imports {target}"
            )


def test_the_check_sees_an_upward_import() -> None:
    assert upward("metrics.binning", "pytest_llmcal.scores.Scores")
    assert upward("tasks.items", "pytest_llmcal.metrics.binning")
    assert not upward("scores", "pytest_llmcal.metrics.binning")
