"""Joining the runs of several jobs into the run of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pytest_llmcal.records import Gate, ModelFacts, Run

MERGED = "merged runs"
"""Key of the note that a merged run's environment carries where its parts differ."""


class MergeError(ValueError):
    """Runs cannot be merged; the text says which gate or model stands in the way."""


def merge(runs: Sequence[Run]) -> Run:
    """Join runs of different gates or models into the run of all.

    Parameters
    ----------
    runs : sequence of Run
        At least one. A gate or model in several of them must be the same in each.

    Returns
    -------
    Run
        Gates and models by name, the earliest start, the summed seconds. It is complete if
        every part is. Where environments differ, each value is kept and a note says so.

    Raises
    ------
    MergeError
        If there is no run, or two runs hold different results of one gate, or different
        facts of one model.
    """
    if not runs:
        raise MergeError("there is no run to merge; name at least one")
    return Run(
        started=min(run.started for run in runs),
        seconds=sum(run.seconds for run in runs),
        complete=all(run.complete for run in runs),
        problems=tuple(dict.fromkeys(problem for run in runs for problem in run.problems)),
        environment=_joined_environment([run.environment for run in runs]),
        models=_joined_models(model for run in runs for model in run.models),
        gates=_joined_gates(gate for run in runs for gate in run.gates),
    )


def _joined_gates(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    by_nodeid: dict[str, Gate] = {}
    for gate in gates:
        if by_nodeid.setdefault(gate.nodeid, gate) != gate:
            raise MergeError(f"gate {gate.nodeid!r} has different results in two of the runs; keep one of them")
    return tuple(by_nodeid[nodeid] for nodeid in sorted(by_nodeid))


def _joined_models(models: Iterable[ModelFacts]) -> tuple[ModelFacts, ...]:
    by_name: dict[str, ModelFacts] = {}
    for model in models:
        known = by_name.setdefault(model.name, model)
        if known != model:
            raise MergeError(f"model {model.name!r} differs between two of the runs: {known} and {model}")
    return tuple(by_name[name] for name in sorted(by_name))


def _joined_environment(environments: Sequence[Mapping[str, str]]) -> dict[str, str]:
    joined, differing = {}, []
    for name in dict.fromkeys(name for environment in environments for name in environment):
        values = [environment.get(name, "not stated") for environment in environments]
        joined[name] = " | ".join(dict.fromkeys(values))
        if len(set(values)) > 1:
            differing.append(name)
    if differing:
        joined[MERGED] = f"{len(environments)}, which differ in {', '.join(differing)}"
    return joined
