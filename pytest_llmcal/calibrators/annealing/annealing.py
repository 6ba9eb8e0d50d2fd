"""The calibrator that minimises whatever metric it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.annealing import objectives
from pytest_llmcal.calibrators.annealing.maps import (
    PARAMETERS,
    Logits,
    Parameters,
    Space,
    Steps,
    Values,
    mapped_logits,
    step_heights,
)
from pytest_llmcal.calibrators.annealing.search import anneal
from pytest_llmcal.calibrators.annealing.single_precision import in_single_precision
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.calibrators.options import checked_count
from pytest_llmcal.calibrators.temperature import Temperature
from pytest_llmcal.measurement import Step
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.logit_map import LogitMap

Metric = str | Callable[[Scores], float]

# With fewer items than these nothing tells what a map gains from what chance gives it.
_FEWEST = 30
_FEWEST_A_NUMBER = 10
_POINTS_SHOWN = 6
# What an infinite metric counts as: worse than any other, and still a number that is saved.
_WORST = 1e300


class Annealing(Calibrator):
    r"""Minimise any metric by simulated annealing (Tsallis, Stariolo 1996; Xiang, Sun, Fan, Gong 1997).

    The search (``scipy.optimize.dual_annealing``) asks for no derivative, so the metric may have jumps.
    It starts from the temperature that is best for the likelihood (Guo, Pleiss, Sun, Weinberger 2017), or, where
    scores hold no choices, from the confidences as they are; what it ends with is never worse by the metric on the
    items it was fitted on, for if it finds nothing better it stays there.

    What is minimised is the metric plus ``anchor`` times the negative log-likelihood. A plug-in calibration
    error is mostly chance for few items, and a map that answers every item with the same confidence, the
    accuracy, has none at all; so errors are debiased (Kumar, Liang, Ma 2019), and the likelihood decides
    among maps that the metric cannot tell apart. With fewer than 30 items, or fewer than 10 for each
    number searched, it does not search.

    Assumes that new items come as those it is fitted on. Fails where the metric is so noisy that the best map
    on these items is not a good one on others: give it more items, or fewer numbers. Clusters are not looked at:
    of items that are right or wrong together, too little is taken off an error. A temperature keeps the answers;
    a scale and bias a choice may change them; steps keep them, and the order but for ties within a step.

    Parameters
    ----------
    metric : {"ece", "mce", "brier", "nll", "cost"} or callable
        ``"ece"``: ``scores.ece(debias=True)``. ``"mce"``: the largest debiased gap of the bins with ten items or
        more. ``"brier"``, ``"nll"`` (probabilities at least 1e-6): as of ``Scores``. ``"cost"``: mean cost where a
        wrong answer costs 1 and to hold one back costs ``abstention``, answers being held back whose confidence
        is below 1 - ``abstention`` (Chow 1970). Or a function from Scores to a number, the less the better;
        much slower, as Scores are made each time, and not saved: one that was loaded cannot be fitted again.
    parameters : {"temperature", "vector", "binning"}
        ``"temperature"``: one number. ``"vector"``: a scale and a bias for each choice, on the
        log-probabilities. ``"binning"``: a rising step function of the confidence; the edges hold about equally
        many items. The heights are searched from those of isotonic regression on, which for many items are hard to
        beat by the calibration error. It leaves confidences alone, without choices.
    evaluations : int
        So often is the metric asked at most.
    seconds : float, optional
        So long at most. If the evaluations are spent first, the result is the same on every machine; if the
        seconds are, it depends on its speed, and the summary says ``stopped=seconds``.
    seed : int
        Of the search; the same seed gives the same result.
    abstention : float
        For ``"cost"``, above 0 and below 1.
    bins : int
        Most steps of ``"binning"``, at least 2.
    anchor : float
        Weight of the negative log-likelihood in nats, at least 0; 0 for the metric alone.

    Attributes
    ----------
    trace : array of shape (m, 2)
        Number of the evaluation, from 1, at which each best value so far was found, and that value: the metric
        plus ``anchor`` times the likelihood lost against the temperature. The first row is the start (of steps:
        isotonic regression), the last one the end of the search. Empty before ``fit``.
    moved : bool
        Whether it found anything better than the start.

    Examples
    --------
    >>> scores = Scores.from_logits([[2.0, 0.0], [0.0, 2.0]] * 100, [0, 1, 1, 1] * 50)
    >>> fitted = Annealing("brier", parameters="vector", evaluations=200).fit(scores)
    >>> fitted.moved, fitted.summary()["evaluations"]
    (True, 200)
    """

    name: ClassVar[str] = "annealing"
    options: ClassVar[tuple[str, ...]] = (
        "parameters",
        "evaluations",
        "seconds",
        "seed",
        "abstention",
        "bins",
        "anchor",
    )

    def __init__(
        self,
        metric: Metric = "ece",
        *,
        parameters: Parameters = "temperature",
        evaluations: int = 2000,
        seconds: float | None = None,
        seed: int = 0,
        abstention: float = 0.2,
        bins: int = 10,
        anchor: float = 0.1,
    ) -> None:
        if not callable(metric) and metric not in objectives.NAMES:
            known = ", ".join(map(repr, objectives.NAMES))
            raise CalibratorError(f"metric must be one of {known}, or a function of Scores, got {metric!r}")
        if parameters not in PARAMETERS:
            known = ", ".join(map(repr, PARAMETERS))
            raise CalibratorError(f"parameters must be one of {known}, got {parameters!r}")
        self.metric = metric
        self.parameters = parameters
        self.evaluations = checked_count("evaluations", evaluations, least=1)
        self.seconds = None if seconds is None else _between("seconds", seconds, 0.0, math.inf)
        self.seed = checked_count("seed", seed)
        self.abstention = _between("abstention", abstention, 0.0, 1.0)
        self.bins = checked_count("bins", bins, least=2)
        self.anchor = 0.0 if anchor == 0 else _between("anchor", anchor, 0.0, math.inf)
        self.temperature: float | None = None
        self.moved = False
        self.trace: Values = np.empty((0, 2))
        self._found: Values = np.empty(0)
        self._edges: Values = np.empty(0)
        self._values = (0.0, 0.0)
        self._stopped = "items"

    def _learn(self, scores: Scores) -> None:
        if self.parameters != "binning":
            choices_of(scores, f"annealing of a {self.parameters}")
        scores = in_single_precision(scores)
        self.temperature = 1.0 if scores.choices is None else Temperature().fit(scores).temperature
        space = self._space(scores)
        self._edges, self._found, self.moved = space.edges, space.start, False
        metric = self._metric(scores, space)
        at_start = metric(None)
        self._values = (at_start, at_start)
        if len(scores) < max(_FEWEST, _FEWEST_A_NUMBER * len(space.start)):
            self.trace, self._stopped = np.array([[1.0, at_start]]), "items"
            return
        lost = objectives.nll(space.outcome(None))

        def value(found: Values) -> float:
            return metric(found) + self.anchor * (objectives.nll(space.outcome(found)) - lost)

        search = anneal(
            value, space.start, space.box, evaluations=self.evaluations, seconds=self.seconds, seed=self.seed
        )
        self.trace, self._stopped = search.trace, search.stopped
        at_end = metric(search.best)
        if at_end < at_start:
            self._found, self.moved, self._values = search.best, True, (at_start, at_end)

    def _space(self, scores: Scores) -> Space:
        assert self.temperature is not None
        if self.parameters == "binning":
            return Steps(_confidence(scores, self.temperature), scores.correct, self.bins)
        choices = choices_of(scores, self.name)
        logs = np.concatenate([part for _, part in choices.log_probabilities()])
        return Logits(logs, choices.labels, self.parameters, self.temperature)

    def _metric(self, scores: Scores, space: Space) -> Callable[[Values | None], float]:
        """Return the metric of the map that numbers make, None for the map that the search starts from."""
        metric = self.metric
        if callable(metric):
            return lambda found: _checked(metric(self._mapped(scores, found, self.name)))
        fast = objectives.cost(self.abstention) if metric == "cost" else objectives.BY_NAME[metric]
        return lambda found: fast(space.outcome(found))

    def _apply(self, scores: Scores) -> Scores:
        return self._mapped(scores, self._found if self.moved else None, self.label)

    def logit_map(self) -> LogitMap | None:
        """Return the temperature, or scales and biases; None before ``fit`` and for steps."""
        if self.temperature is None or self.parameters == "binning":
            return None
        if not self.moved:
            return LogitMap(self.temperature)
        if self.parameters == "temperature":
            return LogitMap(math.exp(self._found[0]))
        k = (len(self._found) + 1) // 2
        scale, bias = np.exp(self._found[:k]).tolist(), [0.0, *self._found[k:].tolist()]
        return LogitMap(scale=tuple(scale), bias=tuple(bias))

    def _mapped(self, scores: Scores, found: Values | None, label: str) -> Scores:
        assert self.temperature is not None
        if self.parameters == "binning":
            confidence = _confidence(scores, self.temperature)
            return scores.recalibrated_confidence(
                confidence if found is None else step_heights(confidence, self._edges, found), label
            )
        choices = choices_of(scores, f"annealing of a {self.parameters}")
        parameters = "temperature" if found is None else self.parameters
        numbers = np.array([math.log(self.temperature)]) if found is None else found
        there, fitted = choices.values.shape[1], (len(numbers) + 1) // 2
        if parameters == "vector" and there != fitted:
            raise CalibratorError(f"{self.name} of a vector was fitted on {fitted} choices, and {scores!r} has {there}")
        logits = np.empty(choices.values.shape)
        for rows, logs in choices.log_probabilities():
            logits[rows] = mapped_logits(logs, parameters, numbers)
        return scores.recalibrated(logits, label)

    def _trace(self) -> tuple[Step, ...]:
        return tuple(Step(int(tried), float(value)) for tried, value in self.trace)

    def _learnt(self) -> Learnt:
        assert self.temperature is not None
        return {
            "metric": self._metric_name,
            "metric_is_function": not isinstance(self.metric, str),
            "temperature": self.temperature,
            "moved": self.moved,
            "at_start": self._values[0],
            "at_end": self._values[1],
            "stopped": self._stopped,
            "found": self._found,
            "edges": self._edges,
            "trace": self.trace,
        }

    def _restore(self, learnt: Learnt) -> None:
        metric = str(learnt["metric"])
        is_ours = metric in objectives.NAMES and not learnt["metric_is_function"]
        self.metric = metric if is_ours else _NotSaved(metric)
        self.temperature, self.moved = storage.number(learnt, "temperature"), bool(learnt["moved"])
        self._values = storage.number(learnt, "at_start"), storage.number(learnt, "at_end")
        self._stopped = str(learnt["stopped"])
        self._found, self._edges = storage.array(learnt, "found"), storage.array(learnt, "edges")
        self.trace = storage.array(learnt, "trace", shape=(None, 2))
        needed = len(self._edges) + 1 if self.parameters == "binning" else 1
        if self.parameters != "vector" and len(self._found) != needed:
            raise ValueError(f"found holds {len(self._found)} numbers; a {self.parameters} has {needed}")

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return what the label says, and the trace: some of its best values with the evaluations that found them."""
        if not self.is_fitted:
            return {}
        shown = self.trace[np.unique(np.linspace(0, len(self.trace) - 1, _POINTS_SHOWN).astype(int))]
        return {
            **self._summary(),
            "evaluations": int(self.trace[-1, 0]),
            "trace": ", ".join(f"{best:.4g} ({number:.0f})" for number, best in shown),
        }

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        assert self.temperature is not None
        start = {} if self.moved else {"stays_at_T": self.temperature}
        return {
            "metric": self._metric_name,
            "parameters": self.parameters,
            "at_start": self._values[0],
            "at_end": self._values[1],
            "stopped": self._stopped,
            **start,
        }

    @property
    def _metric_name(self) -> str:
        metric = self.metric
        return str(getattr(metric, "__name__", type(metric).__name__)) if callable(metric) else metric


class _NotSaved:
    """A metric that was a function: it has its name alone left."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, _: Scores) -> float:
        raise CalibratorError(
            f"the metric {self.__name__!r} was a function, which is not saved; make a new annealing to fit again"
        )


def _confidence(scores: Scores, temperature: float) -> Values:
    """Return the confidences that steps are made of: those after temperature scaling where there are choices."""
    if scores.choices is None:
        return scores.confidence.astype(np.float64)
    tops = [
        1.0 / np.exp((logs - logs.max(axis=1, keepdims=True)) / temperature).sum(axis=1)
        for _, logs in scores.choices.log_probabilities()
    ]
    return np.concatenate(tops)


def _checked(value: float) -> float:
    number = float(value)
    if math.isnan(number) or number == -math.inf:
        raise CalibratorError(f"the metric gave {number}; it must give a number, the less the better")
    return min(number, _WORST)


def _between(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low < value < high:
        raise CalibratorError(f"{name} must be a number above {low:g} and below {high:g}, got {value!r}")
    return float(value)
