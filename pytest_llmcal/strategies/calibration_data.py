"""Strategies for confidences, logits, groups and whole scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_llmcal.scores import Scores

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Array = npt.NDArray[np.float64]

# Edges of 10, 15 and 20 uniform bins, zero and one among them.
_EDGES = sorted({step / bins for bins in (10, 15, 20) for step in range(bins + 1)})


@st.composite
def confidences(draw: DrawFn, *, min_size: int = 1, max_size: int = 200) -> Array:
    """Draw confidences of shape (n,) within [0, 1].

    Any floats, edges of bins, or few levels with many ties, as verbalised confidences have.

    Parameters
    ----------
    min_size, max_size : int
        Bounds of n.
    """
    anything = st.floats(0.0, 1.0)
    levels = draw(
        st.one_of(
            st.just(anything),
            st.just(st.sampled_from(_EDGES)),
            st.lists(anything, min_size=1, max_size=5).map(st.sampled_from),
        )
    )
    size = draw(st.integers(min_size, max_size))
    return draw(arrays.arrays(np.float64, size, elements=levels))


@st.composite
def logits(draw: DrawFn, *, min_size: int = 1, max_size: int = 50, max_choices: int = 6, ragged: bool = True) -> Array:
    """Draw logits of shape (n, k).

    Parameters
    ----------
    min_size, max_size : int
        Bounds of n.
    max_choices : int
        Most choices k; at least two are drawn.
    ragged : bool
        Whether items may have fewer choices than k: the last ones of a row are then -inf.
    """
    n, k = draw(st.integers(min_size, max_size)), draw(st.integers(2, max_choices))
    values = draw(arrays.arrays(np.float64, (n, k), elements=st.floats(-50.0, 50.0)))
    if ragged:
        choices = draw(arrays.arrays(np.intp, n, elements=st.integers(2, k)))
        values[np.arange(k) >= choices[:, None]] = -np.inf
    return values


@st.composite
def labels(draw: DrawFn, given_logits: Array) -> npt.NDArray[np.intp]:
    """Draw the index of a right choice for each row of logits, always one that the item has."""
    choices = np.isfinite(given_logits).sum(axis=1)
    return np.array([draw(st.integers(0, int(most) - 1)) for most in choices], dtype=np.intp)


@st.composite
def probabilities(draw: DrawFn, *, min_size: int = 1, max_size: int = 50, max_choices: int = 6) -> Array:
    """Draw probability rows of shape (n, k), each summing to one; certainty and absent choices occur."""
    values = draw(logits(min_size=min_size, max_size=max_size, max_choices=max_choices))
    weights = np.exp(values - values.max(axis=1, keepdims=True))
    rows: Array = weights / weights.sum(axis=1, keepdims=True)
    return rows


@st.composite
def groups(draw: DrawFn, size: int, *, names: Sequence[str] = ("north", "south", "east")) -> tuple[str, ...]:
    """Draw a group for each of ``size`` items; some groups may be tiny or empty."""
    return tuple(draw(st.lists(st.sampled_from(list(names)), min_size=size, max_size=size)))


@st.composite
def clusters(draw: DrawFn, size: int) -> tuple[str, ...]:
    """Draw the passage, template or subject that each of ``size`` items shares with others.

    From one cluster that holds everything to one for each item, in any order and of any sizes.
    """
    most = draw(st.integers(1, max(size, 1)))
    numbers = draw(st.lists(st.integers(1, most), min_size=size, max_size=size))
    return tuple(f"passage-{number}" for number in numbers)


@st.composite
def scores(
    draw: DrawFn, *, min_size: int = 1, max_size: int = 100, clustered: bool = False, graded: bool = False
) -> Scores:
    """Draw scores whose correctness need not have anything to do with their confidence.

    Half of them have choices, half one confidence an item; all have ids and the group
    attribute ``"region"``.

    Parameters
    ----------
    min_size, max_size : int
        Bounds of the number of items.
    clustered : bool
        Whether the items have clusters.
    graded : bool
        Whether correctness may be anything from 0 to 1; such scores have one confidence an item.
    """
    if not graded and draw(st.booleans()):
        values = draw(logits(min_size=min_size, max_size=min(max_size, 50)))
        right = draw(labels(values))
        return Scores.from_logits(values, right, **_names(draw, len(values), clustered))
    confidence = draw(confidences(min_size=min_size, max_size=max_size))
    grades = arrays.arrays(np.float64, len(confidence), elements=st.floats(0.0, 1.0))
    correct = draw(grades if graded else arrays.arrays(np.bool_, len(confidence)))
    return Scores(confidence, correct, **_names(draw, len(confidence), clustered))


@st.composite
def perfect_steps(draw: DrawFn, *, max_levels: int = 5) -> Scores:
    """Draw scores of a few levels of confidence at each of which exactly that share is right, in any order.

    The calibration error of such scores is zero over any bins that keep a level together.

    Parameters
    ----------
    max_levels : int
        Most levels; at least one is drawn.
    """
    steps = draw(st.integers(1, 20))
    levels = draw(st.lists(st.integers(0, steps), min_size=1, max_size=max_levels, unique=True))
    confidence = np.repeat(np.array(levels) / steps, steps)
    correct = np.concatenate([np.arange(steps) < level for level in levels])
    order = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).permutation(len(confidence))
    return Scores(confidence[order], correct[order], ids=_ids(len(confidence)))


def calibrated_scores(*, min_size: int = 1, max_size: int = 500) -> SearchStrategy[Scores]:
    """Draw scores of a perfectly calibrated model: each answer is right with its confidence as probability."""
    return miscalibrated_scores(power=1.0, min_size=min_size, max_size=max_size)


@st.composite
def miscalibrated_scores(draw: DrawFn, *, power: float = 0.5, min_size: int = 1, max_size: int = 500) -> Scores:
    """Draw scores of a model that is over- or underconfident by a known amount.

    An answer given with odds o = c / (1 - c) is right with odds o ** power.

    Parameters
    ----------
    power : float
        Below one the model is overconfident where it is confident, above one underconfident; one is calibrated.
    min_size, max_size : int
        Bounds of the number of items.
    """
    confidence = draw(confidences(min_size=min_size, max_size=max_size))
    right, wrong = confidence**power, (1.0 - confidence) ** power
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    correct = generator.random(len(confidence)) < right / (right + wrong)
    return Scores(confidence, correct, ids=_ids(len(confidence)))


def _names(draw: DrawFn, n: int, clustered: bool) -> dict[str, Any]:
    return {
        "ids": _ids(n),
        "groups": {"region": draw(groups(n))},
        "clusters": draw(clusters(n)) if clustered else None,
    }


def _ids(n: int) -> list[str]:
    return [f"item-{number}" for number in range(n)]
