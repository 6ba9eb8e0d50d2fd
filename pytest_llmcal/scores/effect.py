"""What a change of the prompts that must not matter does to a model's answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Correction, Measurement, MeasurementError, Verdict, current_rules, title, using
from pytest_llmcal.measurement.judging import judged
from pytest_llmcal.measurement.not_worse import checked_margin
from pytest_llmcal.scores.choices import Choices, locked
from pytest_llmcal.scores.comparison import Comparison
from pytest_llmcal.scores.comparison.comparison import METRICS
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.proportion import proportion
from pytest_llmcal.scores.scores import Scores
from pytest_llmcal.tasks.changes import PromptChange
from pytest_llmcal.tasks.correctness.exact import normalized
from pytest_llmcal.tasks.items import Items, asked_of

MOVES = ("accuracy", "ece", "flips")
"""What a margin that is one number is for."""


@dataclass(frozen=True, eq=False)
class Effect:
    """A model's answers to the same questions, before and after a change of their prompts. Immutable.

    Attributes
    ----------
    change : PromptChange
        What was changed.
    before, after : Scores
        The answers; those after the change have their choices in the old order. An item that is left out on one
        side, because it has no confidence, is left out on both.
    note : str
        What the change does not reach, as the rest of a sentence; empty where it changes every item.
    uncalibrated : Effect or None
        The same before calibration, where these answers were calibrated: of a calibrator that changes
        nothing but the confidence, it knows which choices were taken.

    Raises
    ------
    ScoresError
        If both are not of the same items.
    """

    change: PromptChange
    before: Scores
    after: Scores
    note: str = ""
    uncalibrated: Effect | None = None

    @classmethod
    def of(
        cls,
        change: PromptChange,
        items: Items,
        score: Callable[[Items], Scores],
        calibrated: Callable[[Scores], Scores] | None = None,
    ) -> Effect:
        """Ask a model twice.

        Parameters
        ----------
        change : PromptChange
            What must not matter.
        items : Items
            What is asked.
        score : callable
            Gives a model's scores on items: ``lambda items: pytest_llmcal.scoring.score(model, items)``.
        calibrated : callable, optional
            What a calibrator makes of scores, before and after the change.

        Raises
        ------
        TaskError
            If the change cannot be made to these items.

        Examples
        --------
        >>> from pytest_llmcal.tasks import load_task
        >>> from pytest_llmcal.tasks.changes import Swap
        >>> def always_the_first(items):
        ...     logits = [[2.0, 0.0] for item in items]
        ...     return Scores.from_logits(logits, [i.answer for i in items], ids=[i.id for i in items])
        >>> pairs = [item for item in load_task("world/qa").test if len(item.choices) == 2]
        >>> effect = Effect.of(PromptChange((Swap(0, 1),)), Items("pairs", "test", tuple(pairs)), always_the_first)
        >>> float(effect.flips())
        1.0
        """
        changed = change.apply(items)
        both = score(items), score(changed)
        note = _reach(change, items, changed)
        plain = cls._of(change, items, both, note)
        if calibrated is None:
            return plain
        return replace(cls._of(change, items, (calibrated(both[0]), calibrated(both[1])), note), uncalibrated=plain)

    @classmethod
    def _of(cls, change: PromptChange, items: Items, both: tuple[Scores, Scores], note: str) -> Effect:
        before, after = both
        return cls(change, before._with(before=None), in_the_old_order(after, change, items, before), note)

    def __post_init__(self) -> None:
        before, after = _both_answered(self.before, self.after)
        left_out = after.left_out
        both = Comparison(after._with(left_out={}), before._with(left_out={}))
        object.__setattr__(self, "before", both.baseline._with(left_out=left_out))
        object.__setattr__(self, "after", both.scores._with(left_out=left_out))

    def __repr__(self) -> str:
        return f"<Effect on {len(self.before)} items when {self.change}>"

    def flips(self, *, confidence: float | None = None) -> Measurement:
        """Measure the share of items that get another answer, with the Clopper-Pearson interval.

        Written answers are others where their normalised texts are (see `tasks.correctness.exact.normalized`).

        Raises
        ------
        ScoresError
            If it is known neither which choices were taken nor what was written.
        """
        return proportion(self.before, "flips", self._changed(), confidence, "items that get another answer")

    def _changed(self) -> npt.NDArray[np.bool_]:
        """Return which items get another answer, shape (n,)."""
        before, after = self.before, self.after
        if before.choices is not None and after.choices is not None:
            return np.not_equal(before.choices.chosen, after.choices.chosen)
        if before.answers is not None and after.answers is not None:
            return np.array(
                [normalized(then) != normalized(now) for then, now in zip(before.answers, after.answers, strict=True)]
            )
        if self.uncalibrated is not None:
            return self.uncalibrated._changed()
        raise ScoresError(
            "the scores hold one confidence an item and not which choice it is in, so nothing is known of answers "
            'that change; name the metrics: margin={"accuracy": 0.02, "ece": 0.02}'
        )

    def moved(self, metric: str) -> Measurement:
        """Measure by how much a metric moves, after less before, paired item by item; ``"flips"`` as it is.

        Raises
        ------
        MeasurementError
            If there is no such metric.
        """
        if metric == "flips":
            return self.flips()
        if metric not in METRICS:
            raise MeasurementError(
                f"no metric of changed prompts is called {metric!r}; known are flips, {', '.join(METRICS)}"
            )
        difference: Measurement = getattr(Comparison(self.after, self.before), metric)()
        return difference

    def unmoved(self, margin: float | Mapping[str, float] = 0.02, *, looks: int = 1) -> Steadiness:
        """Judge the claims that metrics move by at most a margin.

        Each claim holds at the level in force. It is refuted at the level that keeps all claims of
        all looks together to the error rate of one (Bonferroni), for one claim that is false is enough to fail.

        Parameters
        ----------
        margin : float or mapping of str to float
            Of accuracy, ECE and the share of answers that change; or of other metrics by name.
        looks : int
            How many changes are judged so, this one among them.

        Raises
        ------
        MeasurementError
            If a margin is negative or more than its metric can move, a metric is unknown, or ``looks`` is below one.
        """
        margins = dict(margin) if isinstance(margin, Mapping) else dict.fromkeys(MOVES, margin)
        if isinstance(looks, bool) or not isinstance(looks, int) or looks < 1 or not margins:
            raise MeasurementError(
                f"{looks!r} looks at {len(margins)} metrics share no error rate; at least one of each is needed"
            )
        rules = current_rules()
        whole = 1.0 if rules.correction is None else rules.correction.share()
        method = "bonferroni" if rules.correction is None else rules.correction.method
        claims = looks * len(margins)
        shared = Correction(method, claims, lambda: whole / claims, unit="claim")
        with using(replace(rules, correction=shared)):
            return Steadiness(self.change, tuple(self._judged(metric, most) for metric, most in margins.items()))

    def _judged(self, metric: str, margin: float) -> Verdict:
        margin = checked_margin(margin, metric)
        moved = self.moved(metric).comparable(
            None
        )  # of changed prompts: the run's own scores of these items are others
        limit = math.copysign(moved._possible(margin), moved)
        judgement = judged(
            moved,
            holds=-margin <= moved.low and moved.high <= margin,
            refuted=lambda strict: strict.low > margin or strict.high < -margin,
        )
        undecided = judgement.status == "undecided" and not judgement.note
        needed = moved.items_needed(limit) if undecided else None
        return Verdict(
            judgement.status,
            "unmoved",
            f"{_claim(metric)} at most {margin:.4g} when {self.change}",
            self._reason(metric, moved)
            + (self.note and f"; {self.note}")
            + judgement.note
            + (f"; about {needed} items would decide it" if needed else ""),
            moved,
            limit,
            needed,
            judgement.p_value,
            judgement.share,
        )

    def _reason(self, metric: str, moved: Measurement) -> str:
        true = f"with {100 * moved.confidence:g}% confidence the true"
        ends = f"lies between {moved.low:.4g} and {moved.high:.4g}"
        if metric == "flips":
            return f"{round(float(moved) * moved.n)} of {moved.n} answers change, and {true} share {ends}"
        then, now = (float(getattr(scores, metric)()) for scores in (self.before, self.after))
        return f"it goes from {then:.4g} to {now:.4g} on {moved.n} items, and {true} move {ends}"


@dataclass(frozen=True, repr=False)
class Steadiness:
    """Whether a change of the prompts leaves a model's answers where they were.

    As a bool it is False where a claim is refuted, and True otherwise: a claim that is merely undecided breaks
    nothing, so a search for the smallest change that breaks the model must pass it by.

    Attributes
    ----------
    change : PromptChange
        What was changed.
    verdicts : tuple of Verdict
        One a metric.
    was_asserted : bool
        Whether anybody has asked for it as a bool.
    """

    change: PromptChange
    verdicts: tuple[Verdict, ...]
    was_asserted: bool = field(default=False, init=False, compare=False)

    @property
    def status(self) -> str:
        """``"refuted"`` if a claim is, else ``"undecided"`` if one is, else ``"holds"``."""
        found = {verdict.status for verdict in self.verdicts}
        return next((status for status in ("refuted", "undecided") if status in found), "holds")

    def __bool__(self) -> bool:
        object.__setattr__(self, "was_asserted", True)
        return self.status != "refuted"

    def explain(self) -> str:
        """Return every verdict as a sentence."""
        return " ".join(verdict.explain() for verdict in self.verdicts)

    def __repr__(self) -> str:
        return f"<Steadiness {self.status}: {self.change}>"


def in_the_old_order(after: Scores, change: PromptChange, items: Items, before: Scores) -> Scores:
    """Return scores of changed items with every choice at its old place, said to be of the items before.

    Parameters
    ----------
    after : Scores
        Of the changed items, matched by id.
    change : PromptChange
        What was changed.
    items : Items
        What it was before.
    before : Scores
        Of those items.

    Raises
    ------
    ScoresError
        If the scores are of other items, or have no ids.
    """
    known = {item.id: item for item in asked_of(items)}
    if after.ids is None or known.keys() != {*after.ids, *after.left_out}:
        raise ScoresError(f"the scores of changed prompts, {after!r}, are not of the {len(items)} items, by id")
    about = replace(after.about, data=before.about.data)
    if after.choices is None:
        return after._with(about=about, before=None)
    places = np.tile(np.arange(after.choices.values.shape[1]), (len(after), 1))
    for row, identity in enumerate(after.ids):
        there = change.places_of(known[identity], items.task)
        places[row, : len(there)] = there
    old = partial(_put, places)
    choices = Choices(
        old(after.choices.values),
        after.choices.are_logits,
        locked(np.take_along_axis(places, after.choices.labels[:, None], axis=1)[:, 0]),
        None if after.choices.truth is None else old(after.choices.truth),
    )
    # Both follow from the choices anew: of equally probable ones the first is taken, and sums depend on their order.
    return after._with(
        confidence=locked(choices.top_probability()),
        correct=locked(choices.chosen == choices.labels),
        choices=choices,
        about=about,
        before=None,
    )


def _both_answered(before: Scores, after: Scores) -> tuple[Scores, Scores]:
    """Return both without the items that either leaves out, and with what both leave out."""
    if not before.left_out and not after.left_out:
        return before, after
    reasons = {
        identity: f"{reason} {when} the change"
        for scores, when in ((after, "after"), (before, "before"))
        for identity, reason in scores.left_out.items()
    }
    rows = [[row for row, name in enumerate(each.ids or ()) if name not in reasons] for each in (before, after)]
    if not all(rows):
        raise ScoresError("no item has a confidence both before and after the change of its prompt")
    left_out = MappingProxyType(reasons)
    kept_before, kept_after = (
        each._take(np.array(kept))._with(left_out=left_out) for each, kept in zip((before, after), rows, strict=True)
    )
    return kept_before, kept_after


def _reach(change: PromptChange, items: Items, changed: Items) -> str:
    if not change.steps:
        return ""
    if change.only_weighed(items):
        return "no prompt shows the choices in their new order: they are merely weighed in it"
    touched = sum(old != new for old, new in zip(items, changed, strict=True))
    return "" if touched == len(items) else f"it changes {touched} of {len(items)} items"


def _put(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Put what stands at each place where it stood before."""
    old = np.empty_like(values)
    np.put_along_axis(old, places, values, axis=1)
    return old


def _claim(metric: str) -> str:
    return f"the {title(metric)} is" if metric == "flips" else f"{title(metric)} moves by"
