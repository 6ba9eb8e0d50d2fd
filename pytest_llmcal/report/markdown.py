"""A run's answer in Markdown, for the summary that a CI service shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from pytest_llmcal.records import Run
from pytest_llmcal.report.findings import Finding, findings, one_line
from pytest_llmcal.report.numbers import plural
from pytest_llmcal.report.summary import STATES, Judged, Suite, headline, judged_models, suites_of

MOST_BYTES = 1024 * 1024
"""GitHub shows no summary of a step that is longer."""


def append(run: Run, path: str | Path, report: str | None = None) -> Path:
    """Append the summary of a run to a file, keeping what others wrote there.

    Parameters
    ----------
    run : Run
        What is summed up.
    path : str or Path
        Made, with its folder, where needed.
    report : str, optional
        Where the full report lies.

    Returns
    -------
    Path
        The file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        written = file.tell()
        file.write(f"{chr(10) * 2 if written else ''}{markdown(run, report, MOST_BYTES - written - 2)}".encode())
    return path


def markdown(run: Run, report: str | None = None, most_bytes: int = MOST_BYTES) -> str:
    """Return the summary: the answer, a table of models and suites, and what stands in the way.

    The table and the lists are HTML, which Markdown passes through as it is, and every text that is not
    ours stands in ``<code>``. So nothing in a name or an error can become markup, a mention, a
    reference or a link, and no character breaks the table.

    Parameters
    ----------
    run : Run
        What is summed up.
    report : str, optional
        Where the full report lies: an address that starts with ``https://`` becomes a link.
    most_bytes : int
        Bound on its size in UTF-8. What does not fit is counted; the answer is always there.

    Returns
    -------
    str
        Ends with a line break.
    """
    rows = judged_models(run)
    told = findings(run)
    first = f"## {headline(run, rows)}\n"
    last = f"\n<p>{_report(report)}</p>\n" if report else ""
    room = most_bytes - len((first + last).encode()) - _FRAME
    if room < 0:
        return first
    table = _fitting([_head(suites_of(run)), *map(_row, rows)], room // 2, "model") if rows else []
    problems = _fitting([f"<li>{_code(problem)}</li>" for problem in run.problems], room // 8, "problem")
    gates = _fitting([_item(finding) for finding in told], room - _size([*table, *problems]), "gate")
    parts = [first]
    parts += _block("table", table)
    parts += _block("ul", problems)
    parts += _block("ul", gates)
    return "".join(parts) + last


_FRAME = 200  # bytes of the tags around table and lists


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _fitting(lines: Sequence[str], room: int, what: str) -> list[str]:
    """Return as many lines as there is room for, and one that counts the rest."""
    if _size(lines) <= room:
        return list(lines)
    kept, used = [], _REST
    for line in lines:
        used += _size([line])
        if used > room:
            break
        kept.append(line)
    rest = f"and {plural(len(lines) - len(kept), what)} more, in <code>run.json</code>"
    tag = "<tr><td>{}</td></tr>" if what == "model" else "<li>{}</li>"
    return [*kept, tag.format(rest)]


_REST = 100  # bytes of the line that counts


def _block(tag: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "\n".join(["", f"<{tag}>", *lines, f"</{tag}>", ""])


def _head(suites: Sequence[str]) -> str:
    return f"<tr><th>model</th><th>verdict</th>{''.join(f'<th>{_code(suite)}</th>' for suite in suites)}</tr>"


def _row(row: Judged) -> str:
    name = "no model" if row.name is None else _code(row.name)
    cells = "".join(f"<td>{_counts(suite)}</td>" for suite in row.suites)
    return f"<tr><td>{name}</td><td>{STATES[row.state].word if row.name is not None else ''}</td>{cells}</tr>"


def _counts(suite: Suite) -> str:
    return ", ".join(label.counted(count) for label, count in suite.counts)


def _item(finding: Finding) -> str:
    gate = finding.gate
    model = "" if gate.model is None else f" on {_code(gate.model)}"
    where = f"{_code(finding.gate.name)} in {_code(gate.suite)}{model}"
    return f"<li><b>{finding.verdict}</b>: {where}. {_code(finding.sentence)}</li>"


def _code(text: str) -> str:
    return f"<code>{escape(one_line(text))}</code>"


def _report(where: str) -> str:
    linked = where.startswith("https://")
    return f'<a href="{escape(where)}">The full report</a>' if linked else f"The full report: {_code(where)}"
