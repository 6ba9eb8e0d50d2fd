"""The summary in Markdown, rendered as GitHub does: what it says, and that no text in it is more than text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.cli import main
from pytest_llmcal.records import Run
from pytest_llmcal.report.findings import one_line
from pytest_llmcal.report.markdown import MOST_BYTES, append, markdown
from tests.sample_runs import HOSTILE, REFUTED, UNDECIDED, gate, record, run, two_models

OURS = {"h2", "table", "tbody", "tr", "th", "td", "ul", "li", "b", "code", "p"}
TRAPS = (
    HOSTILE,
    "a|b\\|c\n\nd",
    "</code></td></table>",
    "```\n# heading",
    "@everyone and me@example.org",
    "#123 GH-123 owner/repo#1 0123456789abcdef0123456789abcdef01234567",
    "https://evil.example www.evil.example [x](https://evil.example) ![x](y.png) <https://evil.example>",
    "*bold* _it_ ~~gone~~ :smile: &lt;b&gt; &#64;me",
    "\ud800 lone",
    " \t\n ",
    "long " * 200_000,
)


class Rendered(HTMLParser):
    """The tags of a page, the cells of its table, its list, and its text inside and outside ``<code>``."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.items: list[str] = []
        self.outside = ""
        self._open: list[str] = []
        options = Options.CMARK_OPT_UNSAFE  # raw HTML is passed through, as GitHub does before it sanitises
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=options))
        self.close()
        assert self._open == [], "a tag is not closed"

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"}:
            self.rows[-1].append("")
        elif tag == "li":
            self.items.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self._open or "th" in self._open:
            self.rows[-1][-1] += data
        elif "li" in self._open:
            self.items[-1] += data
        if "code" not in self._open:
            self.outside += data


def test_it_answers_shows_models_by_suites_and_says_in_a_sentence_what_stands_in_the_way() -> None:
    shown = Rendered(markdown(two_models(), "reports/latest/index.html"))
    assert "1 of 2 models may be released" in shown.outside
    assert shown.rows == [
        ["model", "verdict", "suites/dialogue", "suites/qa"],
        ["world/gpt2", "may be released", "", "1 skipped, 3 hold"],
        ["world/gpt2-overfit", "may not be released", "1 error, 1 undecided, 1 fails as expected", "1 refuted"],
    ]
    assert sorted(shown.items) == [
        "error: test_breaks in suites/dialogue on world/gpt2-overfit. ModelError: too long",
        "refuted: test_confidence_can_be_trusted in suites/qa on world/gpt2-overfit. "
        "The claim that ECE is at most 0.05 is refuted: it was measured as 0.121 on 2000 items.",
        "undecided: test_needs_more_items in suites/dialogue on world/gpt2-overfit. "
        "The claim that ECE is at most 0.05 is undecided.",
    ]
    assert "The full report: " in shown.outside
    assert shown.tags <= OURS


def test_an_incomplete_run_says_why() -> None:
    stopped = run(gate("test_a", record()), complete=False, problems=("The run was stopped: KeyboardInterrupt.",))
    shown = Rendered(markdown(stopped))
    assert "This run is incomplete, so it releases no model" in shown.outside
    assert shown.items == ["The run was stopped: KeyboardInterrupt."]


def test_what_was_undecided_and_let_pass_is_named_too() -> None:
    shown = Rendered(markdown(run(gate("test_a", UNDECIDED, outcome="passed"))))
    assert [item.partition(" in ")[0] for item in shown.items] == ["undecided, let pass: test_a"]


def test_a_run_without_gates_has_no_empty_table_or_list() -> None:
    assert markdown(run()) == "## No gate was run\n"


def test_an_address_becomes_a_link_and_a_path_does_not() -> None:
    linked = markdown(two_models(), 'https://ci.example/artifacts/1?a=1&b="2"')
    assert '<a href="https://ci.example/artifacts/1?a=1&amp;b=&quot;2&quot;">The full report</a>' in linked
    assert "<a" not in markdown(two_models(), "javascript:alert(1)")


def hostile(text: str) -> Run:
    return run(
        gate(text, REFUTED, outcome="failed", model=text, suite=text),
        gate("test_b", outcome="error", message=text, model=text, suite=text),
        complete=False,
        problems=(text,),
    )


@pytest.mark.parametrize("trap", TRAPS, ids=range(len(TRAPS)))
def test_hostile_texts_stay_texts(trap: str) -> None:
    text = markdown(hostile(trap))
    shown = Rendered(text)
    assert shown.tags <= OURS
    assert [len(row) for row in shown.rows] == [3, 3]
    assert shown.rows[1][0] == one_line(trap)
    # Neither GitHub nor GitLab looks for mentions and references in code: nothing of it may stand elsewhere.
    assert sorted(shown.outside) == sorted(Rendered(markdown(hostile("harmless"))).outside)
    assert len(text.encode()) < 30_000


@given(st.text(), st.text())
def test_any_text_stays_text(model: str, message: str) -> None:
    shown = Rendered(markdown(run(gate("test_a", outcome="error", message=message, model=model))))
    assert shown.tags <= OURS
    assert shown.rows[1][0].strip() == one_line(model)
    assert len(shown.items) == 1


@pytest.mark.parametrize("most_bytes", [300, 3000, 30_000, 300_000])
def test_it_keeps_its_bound_and_counts_what_it_leaves_out(most_bytes: int) -> None:
    many = [gate(f"test_{number}", REFUTED, outcome="failed", model=f"m{number}") for number in range(2000)]
    text = markdown(run(*many), "reports/latest/index.html", most_bytes)
    assert len(text.encode()) <= most_bytes
    shown = Rendered(text)
    assert "None of 2000 models may be released" in shown.outside
    if most_bytes > 300:
        kept = [item for item in shown.items if item.startswith("refuted")]
        assert shown.items[-1] == f"and {2000 - len(kept):,} gates more, in run.json"
        assert 3 < len(kept) < 2000


def test_it_is_appended_and_what_others_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "summary.md"
    append(two_models(), path)
    alone = path.read_text(encoding="utf-8")
    assert alone == markdown(two_models())
    path.write_text("| a table |\n|---|\n| of others |", encoding="utf-8")
    append(two_models(), path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("| a table |\n|---|\n| of others |\n\n## ")
    assert text.endswith(alone)


def test_a_file_that_is_nearly_full_gets_what_fits(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * (MOST_BYTES - 2000), encoding="utf-8")
    many = [gate(f"test_{number}", REFUTED, outcome="failed") for number in range(100)]
    append(run(*many), path)
    assert path.stat().st_size <= MOST_BYTES
    assert path.read_text(encoding="utf-8").endswith(" gates more, in <code>run.json</code></li>\n</ul>\n")


def test_the_command_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = two_models().write(tmp_path / "run.json")
    assert main(["summary", str(path), "--report", "https://ci.example"]) == 0
    assert capsys.readouterr().out == markdown(Run.read(path), "https://ci.example")
