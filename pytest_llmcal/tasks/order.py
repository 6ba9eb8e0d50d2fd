"""Items in an order that their seed and ids alone decide."""

from __future__ import annotations

import hashlib

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import AnyItem, Items


def in_random_order(items: Items, seed: int, clusters: str | None = None) -> list[tuple[AnyItem, ...]]:
    """Return the items in a random order, those of one cluster together.

    The order of two items depends on the seed and their ids, and not on other items, so it stays as a task grows.

    Parameters
    ----------
    items : Items
        What is put in order.
    seed : int
        Another seed gives another order.
    clusters : str, optional
        Attribute whose groups stay together, for instance ``"passage"``; without it every item goes by itself.

    Returns
    -------
    list of tuple
        One tuple a cluster; items of one cluster keep their old order.

    Raises
    ------
    TaskError
        If an item does not carry the attribute; the text names it.
    """
    units: dict[str, list[AnyItem]] = {}
    for item in items:
        units.setdefault(item.id if clusters is None else _cluster(item, clusters), []).append(item)
    return [tuple(units[name]) for name in sorted(units, key=lambda name: _place(name, seed))]


def _cluster(item: AnyItem, attribute: str) -> str:
    if attribute not in item.groups:
        there = ", ".join(sorted(item.groups)) or "none"
        raise TaskError(f"item {item.id!r} carries no attribute {attribute!r}; those it carries: {there}")
    return item.groups[attribute]


def _place(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0order\0{name}".encode()).digest()
