"""Two runs side by side, as text for a terminal and as Markdown for a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_llmcal.measurement import MOST_LEFT_OUT, said_of_left_out
from pytest_llmcal.report.numbers import number, percent, plural
from pytest_llmcal.report.wording import subject

if TYPE_CHECKING:
    from pytest_llmcal.history.comparing import Change, RunComparison

_HEAD = ("verdict", "measurement", "then", "now", "change", "interval", "decided by")


def headline(compared: RunComparison) -> str:
    """Return the answer in one sentence."""
    worse, improved = len(compared.worse), len(compared.improved)
    if worse:
        rest = f", {improved} improved" if improved else ""
        return f"{worse} of {plural(len(compared.changes), 'measurement')} became worse{rest}"
    if improved:
        return f"{improved} of {plural(len(compared.changes), 'measurement')} improved, none became worse"
    return f"No change larger than noise in {plural(len(compared.changes), 'measurement')}"


def text(compared: RunComparison) -> list[str]:
    """Return a comparison as lines for a terminal."""
    rows = [_HEAD, *map(_row, _ordered(compared.changes))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [_plain(line) for line in (f"{headline(compared)}.", *_notes(compared), "", *table)]


def markdown(compared: RunComparison) -> list[str]:
    """Return a comparison as lines of Markdown, in which names are text alone."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(tuple(map(_cell, _row(change))) for change in _ordered(compared.changes))]
    table = [f"| {' | '.join(row)} |" for row in rows]
    notes = [f"- {_cell(note)}" for note in _notes(compared)]
    return [f"### {_cell(headline(compared))}", "", *table, "", *notes]


def _ordered(changes: Iterable[Change]) -> list[Change]:
    from pytest_llmcal.history.comparing import IMPROVED, NOISE, WORSE

    return sorted(changes, key=lambda change: (WORSE, IMPROVED, NOISE).index(change.verdict))


def _row(change: Change) -> tuple[str, ...]:
    now, difference = change.now, change.difference
    where = " on ".join(part for part in (now.model, now.task) if part)
    return (
        change.verdict,
        f"{subject(now)}{f' of {where}' if where else ''}",
        number(change.then.estimate),
        number(now.estimate),
        _signed(float(difference)),
        f"{_signed(difference.low)} to {_signed(difference.high)}",
        "more left out" if change.hides_more else f"{change.test}, p={min(change.p_worse, change.p_better):.2g}",
    )


def _notes(compared: RunComparison) -> list[str]:
    rate = percent((1.0 - compared.level) / 2.0)
    notes = [
        f"Of {compared.new.source} beside {compared.old.source}, at {percent(compared.level)}. All changes share one "
        f"error rate (Holm): where nothing changed, anything is called worse in at most {rate} of comparisons."
    ]
    if compared.renamed is not None:
        notes.append(f"{compared.renamed[1]} is compared with {compared.renamed[0]}, the one model of the earlier run.")
    if any(change.test == "exchange test" for change in compared.changes):
        notes.append(
            "A change of ECE is judged by exchanging the answers of both models, item by item; its interval stands "
            "for any two models and is wider."
        )
    notes += dict.fromkeys(
        _left_out(change) for change in compared.changes if change.then.left_out or change.now.left_out
    )
    reasons = [change.why_unpaired for change in compared.changes if change.why_unpaired is not None]
    notes += [f"{reasons.count(why)} not paired, so less can be told: {why}." for why in dict.fromkeys(reasons)]
    for run, kept in (("the earlier run", compared.old), ("the newer run", compared.new)):
        if not kept.run.complete:
            notes.append(f"{run.capitalize()} is incomplete: {' '.join(kept.run.problems)}")
    for run, nodeids in (("the earlier run", compared.only_old), ("the newer run", compared.only_new)):
        if nodeids:
            more = f" and {len(nodeids) - 3} more" if len(nodeids) > 3 else ""
            notes.append(f"Only in {run}: {', '.join(nodeids[:3])}{more}.")
    if compared.left_out:
        notes.append(f"Not compared: {'; '.join(compared.left_out)}.")
    return notes


def _left_out(change: Change) -> str:
    said = [said_of_left_out(one.left_out, one.n) or f"none of {one.n} items" for one in (change.then, change.now)]
    counts = "as then" if said[0] == said[1] else f"then {said[0]}"
    if not change.hides_more:
        return f"Now {said[1]}; {counts}."
    return (
        f"Now {said[1]}; {counts}: where a run leaves out more than {100 * MOST_LEFT_OUT:g}%, and more than the one "
        "before, it is called worse, whatever the other items say."
    )


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0.0 else number(value)


def _plain(line: str) -> str:
    """Return a line without what would end it or steer a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _cell(sentence: str) -> str:
    """Put every word that Markdown, or a forge, could take for more than text into a span of code."""
    return " ".join(word if _WORD.fullmatch(word) else _code(word) for word in _plain(sentence).split(" "))


# Letters, digits and signs that mean nothing; no underscore, and no colon but at the end.
_WORD = re.compile(r"(?!www\.)(?:[^\W_]|[.,;%=()+'\N{MINUS SIGN}-])*:?", re.IGNORECASE)


def _code(word: str) -> str:
    return "`" + word.replace("`", "'").replace("|", "\\|") + "`"
