"""What says how sure a model is, in one test: what a call, a marker or an option names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.markers import gate_mark
from pytest_llmcal.plugin.shelves import AnswerError
from pytest_llmcal.plugin.stash import SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.scoring.confidence import AnyMethod
    from pytest_llmcal.tasks import Items


def confidence_of(
    request: pytest.FixtureRequest, items: Items, given: str | AnyMethod | None = None
) -> AnyMethod | None:
    """Return the confidence method for items; None for running text, which knows only one.

    What the call names counts first, then the marker, then the option, which is for those items alone whose answers
    its method is for.

    Raises
    ------
    AnswerError
        A call or a marker names a method that is unknown, or is for answers of another kind.
    """
    from pytest_llmcal.scoring import ModelError
    from pytest_llmcal.scoring.confidence import create, kind_of, method_for

    option = request.config.stash[SETTINGS].confidence_method
    named = gate_mark(request.node).confidence if given is None else given
    if named is None and option is not None and create(option).kind == kind_of(items):
        named = option
    try:
        return method_for(named, items)
    except ModelError as error:
        raise AnswerError(str(error)) from None
