"""What can be set, and where: command line, environment and ini file.

Every option has three names: ``--llmcal-limit`` on the command line, ``LLMCAL_LIMIT`` in
the environment and ``llmcal_limit`` in the ini file. The first that is given counts, in
this order; ``settings.py`` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest


@dataclass(frozen=True)
class Option:
    """One thing that can be set.

    Attributes
    ----------
    name : str
        Name on the command line, after ``--llmcal-``.
    help : str
        What it does.
    metavar : str or None
        Placeholder of its value in the help.
    kind : {"one", "number", "many", "switch"}
        A single text or number, a list of texts, or on and off.
    key : str or None
        Name in the ini file and the environment, where it is another.
    """

    name: str
    help: str
    metavar: str | None = None
    kind: Literal["one", "number", "many", "switch"] = "one"
    key: str | None = None

    @property
    def flag(self) -> str:
        """Name on the command line."""
        return f"--llmcal-{self.name}"

    @property
    def ini(self) -> str:
        """Name in the ini file; also where pytest keeps the command line's value."""
        return self.key or f"llmcal_{self.name.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """Name in the environment."""
        return self.ini.upper()


OPTIONS: tuple[Option, ...] = (
    Option(
        "model",
        "gate this model: a folder, a hub name[@revision], world/..., recorded:answers.jsonl or openai:URL#NAME on a "
        "server; repeatable",
        "NAME",
        "many",
        "llmcal_models",
    ),
    Option("task", "take this task instead of every marker's, or instead of NAME; repeatable", "[NAME=]SOURCE", "many"),
    Option(
        "scores",
        "gate these answers and ask no model: samples of lm_eval, logs of Inspect, tables of scores, or a folder of "
        "logs; repeatable",
        "[NAME=]PATH",
        "many",
    ),
    Option(
        "calibrator",
        "gate a model together with the calibrator in this folder (by llmcal calibrate); repeatable",
        "[MODEL=]DIR",
        "many",
    ),
    Option(
        "device", "where models run: auto (CUDA where there is one), cpu, cuda, cuda:1, sharded (over all)", "DEVICE"
    ),
    Option(
        "dtype",
        "number format of the weights: auto, float32, bfloat16, float16; narrow on the CPU, its changes are counted",
        "DTYPE",
    ),
    Option("engine", "what runs models: this process (default), or replicas on a Ray cluster", "{local,ray}"),
    Option("ray-address", "Ray cluster to run on, HOST:PORT or auto (default: one of this machine alone)", "ADDRESS"),
    Option(
        "workers", "replicas of a model on the Ray cluster (default: one a GPU; without GPUs one a node)", "N", "number"
    ),
    Option("truncate", "what a prompt that is too long is: an error (default), or cut on the left", "{error,left}"),
    Option("chat", "put every prompt to the model as a user's turn, by its tokenizer's chat template", kind="switch"),
    Option("system", "system prompt before that turn; only with --llmcal-chat", "TEXT"),
    Option("seed", "seed of shuffled choices (default 0)", "N", "number"),
    Option("confidence", "level of the intervals, between 0 and 1 (default 0.95)", "LEVEL", "number"),
    Option(
        "confidence-method",
        "what says how sure a model is, on every task whose answers it is for and where no gate names another: "
        "p_true, margin, 'self_consistency(samples=20)' and so on (default: the probability of the answer)",
        "NAME",
    ),
    Option(
        "undecided",
        "what a verdict does to its test that too few items leave undecided (default fail)",
        "{fail,pass,skip}",
    ),
    Option(
        "correction",
        "how gates share one error rate, so that all together refute no more often in error than one: "
        "none (default), bonferroni or holm",
        "{none,bonferroni,holm}",
    ),
    Option("limit", "use at most this many items of each split", "N", "number"),
    Option("report", "folder of the report (default reports/latest); 'none' writes no report", "DIR"),
    Option(
        "report-assets",
        "write the report as a folder to serve: a page for each model, stylesheet and script beside them, so that "
        "it works under a strict content security policy",
        kind="switch",
    ),
    Option("no-texts", "leave prompts and choices out of run.json and the report; ids and numbers stay", kind="switch"),
    Option("json", "write run.json here too", "PATH"),
    Option(
        "summary",
        "append a summary in Markdown to this file (default: $GITHUB_STEP_SUMMARY where it is set); 'none' writes none",
        "PATH",
    ),
    Option("code-quality", "write what did not pass here, as a code quality report for GitLab", "PATH"),
    Option("baseline", "an earlier run for the baseline fixture: a name or a run.json", "NAME"),
    Option("baselines", "folder of named baselines (default baselines)", "DIR"),
    Option("baseline-update", "write what this run measured into the baseline", kind="switch"),
    Option("cache-dir", "folder of the score cache (default: one in the user's cache)", "DIR"),
    Option("cache-size", "how much the score cache may hold, for instance 500MB (default 1GB)", "SIZE", "number"),
    Option("no-cache", "neither read nor keep answers of models: compute them all", kind="switch"),
    Option("server-concurrency", "requests under way at once to a model on a server (default 8)", "N", "number"),
    Option(
        "server-timeout",
        "seconds that a server may be silent before it is asked again (default 60)",
        "SECONDS",
        "number",
    ),
    Option("server-budget", "most requests to each model on a server, repeated ones counted", "N", "number"),
    Option(
        "server-top-logprobs",
        "log-probabilities asked of a server in chat; all choices must be among them (default 20)",
        "N",
        "number",
    ),
    Option("require-gpu", "fail, instead of skip, gates that need a CUDA device where there is none", kind="switch"),
    Option("allow-empty", "let a run pass in which gates were collected and nothing was measured", kind="switch"),
)

# The table [tool.pytest] of pytest 9 is strictly typed; a number there needs quotes until pytest 9.2 knows unions.
_NUMBER = "string" if pytest.version_tuple < (9, 2) else str | int | float
_INI_TYPE: dict[str, Any] = {"one": "string", "number": _NUMBER, "many": "linelist", "switch": "bool"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer every option in all its places."""
    group = parser.getgroup("llmcal", "calibration gates for language models")
    for option in OPTIONS:
        # The default is None everywhere: only so does a 0 given on purpose differ from nothing given.
        if option.kind == "switch":
            group.addoption(option.flag, dest=option.ini, action="store_true", default=None, help=option.help)
        else:
            action = "append" if option.kind == "many" else "store"
            group.addoption(
                option.flag, dest=option.ini, action=action, default=None, metavar=option.metavar, help=option.help
            )
        parser.addini(option.ini, option.help, type=_INI_TYPE[option.kind], default=None)
