"""Which item of one model's scores is which of the other's."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.scores.errors import ScoresError

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def matched(this: Scores, baseline: Scores) -> tuple[Scores, Scores]:
    """Return both scores with their items in the order of the first, and with the same clusters.

    An item that one of them leaves out is left out of both, and both say so.

    Raises
    ------
    ScoresError
        If ids are missing or differ, an item has different right answers, the data are others, or
        the clusters differ.
    """
    this, baseline = _both_answered(this, baseline)
    rows = rows_of(baseline, this)
    if len(baseline) > len(this):
        known = set(this.ids or ())
        more = [identity for identity in baseline.ids or () if identity not in known]
        raise ScoresError(
            f"this model has no score on the item {more[0]!r}{_and_more(more)}, and the baseline has; "
            "a paired comparison needs the same items of both"
        )
    _same_answers(this, rows)
    _same_data(this, rows)
    clusters = _common_clusters(this, rows)
    return this._with(clusters=clusters), rows._with(clusters=clusters)


def _both_answered(this: Scores, baseline: Scores) -> tuple[Scores, Scores]:
    if not this.left_out and not baseline.left_out:
        return this, baseline
    by_baseline = {identity: f"{reason} by the baseline" for identity, reason in baseline.left_out.items()}
    left_out = MappingProxyType(by_baseline | dict(this.left_out))
    groups = MappingProxyType(dict(baseline.left_out_groups) | dict(this.left_out_groups))
    pair = []
    for scores in (this, baseline):
        kept = [row for row, identity in enumerate(scores.ids or ()) if identity not in left_out]
        if scores.ids is not None and not kept:
            raise ScoresError("this model and the baseline have no item in common that neither of them leaves out")
        whole = scores.ids is None or len(kept) == len(scores)
        pair.append(
            (scores if whole else scores._take(np.array(kept)))._with(left_out=left_out, left_out_groups=groups)
        )
    return pair[0], pair[1]


def rows_of(known: Scores, wanted: Scores) -> Scores:
    """Return the baseline's scores of the wanted items, in their order.

    Raises
    ------
    ScoresError
        If one of the two has no ids, or the baseline lacks an item; the text names the first.
    """
    if known.ids is None or wanted.ids is None:
        who = "the baseline" if wanted.ids else "this model" if known.ids else "both"
        raise ScoresError(
            f"a paired comparison matches items by id, and the scores of {who} have none; make them with ids=[...], "
            "the same for the same item"
        )
    place = {identity: row for row, identity in enumerate(known.ids)}
    missing = [identity for identity in wanted.ids if identity not in place]
    if missing:
        raise ScoresError(f"the baseline has no score on the item {missing[0]!r}{_and_more(missing)}")
    return known._take(np.array([place[identity] for identity in wanted.ids]))


def _and_more(offenders: list[str]) -> str:
    return f", nor on {len(offenders) - 1} more" if len(offenders) > 1 else ""


def _same_answers(this: Scores, baseline: Scores) -> None:
    if this.choices is None or baseline.choices is None:
        return
    differ = this.choices.labels != baseline.choices.labels
    if differ.any():
        row = int(differ.argmax())
        count = int(differ.sum())
        more = f", and {count - 1} more items have two as well" if count > 1 else ""
        raise ScoresError(
            f"the item {(this.ids or ())[row]!r} has two right answers: choice {this.choices.labels[row]} for this "
            f"model and choice {baseline.choices.labels[row]} for the baseline{more}; they were not asked the same"
        )


def _same_data(this: Scores, baseline: Scores) -> None:
    here, there = this.about.data, baseline.about.data
    if here is not None and there is not None and here != there:
        raise ScoresError(
            f"the ids are the same and the data are not: this model was scored on the items with fingerprint {here}, "
            f"the baseline on those with fingerprint {there}; score both on the same items"
        )


def _common_clusters(this: Scores, baseline: Scores) -> tuple[str, ...] | None:
    """Return the clusters of either; where both have some, they must put the same items together."""
    if this.clusters is None or baseline.clusters is None:
        return this.clusters or baseline.clusters
    there: dict[str, str] = {}
    here: dict[str, str] = {}
    for row, (ours, theirs) in enumerate(zip(this.clusters, baseline.clusters, strict=True)):
        if there.setdefault(ours, theirs) != theirs or here.setdefault(theirs, ours) != ours:
            raise ScoresError(
                f"the item {(this.ids or ())[row]!r} is in the cluster {ours!r} of this model and {theirs!r} of the "
                "baseline, which do not hold the same items; give both the same clusters"
            )
    return this.clusters
