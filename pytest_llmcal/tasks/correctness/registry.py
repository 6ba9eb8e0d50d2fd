"""Correctness by name, with an argument behind a colon and a threshold behind it all."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pytest_llmcal.tasks.correctness.arithmetic import last_number
from pytest_llmcal.tasks.correctness.exact import exact_match
from pytest_llmcal.tasks.correctness.judgement import judged
from pytest_llmcal.tasks.correctness.overlap import contains, token_f1
from pytest_llmcal.tasks.correctness.text_scores import bleu, chrf, rouge
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem

Correctness = Callable[[str, OpenItem], float]
"""From an answer and its item to how right it is, from 0 to 1."""

Judge = Callable[[Sequence[str], Sequence[OpenItem]], Sequence[float]]
"""The same of many answers at once."""

ENTAILMENT = "entailment"
"""Family whose members need a model, ``"entailment:MODEL"``: `scoring` brings it."""

JUDGED = "judged"
"""That which people, or a given score, said of an answer."""

_OF_REFERENCES: dict[str, Correctness] = {
    "bleu": bleu,
    "chrf": chrf,
    "contains": contains,
    "exact_match": exact_match,
    "last_number": last_number,
    "rouge1": rouge("rouge1"),
    "rouge2": rouge("rouge2"),
    "rougeL": rouge("rougeL"),
    "token_f1": token_f1,
}
_KNOWN: dict[str, Correctness] = {**_OF_REFERENCES, JUDGED: judged}

_WRITTEN = re.compile(r"(?P<name>.*?)(?:\s*>=\s*(?P<least>[^>=]*))?", re.DOTALL)


def names() -> tuple[str, ...]:
    """Return the names of the correctness functions, sorted."""
    return tuple(sorted(_KNOWN))


def allowed() -> str:
    """Say what a correctness may be."""
    return (
        f"{', '.join(names())}, {ENTAILMENT}:MODEL and package.module:function, each also with a threshold: chrf>=0.6"
    )


def correctness(name: str) -> Correctness:
    """Return the function that judges one answer.

    Parameters
    ----------
    name : str
        One of `names`, or ``"package.module:function"`` for one of your own, which takes an answer and its `OpenItem`.
        Behind it ``>=`` and a number above 0 and up to 1 may stand: what reaches it is right, all else is wrong.

    Returns
    -------
    callable

    Raises
    ------
    TaskError
        There is none of this name; those that there are are named.

    Examples
    --------
    >>> item = OpenItem("1", "Which river runs through Cairo?", ("the Nile",))
    >>> correctness("token_f1")("river Nile", item), correctness("token_f1 >= 0.8")("river Nile", item)
    (0.6666666666666666, 0.0)
    """
    judge = judge_of(name)
    return lambda text, item: judge([text], [item])[0]


def judge_of(name: str, families: Mapping[str, Callable[[str], Judge]] = MappingProxyType({})) -> Judge:
    """Return the function that judges answers.

    Parameters
    ----------
    name : str
        As for `correctness`; or ``"family:argument"``.
    families : mapping of str to callable
        For each family that is known besides, how a judge is made of an argument.

    Returns
    -------
    callable
        From answers and their items to a list of numbers from 0 to 1.

    Raises
    ------
    TaskError
        There is none of this name. When judging: an item has no reference where one is needed, or what comes out is no
        number from 0 to 1; the item is named.
    """
    plain, least = split_threshold(name)
    family, colon, argument = plain.partition(":")
    if colon and family in families:
        judge = families[family](argument)
    elif plain in _KNOWN:
        judge = _one_by_one(_KNOWN[plain])
    elif colon and family != ENTAILMENT:
        judge = _one_by_one(_own(plain))
    else:
        raise TaskError(f"unknown correctness {name!r}; allowed are {allowed()}")

    def judging(texts: Sequence[str], items: Sequence[OpenItem]) -> list[float]:
        if plain in _OF_REFERENCES or family == ENTAILMENT:
            _check_references(plain, items)
        found = [_checked(value, plain, item) for value, item in zip(judge(texts, items), items, strict=True)]
        return found if least is None else [float(value >= least) for value in found]

    return judging


def split_threshold(name: str) -> tuple[str, float | None]:
    """Part a correctness from its threshold.

    Raises
    ------
    TaskError
        The threshold is no number above 0 and up to 1, or the name cannot be one.

    Examples
    --------
    >>> split_threshold("chrf>=0.6"), split_threshold("judged")
    (('chrf', 0.6), ('judged', None))
    """
    found = _WRITTEN.fullmatch(name)
    plain, stated = (found["name"], found["least"]) if found else (name, None)
    if plain not in _KNOWN and not re.fullmatch(r"[^:]+:.+", plain):
        raise TaskError(f"unknown correctness {name!r}; allowed are {allowed()}")
    if stated is None:
        return plain, None
    try:
        least = float(stated)
    except ValueError:
        least = 0.0
    if not 0.0 < least <= 1.0:
        raise TaskError(f"correctness {name!r}: the threshold is {stated!r}; allowed is a number above 0 and up to 1")
    return plain, least


def name_of(function: Callable[..., Any]) -> str:
    """Return the name by which a function of a module is found again, in another process too.

    Raises
    ------
    TaskError
        It is not found by its name: a lambda, or a function inside another.
    """
    name = f"{getattr(function, '__module__', None)}:{getattr(function, '__qualname__', None)}"
    try:
        if _own(name) is function:
            return name
    except TaskError:
        pass
    raise TaskError(f"correctness {function!r} is not found again as {name!r}; allowed is a function of a module")


def _own(name: str) -> Correctness:
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise TaskError(
            f"correctness {name!r} is not there: {error}; besides package.module:function, allowed are {allowed()}"
        ) from None
    if not callable(found):
        raise TaskError(f"correctness {name!r} is {found!r}; a function of an answer and its item is needed")
    own: Correctness = found
    return own


def _one_by_one(function: Correctness) -> Judge:
    return lambda texts, items: [function(text, item) for text, item in zip(texts, items, strict=True)]


def _check_references(name: str, items: Sequence[OpenItem]) -> None:
    for item in items:
        if not item.references:
            raise TaskError(f"item {item.id!r}: correctness {name!r} compares with a reference, and there is none")


def _checked(value: object, name: str, item: OpenItem) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # what a function of the user's returns may be anything
    except (TypeError, ValueError):
        number = -1.0
    if not 0.0 <= number <= 1.0:  # also false for NaN
        raise TaskError(f"item {item.id!r}: correctness {name!r} gave {value!r}; allowed is a number from 0 to 1")
    return number
