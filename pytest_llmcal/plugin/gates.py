"""Which tests are gates, and what is known of one before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from pytest_llmcal.history.merging import NO_MODEL
from pytest_llmcal.plugin.markers import gate_mark
from pytest_llmcal.plugin.parametrization import MODEL_NAME
from pytest_llmcal.plugin.stash import COUNTED, GATE, GATES, SETTINGS

_PREFIX = "llmcal_"


@dataclass(frozen=True)
class GateFacts:
    """What is known of a gate before it runs; the fields are those of ``records.Gate``."""

    suite: str
    name: str
    model: str | None
    task: str | None


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Note on every test that is a gate what gate it is."""
    for item in items:
        if isinstance(item, pytest.Function) and _is_gate(item):
            note_gate(item)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Count the gates that are left to run, in whichever process they run."""
    gates = [item for item in session.items if GATE in item.stash]
    for item in gates:
        item.stash[COUNTED] = True
    session.config.stash[GATES] = len(gates)


def note_gate(item: pytest.Item, *, model: str | None = None, task: str | None = None) -> None:
    """Note what gate a test is, or more of it.

    A test that asks for a fixture by ``request.getfixturevalue`` becomes one late, and neither
    its parameters nor its fixtures' names tell what that fixture does.
    """
    known = item.stash.get(GATE, None) or _facts_of(item)
    item.stash[GATE] = replace(known, model=known.model or model, task=known.task or task)


def _is_gate(item: pytest.Function) -> bool:
    marked = item.get_closest_marker("llmcal") is not None
    return marked or any(name.startswith(_PREFIX) for name in item.fixturenames)


def _facts_of(item: pytest.Item) -> GateFacts:
    """Describe a test as a gate. Nothing is read out of its name: parameters come from pytest itself."""
    fixtures = _fixtures(item)
    callspec = getattr(item, "callspec", None)
    source = item.config.stash[SETTINGS].source_of(gate_mark(item).task)
    return GateFacts(
        suite=_suite(item),
        name=_name(item),
        model=callspec.params.get(MODEL_NAME) if callspec else None,
        task=source if "llmcal_task" in fixtures else None,
    )


def _name(item: pytest.Item) -> str:
    """Return a test's name with its own parameters, as their ids, but without the model's."""
    name = getattr(item, "originalname", None) or item.name
    callspec = getattr(item, "callspec", None)
    ids = list(callspec._idlist) if callspec else []  # one for each parametrize(); joined, they cannot be told apart
    if callspec and MODEL_NAME in callspec.params:
        model = callspec.params[MODEL_NAME] or NO_MODEL
        shown = {model, str(model).encode("unicode_escape").decode("ascii")}  # pytest escapes, unless it is told not to
        own = next((number for number, text in enumerate(ids) if text in shown), None)
        ids = [text for number, text in enumerate(ids) if number != own]
    return f"{name}[{'-'.join(ids)}]" if ids else name


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _suite(item: pytest.Item) -> str:
    """Return the folder of a test's file, or the file itself where it lies in the root."""
    path = item.path
    for root in (item.config.stash[SETTINGS].root, item.config.rootpath):
        if path.is_relative_to(root):
            path = path.relative_to(root)
            break
    return (path if path.parent.name == "" else path.parent).as_posix()
