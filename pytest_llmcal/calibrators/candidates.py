"""Which calibrators suit which scores, and how good each is on items that it was not fitted on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators import registry
from pytest_llmcal.calibrators.errors import AtBoundWarning, CalibratorError
from pytest_llmcal.scores import Scores, ScoresError
from pytest_llmcal.scores.losses import nll_of
from pytest_llmcal.statistics.clusters import contributions, members_of

Values = npt.NDArray[np.float64]

IDENTITY = "identity"
# With fewer items, or clusters, no difference between candidates is more than chance.
_FEWEST = 10


class Suits(NamedTuple):
    """What a calibrator is made for.

    Attributes
    ----------
    kind : {"choices", "confidence"}
        Scores with probabilities over choices, or with one confidence an item.
    items : int
        With fewer it is not tried.
    choices : int or None
        With more it is not tried; None for any number.
    """

    kind: Literal["choices", "confidence"]
    items: int
    choices: int | None = None


# From simple to rich.
CANDIDATES: Mapping[str, Suits] = {
    "temperature": Suits("choices", 10),
    "ensemble-temperature": Suits("choices", 100),
    "vector": Suits("choices", 200, 100),
    "structured-matrix": Suits("choices", 500, 50),
    "dirichlet": Suits("choices", 500, 20),
    "matrix": Suits("choices", 500, 20),
    "platt": Suits("confidence", 20),
    "beta": Suits("confidence", 50),
    "scaling-binning": Suits("confidence", 300),
    "histogram": Suits("confidence", 300),
    "centered-isotonic": Suits("confidence", 300),
    "isotonic": Suits("confidence", 300),
    "spline": Suits("confidence", 300),
    "bbq": Suits("confidence", 300),
    "venn-abers": Suits("confidence", 200),
}


@dataclass(frozen=True)
class Trial:
    """What came of a candidate.

    Attributes
    ----------
    name : str
        Of the calibrator.
    nll : float or None
        Mean negative log-likelihood of items that it was not fitted on, in nats; None if it was left out.
    difference, error : float or None
        How much larger that is than the least of all, and the standard error of this difference.
    left_out : str
        Why it does not take part; empty if it does.
    """

    name: str
    nll: float | None = None
    difference: float | None = None
    error: float | None = None
    left_out: str = ""

    def __str__(self) -> str:
        if self.nll is None or self.difference is None:
            return f"left out: {self.left_out}" if self.left_out else "not compared"
        return f"nll {self.nll:.4f}, {self.difference:+.4f} to the best, standard error {self.error:.4f}"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)

    @classmethod
    def restored(cls, row: Mapping[str, Any]) -> Trial:
        """Take back what ``plain`` gave."""
        trial = cls(**row)
        for value in (trial.nll, trial.difference, trial.error):
            if value is not None and (isinstance(value, bool) or not math.isfinite(value)):
                raise ValueError(f"{value!r} stands in the trial of {trial.name}; it must be a finite number")
        return trial


def tried(
    scores: Scores, candidates: Sequence[str] | None, folds: int, seed: int, failed: Mapping[str, str]
) -> tuple[Trial, ...]:
    """Return what came of each candidate that is known, from simple to rich, ``identity`` first.

    Parameters
    ----------
    scores : Scores
        What the candidates are fitted to and judged on, in folds; items of one cluster in one fold.
    candidates : sequence of str or None
        Names, tried whatever they suit; None for those of the table that are of the kind of the scores.
    folds : int
        As many at most.
    seed : int
        Of the folds.
    failed : mapping of str to str
        Why a candidate is left out, by its name.
    """
    members = members_of(scores.clusters)
    units = len(scores) if members is None else int(members.max()) + 1
    if units < _FEWEST:
        return (Trial(IDENTITY),)
    kind = "choices" if scores.choices else "confidence"
    known = [name for name, suits in CANDIDATES.items() if suits.kind == kind and name in registry.names()]
    losses: dict[str, Values | str] = {IDENTITY: nll_of(scores).values}
    for name in known if candidates is None else candidates:
        why = failed.get(name) or (_unsuited(scores, CANDIDATES[name]) if candidates is None else "")
        losses[name] = why or _losses(scores, name, min(folds, units), seed)
    return tuple(_compared(losses, members))


def simplest(trials: Sequence[Trial]) -> str:
    """Return the first candidate within one standard error of the best.

    Examples
    --------
    >>> simplest([Trial("identity", 0.5, 0.1, 0.02), Trial("vector", 0.41, 0.01, 0.02), Trial("matrix", 0.4, 0.0, 0.0)])
    'vector'
    """
    for trial in trials:
        if trial.difference is not None and trial.error is not None and trial.difference <= trial.error:
            return trial.name
    return IDENTITY


def _unsuited(scores: Scores, suits: Suits) -> str:
    if len(scores) < suits.items:
        return f"takes {suits.items} items, and there are {len(scores)}"
    k = scores.choices.values.shape[1] if scores.choices else 2
    if suits.choices is not None and k > suits.choices:
        return f"takes at most {suits.choices} choices, and there are {k}"
    return ""


def _losses(scores: Scores, name: str, folds: int, seed: int) -> Values | str:
    """Return the cross-fitted loss of each item, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AtBoundWarning)  # the fit to all items says it again
            honest = registry.create(name).cross_fit(scores, folds=folds, seed=seed)
    except (CalibratorError, ScoresError) as error:
        return str(error)
    if (honest.choices is None) != (scores.choices is None):
        return "leaves no probabilities of choices, and its likelihood speaks about other things"
    return nll_of(honest).values


def _compared(losses: Mapping[str, Values | str], members: npt.NDArray[np.intp] | None) -> list[Trial]:
    finite = {name: one for name, one in losses.items() if not isinstance(one, str) and np.isfinite(one).all()}
    best = min(finite.values(), key=lambda one: float(one.mean()), default=None)
    trials = []
    for name, one in losses.items():
        if best is None or isinstance(one, str):
            why = one if isinstance(one, str) else "its likelihood is infinite"
            trials.append(Trial(name, left_out=why))
        elif name not in finite:
            impossible = int(np.sum(~np.isfinite(one)))
            trials.append(Trial(name, left_out=f"gives what was right probability zero in {impossible} items"))
        else:
            parts = contributions(one - best, members)
            error = float(parts.std(ddof=1) / math.sqrt(len(parts)))
            trials.append(Trial(name, float(one.mean()), float((one - best).mean()), error))
    return trials
