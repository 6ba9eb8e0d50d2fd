"""A verdict that is looked for while items come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_llmcal.measurement import Observation, Rules, Verdict, current_rules, using
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.scores import Scores
from pytest_llmcal.statistics.sequential import Look, level

VerdictOf = Callable[..., Verdict]
"""A function of the scores so far, or of those of two models, to a verdict."""

# What few items may not allow yet: an AUROC where all were right, a group of which no item has come.
_NOT_YET = (ScoresError, LookupError)


@dataclass(frozen=True, eq=False)
class Decision:
    """What came of looking for a verdict while items were scored.

    As a bool it is its verdict.

    Attributes
    ----------
    verdict : Verdict
        The verdict at the last look that was taken. Its measurement has the level of that look.
    scores : Scores
        What was scored, in the random order in which the items came.
    baseline : Scores or None
        The other model's scores of the same items, in a paired comparison.
    items : int
        How many items were scored.
    most : int
        How many might have been.
    looks : int
        How many looks were taken.
    reason : {"decided", "max_items", "exhausted"}
        Why scoring ended: the verdict was there, the most items allowed were scored, or the task had no more.
    """

    verdict: Verdict
    scores: Scores
    baseline: Scores | None
    items: int
    most: int
    looks: int
    reason: Literal["decided", "max_items", "exhausted"]

    def __bool__(self) -> bool:
        return bool(self.verdict)

    def explain(self) -> str:
        """Return the verdict, and what it took, as one plain sentence."""
        return self.verdict.explain()

    def __repr__(self) -> str:
        return f"<Decision after {self.items} of at most {self.most} items: {self.verdict!r}>"


def decide(
    samples: Iterable[tuple[Scores | None, ...]],
    looks: Sequence[Look],
    verdict: VerdictOf,
    *,
    at_the_end: Literal["max_items", "exhausted"] = "exhausted",
) -> Decision:
    """Look at growing samples until a verdict is reached.

    Parameters
    ----------
    samples : iterable of tuple of Scores
        All scores so far at each look: one for a model, two for a model and its baseline. Each
        continues the one before, rows in random order. No more are asked for than are needed. None where nothing is
        known yet: that look is passed over.
    looks : sequence of Look
        The looks, fixed beforehand.
    verdict : callable
        What is looked for: a function of the scores of a sample, such as
        ``lambda scores: scores.ece().below(0.05)``. It must leave the level to the rules in force.
        Where it raises a ScoresError or LookupError, the items so far do not allow the
        measurement yet; at the last look the error is raised.
    at_the_end : {"max_items", "exhausted"}
        Why no items would follow the last look.

    Raises
    ------
    TypeError
        If ``verdict`` gives something else, for instance the bool of a plain comparison.
    ScoresError
        If it judges at a level of its own.

    Notes
    -----
    Only the last verdict is recorded. At any look a wrong one comes out with a probability of
    at most the look's share of the error rate, so at one of them with at most the whole rate.
    """
    rules, most = current_rules(), looks[-1].items
    confidence = rules.confidence
    if rules.correction is not None:  # all looks are for one verdict, which has one share
        share = rules.correction.share()
        rules = replace(rules, correction=replace(rules.correction, share=lambda: share))
    for times, (look, sample) in enumerate(zip(looks, samples, strict=False), start=1):
        strict = replace(rules, confidence=level(confidence, look.share), observe=_tell_nobody)
        known = tuple(scores for scores in sample if scores is not None)
        if len(known) < len(sample):
            continue
        found = _looked_for(verdict, known, strict, is_last=times == len(looks))
        if found is None or (found.status == "undecided" and times < len(looks)):
            continue
        state = _in_words(found, look, times, most)
        if look.share < 1.0:
            state += f", and levels stricter than {100 * confidence:g}% paid for looking early"
        return Decision(
            # Made anew under the rules of the run: this verdict is recorded.
            verdict=replace(found, reason=f"{found.reason}; {state}"),
            scores=known[0],
            baseline=known[1] if len(known) > 1 else None,
            items=look.items,
            most=most,
            looks=times,
            reason=at_the_end if found.status == "undecided" else "decided",
        )
    raise ScoresError(f"there were fewer samples than the {len(looks)} looks that were planned")


def _looked_for(verdict: VerdictOf, sample: tuple[Scores, ...], rules: Rules, *, is_last: bool) -> Verdict | None:
    """Return the verdict under these rules; None where the items do not allow the measurement yet."""
    asked = rules.confidence
    try:
        with using(rules):
            found: Any = verdict(*sample)
    except _NOT_YET:
        if is_last:
            raise
        return None
    if not isinstance(found, Verdict):
        raise TypeError(
            f"verdict must return a Verdict, such as that of scores.ece().below(0.05), got {found!r}; "
            "a plain comparison knows no error rate"
        )
    if found.measurement.confidence < asked - 1e-12:
        raise ScoresError(
            f"verdict judges {found.measurement.name} at the level {100 * found.measurement.confidence:g}%, but a look "
            f"that is one of several needs {100 * asked:.4g}%; leave the level out: the rules in force set it"
        )
    return found


def _tell_nobody(_: Observation) -> None:
    return None


def _in_words(found: Verdict, look: Look, times: int, most: int) -> str:
    looked = {1: "once", 2: "twice"}.get(times, f"{times} times")
    items = f"{most} {'item' if most == 1 else 'items'}"
    if found.status == "undecided":
        return f"looked at {looked}, it was not decided after all {items}"
    return f"looked at {looked}, it was decided after {look.items} of at most {items}"
