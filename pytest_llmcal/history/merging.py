"""Joining the runs of several jobs into the run of all."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_llmcal.records import Attempt, Gate, ModelFacts, Run, Subject

MERGED = "merged runs"
"""Key of the note that a merged run's environment carries where its parts differ."""

NO_MODEL = "no model"
"""What stands in a nodeid in the place of the model, where a test's marker lets none of a run's models through."""


class MergeError(ValueError):
    """Runs cannot be merged; the text says which gate or model stands in the way."""


def merge(runs: Sequence[Run]) -> Run:
    """Join runs of different gates or models into the run of all.

    Parameters
    ----------
    runs : sequence of Run
        At least one. A gate or model in several of them must be the same in each; of a gate,
        that is the outcome and everything measured, but not how long it took or why it was skipped.

    Returns
    -------
    Run
        Gates and models by name, the earliest start, the summed seconds. It is complete if
        every part is. Where environments differ, each value is kept and a note says so, and
        texts for the report's reader stand below each other. Of a
        gate in several runs the quickest is kept, with the reasons of all where it was skipped.
        A test that was skipped for want of a model is left out if another run had one for it.

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
        context=_joined_context(run.context for run in runs),
        models=_joined_models(model for run in runs for model in run.models),
        gates=_joined_gates(gate for run in runs for gate in run.gates),
        subjects=_joined_subjects(subject for run in runs for subject in run.subjects),
    )


def _joined_gates(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    by_nodeid: dict[str, list[Gate]] = {}
    for gate in gates:
        by_nodeid.setdefault(gate.nodeid, []).append(gate)
    models = {gate.model for same in by_nodeid.values() for gate in same if gate.model is not None}
    joined = (_joined_gate(by_nodeid[nodeid]) for nodeid in sorted(by_nodeid))
    return tuple(gate for gate in joined if not _found_a_model(gate, models, by_nodeid))


def _joined_gate(same: Sequence[Gate]) -> Gate:
    """Return the quickest of gates that differ in time alone, with the reasons of all where they were skipped."""
    if any(_result(gate) != _result(same[0]) for gate in same):
        raise MergeError(f"gate {same[0].nodeid!r} has different results in two of the runs; keep one of them")
    quickest = min(same, key=lambda gate: [attempt.seconds for attempt in gate.attempts])
    messages = [_joined_messages(told) for told in zip(*map(_messages, same), strict=True)]
    attempts = zip(quickest.attempts, messages, strict=True)
    return replace(quickest, attempts=tuple(replace(attempt, message=message) for attempt, message in attempts))


def _result(gate: Gate) -> Gate:
    """Return a gate without what differs between jobs that agree: the time, and why it was skipped."""

    def result(attempt: Attempt) -> Attempt:
        return replace(attempt, seconds=0.0, message="" if attempt.outcome == "skipped" else attempt.message)

    return replace(gate, attempts=tuple(map(result, gate.attempts)))


def _messages(gate: Gate) -> list[str]:
    return [attempt.message for attempt in gate.attempts]


def _joined_messages(messages: Sequence[str]) -> str:
    if len(set(messages)) == 1:
        return messages[0]
    # By paragraphs and sorted, so that it does not matter which runs are merged first.
    return "\n\n".join(sorted({part for message in messages for part in message.split("\n\n")}))


def _found_a_model(gate: Gate, models: Iterable[str], nodeids: Container[str]) -> bool:
    """Tell whether a gate was skipped for want of a model in its run, while another run had a model for it."""
    skipped = gate.model is None and gate.outcome == "skipped" and NO_MODEL in gate.nodeid
    return skipped and any(gate.nodeid.replace(NO_MODEL, model) in nodeids for model in models)


def _joined_models(models: Iterable[ModelFacts]) -> tuple[ModelFacts, ...]:
    by_name: dict[str, ModelFacts] = {}
    for model in models:
        known = by_name.setdefault(model.name, model)
        if known != model:
            raise MergeError(f"model {model.name!r} differs between two of the runs: {known} and {model}")
    return tuple(by_name[name] for name in sorted(by_name))


def _joined_context(contexts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the texts under each heading, those of several runs below each other."""
    texts: dict[str, dict[str, None]] = {}
    for context in contexts:
        for heading, text in context.items():
            texts.setdefault(heading, {})[text] = None
    return {heading: "\n\n".join(told) for heading, told in texts.items()}


def _joined_subjects(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """Return each set of answers once, as the quickest run described it: the key says that they are the same."""
    by_key: dict[str, Subject] = {}
    for subject in sorted(
        subjects, key=lambda one: (one.key, one.seconds is None, one.seconds or 0.0, not one.examples)
    ):
        by_key.setdefault(subject.key, subject)
    return tuple(by_key.values())


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
