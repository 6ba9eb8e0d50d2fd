"""Attention among the rows of a batch that lie one behind the other in one long row.

``transformers`` lets a model's attention be replaced by name. Ours gets queries, keys and values of all rows,
and lets each token see what the plan says: those before it whose branch it is in, and a shared beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.plan import Row

NAME = "pytest_llmcal"
"""What the attention is called in ``transformers``."""

Kept = dict[Any, tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of a shared beginning by attention module, each of shape (1, heads, tokens, width of a head)."""


class CannotPackError(Exception):
    """A model's attention does more than ours knows of; the text says what."""


@dataclass
class Layout:
    """Where the rows of a batch lie, and what their tokens may see.

    Attributes
    ----------
    rows : sequence of Row
        One behind the other.
    read : (p,) array of int
        Places of the batch that are read, ascending: the last layer answers for these alone, where
        ``last`` is set.
    kept : dict
        Keys and values of what stands before every row; empty if nothing does.
    wanted : dict or None
        Where to put the keys and values of this batch, if they are to be kept.
    last : module or None
        The attention of the last layer, if its answers are needed only at places that are read.
    """

    rows: Sequence[Row]
    read: np.ndarray
    kept: Kept
    wanted: Kept | None = None
    last: Any = None
    masks: dict[Any, torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edges = np.cumsum([0, *(len(row.tokens) for row in self.rows)])
        self.edges = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        self.stems = [_causal(row) for row in self.rows]

    def mask(self, name: Any, row: Row, queries: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
        """Return what is added to the products of some queries of a row; made once for all layers."""
        if name not in self.masks:
            hidden = torch.from_numpy(~visible(row, queries))
            self.masks[name] = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, -math.inf)
        return self.masks[name]


_layout: ContextVar[Layout | None] = ContextVar("layout", default=None)


@contextmanager
def laid_out(layout: Layout) -> Iterator[None]:
    """Let the attention know of a batch for the span of a ``with`` block."""
    token = _layout.set(layout)
    try:
        yield
    finally:
        _layout.reset(token)


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001  # transformers hands it over
    scaling: float | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attend as the layout says; the function that ``transformers`` calls.

    Parameters
    ----------
    module : torch.nn.Module
        The attention module, one of each layer.
    query : torch.Tensor of shape (1, heads, tokens, width)
    key, value : torch.Tensor of shape (1, heads of keys, tokens, width)
    scaling : float, optional
        Factor of the products; by default one over the square root of the width.

    Returns
    -------
    (torch.Tensor of shape (1, tokens, heads, width), None)
    """
    layout = _layout.get()
    if layout is None:
        raise CannotPackError("attention was called outside of a batch")
    _check(module, others)
    scale = 1 / math.sqrt(query.shape[-1]) if scaling is None else scaling
    if layout.wanted is not None:
        layout.wanted[module] = (key, value)
    by_row = query.device.type == "cpu" and value.shape[-1] == query.shape[-1]
    attend = _attend_by_row if by_row else _attend_padded
    return attend(layout, query, key, value, layout.kept.get(module), scale, only_read=module is layout.last), None


def _check(module: Any, others: dict[str, Any]) -> None:
    unknown = [name for name in ("softcap", "s_aux", "position_bias") if others.get(name) is not None]
    if unknown:
        raise CannotPackError(f"its attention takes {unknown[0]}")
    if getattr(module, "is_causal", True) is False:
        raise CannotPackError("its attention looks ahead")


def visible(row: Row, queries: np.ndarray) -> np.ndarray:
    """Which tokens of a row those at some places see.

    Parameters
    ----------
    row : Row
    queries : (q,) array of int

    Returns
    -------
    (q, tokens) array of bool

    Examples
    --------
    >>> row = Row((1, 2, 7, 9), (0, 1, 2, 2), (4, 4, 3, 4), ())
    >>> visible(row, np.arange(4)).astype(int).tolist()
    [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]
    """
    ends = np.array(row.ends)
    earlier = np.arange(len(ends)) <= queries[:, None]
    return earlier & (queries[:, None] < ends)


def _flash(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scale: float, mask: torch.Tensor | None, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention of the CPU: output, and logarithm of the summed exponentials, of shape (1, heads, queries)."""
    out, total = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        query, key, value, 0.0, causal, attn_mask=mask, scale=scale
    )
    # it comes as (batch, queries, heads) or (batch, heads, queries), by the version of torch
    return out, total if total.shape[1:] == out.shape[1:3] else total.transpose(1, 2)


def _attend_by_row(
    layout: Layout,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    kept: tuple[torch.Tensor, torch.Tensor] | None,
    scale: float,
    *,
    only_read: bool,
) -> torch.Tensor:
    """Attend row by row: nothing is padded, and a stem that all see needs no mask."""
    if not only_read:
        return _by_row(layout, query, key, value, kept, scale, only_read=False).transpose(1, 2)
    places = torch.from_numpy(layout.read)
    out = torch.empty_like(query.transpose(1, 2))
    found = _by_row(layout, query[:, :, places], key, value, kept, scale, only_read=True)
    out[:, places] = found.transpose(1, 2)
    return out


