"""Which bin a confidence falls into.

Bins are uniform and right-closed, ((m-1)/B, m/B], as Naeini et al. (2015) and Guo et
al. (2017) define them; the first one holds zero too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
IndexArray = npt.NDArray[np.intp]
# What was right, 0 or 1, or the true probability that it is.
Answers = npt.NDArray[np.bool_] | npt.NDArray[np.integer] | npt.NDArray[np.floating]

# Small enough that a chunk and its temporaries stay in the processor's second-level cache.
CHUNK = 1 << 15
# Places that 16 bits tell apart. With fewer than 2^8 a bin, too many items would be next to an edge.
_PLACES = (1 << 16) - 1
_LEAST_SHIFT = 8


def uniform_edges(bins: int) -> npt.NDArray[np.float64]:
    """Return the ``bins + 1`` edges from zero to one.

    Each is the double nearest to m/B, as a literal is. ``np.linspace`` multiplies
    rounded steps instead and misses the doubles 0.3, 0.6 and 0.7 of B = 10.

    Examples
    --------
    >>> uniform_edges(10)[3] == 0.3
    np.True_
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"bins must be a whole number of at least one, got {bins!r}")
    return np.arange(bins + 1) / bins


def uniform_bins(confidence: FloatArray, bins: int = 15) -> IndexArray:
    """Return the index of each confidence's bin.

    Edges are rounded to the dtype of the confidences before they are compared, so
    that 0.3 stands on the edge 3/10 in float16 and float32 as it does in float64:
    the dtype never moves an item to another bin.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; not checked here.
    bins : int
        Number of bins.

    Returns
    -------
    array of shape (n,)
        Indices from 0 to ``bins - 1``.

    Examples
    --------
    >>> uniform_bins(np.array([0.0, 0.3, 0.31, 1.0]), bins=10).tolist()
    [0, 2, 3, 9]
    """
    lower = uniform_edges(bins).astype(confidence.dtype)
    lower[0] = -1.0  # nothing lies at or below the first bin's lower edge: it holds zero too
    shift = (_PLACES // bins).bit_length() - 1
    if confidence.dtype.itemsize < 4 or shift < _LEAST_SHIFT:
        return _by_edges(confidence, lower)
    # Each bin has 2^shift places. An item lies in the bin of its place unless that is the last before an edge or
    # the first after one; rounding is much less than a place. Nothing parts zero and one from the bins they end.
    place = (confidence * confidence.dtype.type(bins << shift)).astype(np.uint16)
    np.clip(place, 1, (bins << shift) - 2, out=place)
    near = np.flatnonzero((place + 1) & ((1 << shift) - 1) < 2)
    if len(near) > len(place) // 8:
        return _by_edges(confidence, lower)
    index: IndexArray = (place >> shift).astype(np.intp)
    index[near] = _by_edges(confidence[near], lower)
    return index


def _by_edges(confidence: FloatArray, lower: FloatArray) -> IndexArray:
    """Return what ``uniform_bins`` does, holding every confidence against its bin's lower edge."""
    # The product rounds to at least m for everything above edge m, so one step down is all that can be needed.
    index: IndexArray = (confidence * confidence.dtype.type(len(lower) - 1)).astype(np.intp)
    index -= confidence <= lower.take(index)
    return index


def chunks(n: int) -> Iterator[slice]:
    """Cut ``n`` items into slices, so that temporaries stay small whatever ``n`` is."""
    for start in range(0, n, CHUNK):
        yield slice(start, start + CHUNK)
