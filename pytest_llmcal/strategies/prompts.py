"""Strategies for changes of prompts that must not matter, and how a gate looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from pytest_llmcal.tasks import Items, Task, load_task
from pytest_llmcal.tasks.changes import SENTENCES, Given, Label, PromptChange, Step, Swap, offered
from pytest_llmcal.tasks.changes.offers import checked_kinds

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def prompt_changes(
    task: Task | Items | str | Path,
    kinds: Sequence[str] | None = None,
    *,
    most: int = 5,
    templates: Sequence[str] = (),
    labels: Mapping[str, Sequence[str]] | None = None,
    sentences: Sequence[str] = SENTENCES,
) -> SearchStrategy[PromptChange]:
    """Draw changes of a task's prompts that must not matter, of one step or a few.

    What can be changed about the task is offered, and nothing else. A change shrinks to fewer steps first, then to
    plainer ones: in the order of the kinds below, and to the swap of earlier choices.

    Parameters
    ----------
    task : Task, Items, str or Path
        What is changed; a name or a file is loaded when the first change is drawn, and of a task its test split.
    kinds : sequence of str, optional
        Some of ``"order"`` (of choices, where the prompt lists them), ``"letters"`` (what options are called),
        ``"labels"`` (the words for a choice), ``"white_space"``, ``"casing"``, ``"template"`` and ``"preface"`` (a
        sentence in front). All by default.
    most : int
        Most steps of a change. With more of them each look tries more at once, and what is found has further to shrink.
    templates : sequence of str
        Other templates for the prompt; needed where it shows more than a question and its options.
    labels : mapping of str to sequence of str, optional
        Other words for a choice: ``{"positive": ["good", "favourable"]}``.
    sentences : sequence of str
        What may stand in front.

    Raises
    ------
    TaskError
        If a kind is unknown; or, at the first draw, if none of the changes can be made to this task.

    Examples
    --------
    >>> from hypothesis import find
    >>> print(find(prompt_changes("world/qa"), lambda change: True))
    a space stands in front
    """
    asked = checked_kinds(kinds)
    given = Given(templates, labels or {}, sentences)

    def drawn() -> SearchStrategy[PromptChange]:
        steps = st.one_of([st.sampled_from(each) for each in offered(_items(task), asked, given).values()])
        return st.lists(steps, min_size=1, max_size=most).map(_change)

    return st.deferred(drawn)


def looks(count: int) -> settings:
    """Return the settings of a gate that looks at so many changes: a decorator above ``@given``.

    The same changes are drawn in every run, none is kept in a database, no time limit is set, and the fixtures of
    the test serve all of them. The search stops at the first change that breaks the model, and shrinks it.

    Parameters
    ----------
    count : int
        How many changes are drawn; ``score.unmoved_by`` shares the error rate of the test among them.
    """
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
    )


def _items(task: Task | Items | str | Path) -> Items:
    if isinstance(task, Items):
        return task
    return task.test if isinstance(task, Task) else load_task(task).test


def _change(drawn: Sequence[Step]) -> PromptChange:
    """Make a change of the first step of each family.

    Steps are not drawn as a list without repeats: there, what a draw means depends on the draws before
    it, and a change of two steps may not shrink to its second.
    """
    first: dict[object, Step] = {}
    for step in drawn:
        first.setdefault(_family(step), step)
    return PromptChange(tuple(first.values()))


def _family(step: Step) -> object:
    """Return what a change has at most one of: each swap, each label, one value of any other family."""
    if isinstance(step, Label):
        return step.old
    return step if isinstance(step, Swap) else type(step)