def _by_row(
    layout: Layout,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    kept: tuple[torch.Tensor, torch.Tensor] | None,
    scale: float,
    *,
    only_read: bool,
) -> torch.Tensor:
    """Attend row by row; with ``only_read`` the queries are those of the places that are read."""
    out = torch.empty_like(query.transpose(1, 2)).transpose(1, 2)
    totals = query.new_empty(query.shape[:3], dtype=torch.promote_types(query.dtype, torch.float32))
    for number, (begin, end) in enumerate(layout.edges):
        keys, values = key[:, :, begin:end], value[:, :, begin:end]
        for part, mask in _parts(layout, number, query.dtype, only_read=only_read):
            seen = part.stop - part.start if mask is None else end - begin
            found, total = _flash(query[:, :, part], keys[:, :, :seen], values[:, :, :seen], scale, mask, mask is None)
            out[:, :, part], totals[:, :, part] = found, total
    return out if kept is None else _joined(out, totals, *_flash(query, *kept, scale, None, False))


def _joined(out: torch.Tensor, total: torch.Tensor, other: torch.Tensor, other_total: torch.Tensor) -> torch.Tensor:
    """Attention over two sets of keys, from the attention over each."""
    weight = torch.sigmoid(other_total - total).to(out.dtype)[..., None]
    return torch.lerp(out, other, weight)


def _parts(
    layout: Layout, number: int, dtype: torch.dtype, *, only_read: bool
) -> Iterator[tuple[slice, torch.Tensor | None]]:
    """Which queries of a row go together, and their mask; None for the stem, which is causal."""
    begin, end = layout.edges[number]
    row = layout.rows[number]
    if only_read:
        low, high = np.searchsorted(layout.read, (begin, end)).tolist()
        yield slice(low, high), layout.mask(("read", number), row, layout.read[low:high] - begin, dtype)
        return
    stem = layout.stems[number]
    if stem:
        yield slice(begin, begin + stem), None
    if stem < end - begin:
        yield slice(begin + stem, end), layout.mask(number, row, np.arange(stem, end - begin), dtype)


_LONG = 1_024
"""Tokens from which on a row is long."""


def _causal(row: Row) -> int:
    """How many tokens at the beginning of a row attend by themselves, without a mask.

    All later ones see them, and they are half of the row at most: the causal kernel computes what lies above
    the diagonal too, in blocks of 32, and half the keys halve that (a sixth of the time at 135 tokens). The mask
    of the other half of a long row would take more memory than all else.
    """
    length = len(row.ends)
    stem = next((place for place, end in enumerate(row.ends) if end != length), length)
    return stem if length > _LONG else min(stem, 32 * round(length / 64))


def _attend_padded(
    layout: Layout,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    kept: tuple[torch.Tensor, torch.Tensor] | None,
    scale: float,
    *,
    only_read: bool,  # noqa: ARG001  # what is not read costs little here
) -> torch.Tensor:
    """Attend as a padded batch of rows with one mask, which every device can."""
    heads = query.shape[1]
    places, mask = _padding(layout, query, 0 if kept is None else kept[0].shape[2])
    padded_query, padded_key, padded_value = (_as_rows(each, places) for each in (query, key, value))
    if kept is not None:
        padded_key, padded_value = (
            torch.cat((before.expand(len(layout.rows), -1, -1, -1), own), dim=2)
            for before, own in zip(kept, (padded_key, padded_value), strict=True)
        )
    if padded_key.shape[1] != heads:
        times = heads // padded_key.shape[1]
        padded_key, padded_value = (each.repeat_interleave(times, dim=1) for each in (padded_key, padded_value))
    found = torch.nn.functional.scaled_dot_product_attention(
        padded_query, padded_key, padded_value, attn_mask=mask, scale=scale
    )
    out = query.new_empty(query.shape[2], heads, found.shape[-1])
    flat = found.transpose(1, 2).flatten(0, 1)
    inside = layout.masks["inside"]
    out[places.flatten()[inside]] = flat[inside]
    return out[None]


def _as_rows(each: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    return each[0, :, places].transpose(0, 1)


def _padding(layout: Layout, query: torch.Tensor, before: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Place of every cell of the padded batch, and its mask of shape (rows, 1, width, before + width)."""
    if "padded" not in layout.masks:
        width = max(end - begin for begin, end in layout.edges)
        places = np.zeros((len(layout.rows), width), dtype=np.int64)
        inside = np.zeros((len(layout.rows), width), dtype=bool)
        seen = np.zeros((len(layout.rows), 1, width, before + width), dtype=bool)
        seen[..., 0] = True  # cells of the padding see something, so that nothing is divided by zero
        for number, (begin, end) in enumerate(layout.edges):
            length = end - begin
            places[number, :length] = np.arange(begin, end)
            inside[number, :length] = True
            own = seen[number, 0, :length]
            own[:, :before], own[:, before:] = True, False
            own[:, before : before + length] = visible(layout.rows[number], np.arange(length))
        layout.masks["places"] = torch.from_numpy(places).to(query.device)
        layout.masks["inside"] = torch.from_numpy(np.flatnonzero(inside)).to(query.device)
        layout.masks["padded"] = torch.from_numpy(seen).to(query.device)
    return layout.masks["places"], layout.masks["padded"]
