"""Markup as its elements and its text, so that tests can say what a page is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Elements(HTMLParser):
    """The elements of a page in order, and everything that it shows.

    Attributes
    ----------
    skeleton : list of tuple
        Of each element its tag and the names of its attributes.
    attributes : list of dict
        Of each element what its attributes hold.
    texts : list of str
        What stands between the tags.
    """

    skeleton: list[tuple[str, ...]] = field(default_factory=list)
    attributes: list[dict[str, str | None]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skeleton.append((tag, *(name for name, _ in attrs)))
        self.attributes.append(dict(attrs))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:80]!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data[:80]!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data[:80]!r}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def elements_of(html: str) -> Elements:
    """Read a page or a part of one."""
    read = Elements()
    read.feed(html)
    read.close()
    return read
