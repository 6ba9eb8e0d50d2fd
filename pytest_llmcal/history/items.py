"""Item scores: what each scored subject of a run said about each of its items, kept beside the run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pytest_llmcal.history.item_file import read_scores, write_scores
from pytest_llmcal.history.keys import calibrator_family
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.hiding_groups import left_out_by_group

Subject = tuple[str | None, str | None, str | None, str | None, str | None, str | None]


def items_path(run: str | Path) -> Path:
    """Return where the item scores of a run lie: beside it, named like it.

    Examples
    --------
    >>> items_path("reports/latest/run.json").name, items_path("baselines/release-1.4.json").name
    ('run.items.parquet', 'release-1.4.items.parquet')
    """
    run = Path(run)
    return run.with_name(run.name.removesuffix(".json") + ".items.parquet")


@dataclass(frozen=True, eq=False)
class ItemScores:
    """The scores of all subjects of a run, each once.

    Attributes
    ----------
    scores : tuple of Scores
        Each says in ``about`` whose answers they are, to what, after which calibrator and of which group.

    Examples
    --------
    >>> kept = ItemScores.of([Scores([0.9], [1], ids=["a"]), Scores([0.9], [1], ids=["a"])])
    >>> len(kept.scores)
    1
    """

    scores: tuple[Scores, ...] = ()

    @classmethod
    def of(cls, scores: Iterable[Scores]) -> ItemScores:
        """Keep each of these once, in an order of their own: it does not matter who measured first.

        A group of items is left out where all of them are kept, as it can be taken out of those.
        """
        by_digest = {digest(one): one for one in scores}
        for name in _in_another(by_digest):
            del by_digest[name]
        return cls(
            tuple(by_digest[name] for name in sorted(by_digest, key=lambda name: (_order(by_digest[name]), name)))
        )

    @classmethod
    def beside(cls, run: str | Path) -> ItemScores:
        """Read the item scores of a run; none where none were kept.

        Raises
        ------
        ItemFileError
            If the file beside the run holds none.
        """
        path = items_path(run)
        return cls(read_scores(path)) if path.is_file() else cls()

    @classmethod
    def joined(cls, parts: Iterable[ItemScores]) -> ItemScores:
        """Put the item scores of several runs together."""
        return cls.of(chain.from_iterable(part.scores for part in parts))

    def write_beside(self, run: str | Path) -> Path | None:
        """Write the file beside a run and return its path; of none there is no file, and an old one goes."""
        path = items_path(run)
        if not self.scores:
            path.unlink(missing_ok=True)
            return None
        return write_scores(self.scores, path)

    def updated(self, new: ItemScores) -> ItemScores:
        """Put the subjects of a new run in place of the same ones; others stay."""
        replaced = {subject_of(one) for one in new.scores}
        return ItemScores.of([*(one for one in self.scores if subject_of(one) not in replaced), *new.scores])

    def of_subject(self, subject: Subject) -> Iterator[Scores]:
        """Yield the scores of a subject: several where it was scored in more than one way."""
        model, task, split, group, calibrator, method = subject
        for one in self.scores:
            if subject_of(one) == subject:
                yield one
            elif group is not None and subject_of(one) == (model, task, split, None, calibrator, method):
                yield from _part(one, group)


def _in_another(by_digest: Mapping[str, Scores]) -> list[str]:
    """Return the names of those that are a group of others."""
    groups = {name: one for name, one in by_digest.items() if one.about.group is not None}
    whole = ItemScores(tuple(one for one in by_digest.values() if one.about.group is None))
    return [name for name, one in groups.items() if name in map(digest, whole.of_subject(subject_of(one)))]


def _part(whole: Scores, group: str) -> Iterator[Scores]:
    """Yield the items of a group, which is found by its name and may be a group of a group."""
    prefix = f"{whole.about.group}, " if whole.about.group else ""
    for attribute, members in whole.groups.items():
        for member in dict.fromkeys(members):
            name = f"{attribute}={member}"
            if f"{group}, ".startswith(f"{prefix}{name}, "):  # a name may begin another
                rows = [place for place, other in enumerate(members) if other == member]
                part = whole._group(name, rows, left_out_by_group(whole, (attribute,))((member,)))
                if part.about.group == group:
                    yield part
                else:
                    yield from _part(part, group)


def subject_of(scores: Scores) -> Subject:
    """Return model, task, split, group, family of the calibrator and confidence method.

    Not what differs between revisions.
    """
    about = scores.about
    family = calibrator_family(about.calibrator)
    return about.model, about.task, about.split, about.group, family, about.confidence_method


def digest(scores: Scores) -> str:
    """Return a hash of everything that is kept of scores."""
    found = hashlib.sha256(repr(scores.about).encode())
    for array in (scores.confidence, scores.correct):
        found.update(array.tobytes())
    if scores.choices is not None:
        found.update(scores.choices.values.tobytes())
        found.update(scores.choices.labels.tobytes())
    groups: Mapping[str, tuple[str, ...]] = scores.groups
    found.update(repr((scores.ids, scores.clusters, sorted(groups.items()))).encode())
    found.update(repr((scores.outcomes, sorted(scores.left_out.items()))).encode())
    return found.hexdigest()[:16]


def _order(scores: Scores) -> tuple[str, ...]:
    return tuple(part or "" for part in (*subject_of(scores), scores.about.data, scores.about.calibrator))
