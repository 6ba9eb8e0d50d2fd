"""How a claim about a measurement is judged, by itself or as one of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_llmcal.measurement.item_outcomes import said_of_left_out
from pytest_llmcal.measurement.rules import Correction, current_rules

if TYPE_CHECKING:
    from pytest_llmcal.measurement.measurement import Measurement

Status = Literal["holds", "refuted", "undecided"]

# Of a gate's share of the error rate its first verdict gets this much, and each later one half of what is left.
_FIRST = 0.75
_HALVINGS = 40


class Judgement(NamedTuple):
    """What came of a claim.

    Attributes
    ----------
    status : {"holds", "refuted", "undecided"}
        What the data say about it.
    note : str
        What its being one of many did to it, and which items are left out; empty where there is neither.
    p_value : float or None
        The least one-sided error rate at which it would be refuted; known where the run needs it: Holm's
        procedure refutes nothing that would not be refuted by itself.
    share : float
        Its share of the error rate of the run.
    open_to_items : bool
        Whether it is undecided only because there are too few items.
    """

    status: Status
    note: str = ""
    p_value: float | None = None
    share: float = 1.0
    open_to_items: bool = False


def judged(measurement: Measurement, *, holds: bool, refuted: Callable[[Measurement], bool]) -> Judgement:
    """Judge a claim under the rules in force.

    Where more than a tenth of all items are left out, because they have no confidence, no claim holds.

    Parameters
    ----------
    measurement : Measurement
        What it is about.
    holds : bool
        Whether the interval says that it holds.
    refuted : callable
        Whether the interval of a measurement refutes it: asked of this one, and at stricter levels.
    """
    correction = current_rules().correction
    share = 1.0 if correction is None else correction.share()
    missing = said_of_left_out(measurement.left_out, measurement.n)
    missing = missing and f"; {missing}"
    hides = measurement._too_much_hidden()
    if hides:
        missing += f", and where {hides}, no claim holds"
    if holds and not hides:
        return Judgement("holds", missing, share=share)
    if holds or not refuted(measurement):
        return Judgement("undecided", missing, share=share, open_to_items=not hides)
    if correction is None:
        return Judgement("refuted", missing)
    strict = 1.0 - (1.0 - measurement.confidence) * share
    p_value = _p_value(measurement, refuted, correction)
    one = f"one of {correction.gates} {correction.unit}{'' if correction.gates == 1 else 's'}"
    if refuted(measurement.at(strict)):
        return Judgement("refuted", f"{missing}; as {one} it is refuted at {_percent(strict)} too", p_value, share)
    note = f"{missing}; that would refute it by itself, but {one} is refuted only at {_percent(strict)}"
    return Judgement("undecided", note, p_value, share)


def shares(gates: int) -> Callable[[], float]:
    """Return a function that gives the shares of one gate's verdicts in turn: they add up to its part of the whole.

    How many verdicts a gate reaches is not known beforehand, so the first gets three quarters of
    the gate's part and every later one half of what is left.

    Examples
    --------
    >>> share = shares(10)
    >>> [round(share(), 5) for _ in range(3)]
    [0.075, 0.0125, 0.00625]
    """
    given = 0

    def share() -> float:
        nonlocal given
        given += 1
        part = _FIRST if given == 1 else (1.0 - _FIRST) * 0.5 ** (given - 1)
        return part / max(gates, 1)

    return share


def _p_value(
    measurement: Measurement, refuted: Callable[[Measurement], bool], correction: Correction | None
) -> float | None:
    """Halve the way to the one-sided error rate at which a claim is just refuted, where the run orders them."""
    if correction is None or correction.method != "holm":
        return None
    low, high = 0.0, 1.0  # of the two-sided error rate
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if refuted(measurement.at(1.0 - middle)) else (middle, high)
    return 0.5 * high


def _percent(level: float) -> str:
    return f"{100.0 * level:.4g}%" if level < 0.9999 else f"{100.0 * level:.6g}%"
