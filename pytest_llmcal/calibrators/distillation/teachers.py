"""Teachers: probabilities that a student is to learn, as scores of the items that it is taught on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores import Scores


def ensemble(members: Sequence[Scores]) -> Scores:
    r"""Average the probabilities of several models, or of one model over several wordings of its prompts.

    Each choice gets :math:`\bar p_i = \frac{1}{m} \sum_j p_{ij}`, the mean over the *m* members. Members that
    are too sure of different answers are less sure together (Lakshminarayanan, Pritzel and Blundell 2017).

    Parameters
    ----------
    members : sequence of Scores
        At least one, each with ids and with logits or probabilities over the choices of the same items, in
        any order.

    Returns
    -------
    Scores
        Probabilities, in the order of the first member.

    Raises
    ------
    CalibratorError
        If there is no member, or one speaks of other items or choices than the first; the text names it.

    Examples
    --------
    >>> one = Scores.from_probabilities([[0.9, 0.1]], [0], ids=["a"])
    >>> two = Scores.from_probabilities([[0.5, 0.5]], [0], ids=["a"])
    >>> float(ensemble([one, two]).confidence[0])
    0.7
    """
    if not members:
        raise CalibratorError("an ensemble needs the scores of at least one member, got none")
    first = members[0]
    mean = np.mean([_aligned(member, first, f"member {number}") for number, member in enumerate(members)], axis=0)
    names = dict.fromkeys(str(member.about.model) for member in members)
    return Scores.from_probabilities(
        mean,
        choices_of(first, "an ensemble").labels,
        ids=first.ids,
        groups=first.groups,
        clusters=first.clusters,
        truth=choices_of(first, "an ensemble").truth,
        about=replace(first.about, model=f"mean of {', '.join(names)}", revision=None, calibrator=None),
    )


def probabilities_by_id(scores: Scores, what: str) -> tuple[dict[str, int], FloatArray]:
    """Return the row of each item by its id, and the probabilities, shape (n, k), in double precision.

    Raises
    ------
    CalibratorError
        If there are no ids or no choices.
    """
    choices = choices_of(scores, what)
    if scores.ids is None:
        raise CalibratorError(f"{what} is matched with items by id, and {scores!r} has none")
    rows = np.concatenate([part for _, part in choices.probabilities()]).astype(np.float64)
    return {identity: row for row, identity in enumerate(scores.ids)}, rows


def _aligned(member: Scores, first: Scores, what: str) -> FloatArray:
    """Return the probabilities of a member, its items in the order of the first."""
    place, rows = probabilities_by_id(member, what)
    wanted, _ = probabilities_by_id(first, "member 0")
    missing = [identity for identity in wanted if identity not in place]
    if missing or len(place) > len(wanted):
        odd = missing[0] if missing else next(identity for identity in place if identity not in wanted)
        raise CalibratorError(f"{what} and member 0 do not speak of the same items: only one has {odd!r}")
    order = np.array([place[identity] for identity in wanted])
    labels, right = choices_of(member, what).labels[order], choices_of(first, what).labels
    if rows.shape != (len(wanted), choices_of(first, what).values.shape[1]) or (labels != right).any():
        odd = list(wanted)[int((labels != right).argmax())]
        raise CalibratorError(f"{what} and member 0 do not have the same choices in the same order: see item {odd!r}")
    aligned: FloatArray = rows[order]
    return aligned
