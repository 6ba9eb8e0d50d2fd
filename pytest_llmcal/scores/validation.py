"""Checks of what users hand in: each error names the first offender and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.metrics.bins import BINNINGS, Binning
from pytest_llmcal.metrics.graded import is_graded
from pytest_llmcal.scores.errors import ScoresError

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.intp]

# How far a row of probabilities may be from one: what rounding to the dtype explains, and no more.
_SUM_TOLERANCE = {2: 1e-3, 4: 1e-4, 8: 1e-6}


def checked_confidence(values: Any) -> FloatArray:
    """Return confidences as floats of their own precision, within [0, 1]."""
    array = _array("confidence", values, dimensions=1)
    if array.dtype == np.bool_:
        raise ScoresError("confidence is boolean; were confidence and correct swapped? Allowed are numbers from 0 to 1")
    confidence = _floats("confidence", array, dimensions=1)
    _refuse_outside_zero_to_one("confidence", confidence)
    return confidence


def checked_correct(values: Any, n: int) -> Mask | npt.NDArray[np.float64]:
    """Return correctness as booleans where all are 0/1 or True/False, else in double precision, from 0 to 1."""
    array = _array("correct", values, dimensions=1)
    _same_length("correct", len(array), n)
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "iuf":
        raise ScoresError(f"correct holds {_kind(array)}; allowed is 0 (wrong) to 1 (right)")
    _refuse_first("correct", array, ~((array >= 0) & (array <= 1)), "allowed is 0 (wrong) to 1 (right)")
    return plainest(array.astype(np.float64))


def plainest(correct: Mask | npt.NDArray[np.float64]) -> Mask | npt.NDArray[np.float64]:
    """Return correctness as booleans where no answer is graded: the same values are the same scores."""
    return correct if is_graded(correct) else np.asarray(correct == 1)


def checked_probabilities(values: Any, name: str = "probabilities") -> FloatArray:
    """Return an (n, k) array whose rows are probabilities that sum to one."""
    probabilities = _floats(name, values, dimensions=2)
    _refuse_outside_zero_to_one(name, probabilities)
    sums = probabilities.sum(axis=1, dtype=np.float64)
    tolerance = _SUM_TOLERANCE[probabilities.dtype.itemsize]
    off = np.abs(sums - 1.0) > tolerance
    if off.any():
        row = int(off.argmax())
        raise ScoresError(
            f"{name}[{row}] sums to {sums[row]:.6g}; a row must sum to one within {tolerance:g} "
            f"({probabilities.dtype}). Logits go to Scores.from_logits"
        )
    return probabilities


def checked_logits(values: Any) -> FloatArray:
    """Return an (n, k) array of reals; minus infinity marks a choice that is not there."""
    logits = _floats("logits", values, dimensions=2)
    if np.isfinite(logits.min()) and np.isfinite(logits.max()):  # the rule, and found without temporaries
        return logits
    _refuse_first("logits", logits, np.isnan(logits) | (logits == np.inf), "allowed are numbers and -inf for no choice")
    few = np.isfinite(logits).sum(axis=1) < 2
    if few.any():
        row = int(few.argmax())
        raise ScoresError(
            f"logits[{row}] has {np.isfinite(logits[row]).sum()} finite values; an item needs at least two"
        )
    return logits


def checked_labels(values: Any, n: int, choices: int) -> Labels:
    """Return the index of each item's right choice."""
    array = _array("labels", values, dimensions=1)
    _same_length("labels", len(array), n)
    if array.dtype == np.bool_ and choices != 2:
        raise ScoresError(f"labels are boolean, but there are {choices} choices; give the index of the right one")
    if array.dtype.kind not in "iufb":
        raise ScoresError(f"labels hold {_kind(array)}; allowed are indices from 0 to {choices - 1}")
    if array.dtype.kind == "f":
        _refuse_first("labels", array, array != np.floor(array), f"allowed are whole numbers from 0 to {choices - 1}")
    allowed = f"allowed are indices from 0 to {choices - 1} for {choices} choices"
    _refuse_first("labels", array, (array < 0) | (array >= choices), allowed)
    return array.astype(np.intp)


def checked_present(logits: FloatArray, labels: Labels) -> None:
    """Refuse a right answer that is not among the choices of its item."""
    absent = ~np.isfinite(logits[np.arange(len(labels)), labels])
    if absent.any():
        row = int(absent.argmax())
        raise ScoresError(
            f"labels[{row}] is {labels[row]}, but logits[{row}] is -inf there: that item has no such choice"
        )


def checked_truth(values: Any, shape: tuple[int, ...]) -> FloatArray:
    """Return true probabilities of the same shape as the model's."""
    truth = checked_probabilities(values, "truth")
    if truth.shape != shape:
        raise ScoresError(f"truth has shape {truth.shape}, the choices have {shape}")
    return truth


def checked_ids(values: Sequence[str] | None, n: int) -> tuple[str, ...] | None:
    """Return ids as a tuple of different strings."""
    if values is None:
        return None
    ids = tuple(values)
    _same_length("ids", len(ids), n)
    seen: dict[str, int] = {}
    for index, identity in enumerate(ids):
        if not isinstance(identity, str):
            raise ScoresError(f"ids[{index}] is {identity!r}; an id is a string")
        if identity in seen:
            raise ScoresError(f"ids[{seen[identity]}] and ids[{index}] are both {identity!r}; ids must be unique")
        seen[identity] = index
    return ids


