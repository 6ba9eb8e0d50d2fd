"""``--llmcal-engine``: what is refused, and that replicas on this machine measure what one process measures."""

from __future__ import annotations

import pytest
from inner_runs import Project, seen

from pytest_llmcal.scoring import ModelError, RayEngine
from pytest_llmcal.scoring.replicas import connection

RAY = ("--llmcal-engine", "ray")
GATE = """
pytestmark = pytest.mark.llmcal(task="world/qa")

def test_gate(scores):
    assert scores.accuracy() > 0.1
"""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--llmcal-engine", "spark"), "--llmcal-engine must be one of local, ray, got 'spark'."),
        (("--llmcal-workers", "2"), "--llmcal-workers needs --llmcal-engine ray."),
        (("--llmcal-ray-address", "auto"), "--llmcal-ray-address needs --llmcal-engine ray."),
        ((*RAY, "--llmcal-workers", "0"), "--llmcal-workers must be a whole number of at least 1, got '0'."),
        ((*RAY, "--llmcal-ray-address", " "), "--llmcal-ray-address must not be empty."),
        (
            (*RAY, "-n", "1"),
            "--llmcal-engine ray does not go with the workers of pytest-xdist (-n): each would have replicas of its "
            "own; leave -n out.",
        ),
        (RAY, "--llmcal-engine: the engine ray needs the package ray: pip install 'pytest-llmcal[ray]'."),
    ],
)
def test_what_an_engine_cannot_do_is_a_usage_error_of_one_sentence(
    project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)  # as where the extra is not installed
    project.gates(GATE)
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {sentence}" in result.errlines


def test_devices_that_a_replica_cannot_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: "found")
    for device in ("sharded", "cuda:1"):
        with pytest.raises(ModelError, match=f"device '{device}' was asked for, .* allowed are auto, cpu, cuda"):
            RayEngine().resolved(device, "auto")


@pytest.mark.slow
def test_replicas_on_this_machine_measure_the_same_and_what_they_answered_needs_none_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    project.write("conftest.py", "import sys\ndef pytest_unconfigure():\n    print('RAY', 'ray' in sys.modules)\n")
    project.gates(GATE)
    few = ("--llmcal-limit", "20", "--llmcal-device", "cpu")
    for name, cache, *engine in (("ray", "one", *RAY), ("again", "one", *RAY), ("local", "two")):
        monkeypatch.setenv("LLMCAL_CACHE_DIR", str(project.folder / cache))
        result = project.run_apart(*few, "--llmcal-json", f"{name}.json", *engine)
        result.assert_outcomes(passed=1)
        assert f"RAY {name == 'ray'}" in seen(result)
    there, again, here = (project.result(f"{name}.json") for name in ("ray", "again", "local"))
    assert there.gates[0].records == again.gates[0].records == here.gates[0].records
    assert there.environment["engine"] == "ray"
    assert there.models == here.models
