"""What a run with gates says in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.options import OPTIONS
from pytest_llmcal.plugin.output import shown
from pytest_llmcal.plugin.stash import COLLECTOR, OUTPUT, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.records import Gate, Run
    from pytest_llmcal.report.summary import Judged


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the models, where the command line has any word for this plugin."""
    if all(getattr(config.option, option.ini, None) is None for option in OPTIONS):
        return None
    settings = config.stash[SETTINGS]
    limit = "" if settings.limit is None else f", at most {settings.limit} items of a split"
    return f"llmcal: {', '.join(settings.models)}{limit}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show one row a model, what is wrong with the run, and where the report lies."""
    output = config.stash.get(OUTPUT, None)
    if output is None:
        return
    terminalreporter.write_sep("=", "calibration")
    for line in table(output.run):
        terminalreporter.write_line(line)
    for line in unusual_answers(output.run):
        terminalreporter.write_line(line)
    if "correction" in output.run.environment:
        terminalreporter.write_line(f"refuting was corrected for many gates: {output.run.environment['correction']}")
    refusal = config.stash[COLLECTOR].refusal()
    for line in (*output.run.problems, *output.failures):
        if line != f"{refusal}.":  # said below
            terminalreporter.write_line(line, red=True)
    if refusal is not None:
        terminalreporter.write_line(f"The run fails: {refusal}.", red=True)
    for note in config.stash[COLLECTOR].notes:
        terminalreporter.write_line(f"note: {note}")
    for what, path in output.written:
        terminalreporter.write_line(f"{what}: {shown(path, config)}")


def table(run: Run) -> Iterator[str]:
    """Lay out the verdicts of a run, one row a model."""
    from pytest_llmcal.report.summary import judged_models

    rows = [_HEAD, *(_row(model) for model in judged_models(run))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for model, *counts, worst in rows:
        cells = [
            model.ljust(widths[0]),
            *(count.rjust(width) for count, width in zip(counts, widths[1:-1], strict=True)),
        ]
        yield "  ".join([*cells, worst]).rstrip()


def unusual_answers(run: Run) -> Iterator[str]:
    """Say of each set of answers how many are none to judge as they stand, and how many items are left out."""
    from pytest_llmcal.report import wording

    for subject in run.subjects:
        if said := wording.unusual(subject.portrait):
            yield f"{subject.model or '(no model)'}, {wording.answers(subject)}: {said}"


_HEAD = ("model", "gates", "holds", "refuted", "undecided", "errors", "not judged", "worst gate")
_TONES = ("holds", "refuted", "undecided", "error", "skipped")


def _row(judged: Judged) -> Sequence[str]:
    from pytest_llmcal.report import wording

    tones = Counter(wording.verdict(gate).tone for gate in judged.gates)
    counts = (len(judged.gates), *(tones[tone] for tone in _TONES))
    return (judged.name or "(no model)", *map(str, counts), _described(judged.worst) if judged.worst else "")


def _described(gate: Gate) -> str:
    from pytest_llmcal.report import wording
    from pytest_llmcal.report.summary import decisive

    record = decisive(gate)
    gate_in_suite = f"{gate.suite} {gate.name}"
    if record is None:
        return gate_in_suite
    limit = "" if record.limit is None else f", limit {record.limit:.4g}"
    return f"{gate_in_suite}: {wording.subject(record)} {record.estimate:.4f}{limit}"