def checked_groups(values: Mapping[str, Sequence[str]] | None, n: int) -> Mapping[str, tuple[str, ...]]:
    """Return groups as one tuple of strings for each attribute."""
    named = {
        attribute: _names(f"groups[{attribute!r}]", members, n, "a group is named by a string")
        for attribute, members in (values or {}).items()
    }
    return MappingProxyType(named)


def checked_clusters(values: Sequence[str] | None, n: int) -> tuple[str, ...] | None:
    """Return the cluster of each item."""
    return None if values is None else _names("clusters", values, n, "a cluster is named by a string")


def checked_answers(values: Sequence[str] | None, n: int) -> tuple[str, ...] | None:
    """Return what was answered to each item."""
    return None if values is None else _names("answers", values, n, "an answer is a string, perhaps an empty one")


def _names(name: str, values: Sequence[str], n: int, allowed: str) -> tuple[str, ...]:
    if isinstance(values, str):
        raise ScoresError(f"{name} is the string {values!r}; it must hold one string per item")
    names = tuple(values)
    _same_length(name, len(names), n)
    for index, member in enumerate(names):
        if not isinstance(member, str):
            raise ScoresError(f"{name}[{index}] is {member!r}; {allowed}")
    return names


def _array(name: str, values: Any, dimensions: int) -> npt.NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ScoresError(f"{name} has masked entries; leave out items that were not scored, or give their values")
    try:
        array = np.asarray(values)
    except ValueError as error:  # ragged rows
        raise ScoresError(f"{name} is no array: {error}") from None
    if array.ndim != dimensions:
        wanted = "one number per item, shape (n,)" if dimensions == 1 else "one row per item, shape (n, choices)"
        raise ScoresError(f"{name} has shape {array.shape}; it must hold {wanted}")
    if len(array) == 0:
        raise ScoresError(f"{name} is empty; scores need at least one item")
    if dimensions == 2 and array.shape[1] < 2:
        raise ScoresError(f"{name} has {array.shape[1]} choices a row; an item needs at least two")
    return array


def _floats(name: str, values: Any, dimensions: int) -> FloatArray:
    """Return numbers as float16, float32 or float64, whichever they came in."""
    array = _array(name, values, dimensions)
    if array.dtype.kind not in "iuf":
        raise ScoresError(f"{name} holds {_kind(array)}; allowed are numbers")
    if array.dtype.kind != "f" or array.dtype.itemsize > 8 or not array.dtype.isnative:
        return array.astype(np.float64)
    return array


def _kind(array: npt.NDArray[Any]) -> str:
    first = array.flat[0]
    return f"values of type {type(first.item() if isinstance(first, np.generic) else first).__name__}"


def _same_length(name: str, length: int, n: int) -> None:
    if length != n:
        raise ScoresError(f"{name} has {length} entries for {n} items")


def _refuse_outside_zero_to_one(name: str, array: FloatArray) -> None:
    # Extremes need no temporaries of the array's size, and NaN passes through them into a comparison that fails.
    if not (array.min() >= 0 and array.max() <= 1):
        _refuse_first(name, array, ~((array >= 0) & (array <= 1)), "allowed is 0 to 1")


def _refuse_first(name: str, array: npt.NDArray[Any], refused: Mask, allowed: str) -> None:
    if refused.any():
        place = tuple(int(i) for i in np.unravel_index(int(refused.argmax()), refused.shape))
        where = "".join(f"[{i}]" for i in place)
        raise ScoresError(f"{name}{where} is {array[place]}; {allowed}")


def checked_bins(bins: int) -> int:
    """Return a number of bins of at least one."""
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ScoresError(f"bins must be a whole number of at least one, got {bins!r}")
    return int(bins)


def checked_min_items(items: int) -> int:
    """Return a least number of items of at least one."""
    if isinstance(items, bool) or not isinstance(items, (int, np.integer)) or items < 1:
        raise ScoresError(f"min_items must be a whole number of at least one, got {items!r}")
    return int(items)


def checked_binning(binning: Binning) -> Binning:
    """Return a way to make bins that is known."""
    if binning not in BINNINGS:
        raise ScoresError(f"binning must be one of {', '.join(map(repr, BINNINGS))}, got {binning!r}")
    return binning


def checked_share(name: str, share: float, *, above_zero: bool = False) -> float:
    """Return a share, from 0 to 1."""
    if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0.0 <= share <= 1.0:
        raise ScoresError(f"{name} must be a number from 0 to 1, got {share!r}")
    if above_zero and share == 0.0:
        raise ScoresError(f"{name} must be above 0: of no answers nothing can be said")
    return float(share)


def checked_clip(clip: float | None) -> float | None:
    """Return the least probability that is counted, or None."""
    if clip is None:
        return None
    if isinstance(clip, bool) or not isinstance(clip, (int, float, np.number)) or not 0.0 < clip <= 0.5:
        raise ScoresError(f"clip must be a probability above 0 and at most 0.5, or None to clip nothing, got {clip!r}")
    return float(clip)


def checked_level(level: float) -> float:
    """Return the level of an interval, strictly between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise ScoresError(f"confidence must lie between 0 and 1, got {level!r}")
    return float(level)
