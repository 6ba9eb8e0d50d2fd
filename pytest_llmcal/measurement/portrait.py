"""What a set of answers looks like: the few numbers that its pictures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_llmcal.measurement.about import Bin
from pytest_llmcal.measurement.item_outcomes import LeftOut, OutcomeResult


@dataclass(frozen=True)
class Pool:
    """One step of the rising curve that is nearest to the answers (CORP).

    Attributes
    ----------
    low, high : float
        The least and the greatest confidence that it holds, 0 to 1.
    accuracy : float
        How many of its answers are right, 0 to 1.
    """

    low: float
    high: float
    accuracy: float


@dataclass(frozen=True)
class Risk:
    """How often the surest answers are wrong.

    Attributes
    ----------
    coverage : float
        Share of the answers that are accepted, the surest first, above 0 and at most 1.
    risk : float
        Share of those that is wrong, 0 to 1.
    """

    coverage: float
    risk: float


@dataclass(frozen=True)
class GroupResult:
    """The answers to one group of items.

    Attributes
    ----------
    attribute, name : str
        For instance ``"region"`` and ``"north"``.
    n : int
        Number of items.
    accuracy, confidence : float
        Their means, 0 to 1.
    ece, low, high : float
        Calibration error with its interval.
    """

    attribute: str
    name: str
    n: int
    accuracy: float
    confidence: float
    ece: float
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """The best that a search had found so far.

    Attributes
    ----------
    evaluations : int
        How many candidates had been tried.
    value : float
        What the best of them came to; the less the better.
    """

    evaluations: int
    value: float


@dataclass(frozen=True)
class Calibration:
    """The calibrator that answers went through.

    Attributes
    ----------
    name : str
        For instance ``"temperature"``.
    parameters : mapping of str to str
        What it learnt, the numbers that say most.
    fitted_on : str
        Model, task, split and fingerprint of what it learnt from, as far as they are known.
    trace : tuple of Step
        How its search went; empty where it did not search.
    """

    name: str
    parameters: Mapping[str, str]
    fitted_on: str
    trace: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Portrait:
    """What a set of answers looks like.

    Attributes
    ----------
    n : int
        Number of items.
    accuracy, confidence : float
        Their means, 0 to 1.
    bins : tuple of Bin
        Fifteen bins of confidence of equal width; empty ones are left out.
    before : tuple of Bin
        The same before calibration; empty where there was none.
    pools : tuple of Pool
        The CORP curve, by rising confidence.
    risks : tuple of Risk
        The risk-coverage curve at every twentieth of the answers.
    groups : tuple of GroupResult
        By attribute and name. Attributes that nearly every item has a value of its own for are left out.
    calibration : Calibration or None
        What they went through.
    is_graded : bool
        Whether correctness is graded between 0 and 1.
    outcomes : tuple of OutcomeResult
        What the answers were; empty where that is not known.
    left_out : tuple of LeftOut
        Items that are not among the ``n``.
    """

    n: int
    accuracy: float
    confidence: float
    bins: tuple[Bin, ...]
    before: tuple[Bin, ...] = ()
    pools: tuple[Pool, ...] = ()
    risks: tuple[Risk, ...] = ()
    groups: tuple[GroupResult, ...] = ()
    calibration: Calibration | None = None
    is_graded: bool = False
    outcomes: tuple[OutcomeResult, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
