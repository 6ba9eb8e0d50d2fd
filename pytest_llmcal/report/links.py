"""Where things stand on the page, or on which page of a folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.records import Run
from pytest_llmcal.report.summary import Judged

FOLDER = "models"
"""Where the pages of models lie in a report of many files."""

_LONGEST = 60  # of a part of a file name: a system allows 255 bytes, some archives fewer


@dataclass(frozen=True)
class Links:
    """Addresses as the front page writes them.

    Attributes
    ----------
    pages : tuple of str
        File of each row's page, relative to the front page; empty where all is one page.
    """

    pages: tuple[str, ...]
    gates: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, run: Run, rows: Sequence[Judged], *, one_page: bool) -> Links:
        """Find the addresses of everything in a run."""
        number_of = {row.name: row.number for row in rows}
        gates = {gate.nodeid: (place, number_of[gate.model]) for place, gate in enumerate(run.gates, start=1)}
        pages = () if one_page else tuple(f"{FOLDER}/{row.number}-{safe_name(row.name)}.html" for row in rows)
        return cls(pages, gates)

    def model(self, row: Judged) -> str:
        """Return where a model's own section begins."""
        return self.pages[row.number - 1] if self.pages else f"#m{row.number}"

    def suite(self, row: Judged, place: int) -> str:
        """Return where the ``place``-th suite of a model begins, from 1."""
        return f"{self._page(row.number)}#m{row.number}s{place}"

    def gate(self, nodeid: str) -> str:
        """Return where a gate stands."""
        place, row = self.gates[nodeid]
        return f"{self._page(row)}#g{place}"

    def _page(self, number: int) -> str:
        return self.pages[number - 1] if self.pages else ""


def safe_name(name: str | None) -> str:
    """Return a part of a file name that no system, archive or address reads as anything else.

    Examples
    --------
    >>> safe_name("world/gpt2"), safe_name("../../etc/passwd"), safe_name("<b>"), safe_name(None)
    ('world-gpt2', 'etc-passwd', 'b', 'no-model')
    """
    plain = unicodedata.normalize("NFKD", name or "no model").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST].strip("-") or "model"
