"""Writes what a session saw: the report, run.json, what CI services read, the baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_llmcal.plugin.baseline import update_baseline
from pytest_llmcal.plugin.environment import context_of, environment_of
from pytest_llmcal.plugin.junit import tell_run
from pytest_llmcal.plugin.services import append_summary, write_code_quality
from pytest_llmcal.plugin.stash import COLLECTOR, ITEMS, OUTPUT, SETTINGS
from pytest_llmcal.records import Run


@dataclass
class Output:
    """What was written.

    Attributes
    ----------
    run : Run
        What the session saw.
    written : list of (str, Path)
        What, and where.
    failures : list of str
        What could not be written, and why.
    """

    run: Run
    written: list[tuple[str, Path]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def attempt(self, what: str, write: Callable[[], Path]) -> None:
        """Write one thing; a failure is told in the terminal, where a traceback would only hide the results."""
        try:
            self.written.append((what, write()))
        except (OSError, ValueError) as error:  # the errors of runs and baselines are values that do not fit
            self.failures.append(f"the {what} could not be written: {error}")
        except Exception as error:  # a mistake in a template must not take the results of the tests with it
            self.failures.append(f"the {what} could not be written: {type(error).__name__}: {error}")


@pytest.hookimpl(tryfirst=True)  # pytest writes JUnit XML at this point, and it tells of the run too
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write, however the session ended; nothing at all when it had no gate."""
    collector = session.config.stash.get(COLLECTOR, None)
    if collector is None or not collector.used:
        return
    output = Output(collector.run(environment_of(session.config), context_of(session.config)))
    session.config.stash[OUTPUT] = output
    tell_run(session.config, output.run)
    _write(session.config, output)
    _tell(session.config, output)
    if output.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _write(config: pytest.Config, output: Output) -> None:
    settings = config.stash[SETTINGS]
    report, json, baseline = settings.report, settings.json, settings.baseline
    summary, code_quality = settings.summary, settings.code_quality
    if report is not None:
        output.attempt("report", lambda: _report(config, output.run, report, assets=settings.report_assets))
    if json is not None:
        output.attempt("run.json", lambda: _with_items(config, output.run.write(json)))
    if summary is not None:
        where = None if report is None else shown(report / "index.html", config)
        output.attempt("summary", lambda: append_summary(output.run, summary, where))
    if code_quality is not None:
        output.attempt("code quality report", lambda: write_code_quality(config, output.run, code_quality))
    if baseline is not None and settings.baseline_update:
        output.attempt("baseline", lambda: update_baseline(config, baseline, output.run))


def shown(path: Path, config: pytest.Config) -> str:
    """Shorten a path to what can be typed from where pytest was started."""
    try:
        return str(path.relative_to(config.invocation_params.dir))
    except ValueError:
        return str(path)


def _report(config: pytest.Config, run: Run, folder: Path, *, assets: bool) -> Path:
    from pytest_llmcal import report

    page = report.write(run, folder, assets=assets)
    _with_items(config, folder / "run.json")
    return page


def _with_items(config: pytest.Config, run: Path) -> Path:
    """Write the item scores beside a run that was just written, or take away those of the run before it."""
    spool = config.stash[ITEMS]
    if spool.is_empty:
        run.with_name(run.name.removesuffix(".json") + ".items.parquet").unlink(missing_ok=True)
    else:
        spool.joined().write_beside(run)
    return run


def _tell(config: pytest.Config, output: Output) -> None:
    """Hand the run to whoever wants it; a failure is told like one of writing."""
    try:
        config.hook.pytest_llmcal_run(run=output.run, config=config)
    except Exception as error:  # the run is on disk, and its tests say what they said
        output.failures.append(f"the run could not be handed on: {type(error).__name__}: {error}")
