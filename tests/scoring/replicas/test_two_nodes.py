"""On a cluster of two nodes: the answers of this process, whoever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from watched import CHUNK, lines, requests, small_chunks, wait_until

from pytest_llmcal.scoring import GenerationOptions, LogLikelihood, ModelError, RayEngine, Request, cached_model

pytest.importorskip("ray", reason="the extra ray is not installed")

pytestmark = [
    pytest.mark.slow,
    # Ray leaves handles of the processes that it starts, and of their logs, to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

HERE = Path(__file__).parent


class LentEngine:
    """Gives one model to many cached ones: starting replicas is what takes long."""

    def __init__(self, engine: RayEngine) -> None:
        self.resolved = engine.resolved
        self._engine, self._model = engine, None

    def load(self, name: str, **options: Any) -> Any:
        self._model = self._model or self._engine.load(name, **options)
        self._model.close = lambda: None
        return self._model

    def wait_for_all(self) -> None:
        """Wait until the replica that takes another's place is there."""
        self._model._crew.wait_for_all()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "include_dashboard": False}
    started = Cluster(initialize_head=True, head_node_args=node)
    started.add_node(**node)
    yield started
    started.shutdown()


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Iterator[LentEngine]:
    ray_engine = RayEngine(cluster.address, workers=2)
    yield LentEngine(ray_engine)
    ray_engine.close()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> list[LogLikelihood]:
    """What this process answers in the same chunks."""
    folder = tmp_path_factory.mktemp("here")
    return run(folder, None, seconds=0.0)


def run(folder: Path, engine: Any, seconds: float) -> list[LogLikelihood]:
    with small_chunks(folder / "log", seconds):
        model = cached_model("world/gpt2", device="cpu", cache_dir=folder / "cache", engine=engine)
        try:
            return model.log_likelihoods(requests())
        finally:
            model.close()


def run_while(happens: Callable[[], object], folder: Path, engine: Any) -> list[LogLikelihood]:
    thread = Thread(target=happens)
    thread.start()
    try:
        return run(folder, engine, seconds=0.3)
    finally:
        thread.join()


def test_a_driver_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, cluster: Any, here: list[LogLikelihood], request: pytest.FixtureRequest
) -> None:
    driver = subprocess.Popen([sys.executable, HERE / "killed_driver.py", cluster.address, tmp_path])
    wait_until(lambda: len(lines(tmp_path / "log")) >= 6)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = len(lines(tmp_path / "log"))
    engine = request.getfixturevalue("engine")
    assert run(tmp_path, engine, seconds=0.0) == here
    chunks = len({line.item for line in lines(tmp_path / "log")})
    assert before < chunks
    assert len(lines(tmp_path / "log")) <= chunks + 2  # what the two replicas had


def test_the_answers_are_the_same_to_the_last_bit(tmp_path: Path, engine: Any, here: list[LogLikelihood]) -> None:
    assert run(tmp_path, engine, seconds=0.1) == here  # long enough for either to get a chunk
    asked = lines(tmp_path / "log")
    assert len({line.node for line in asked}) == 2
    assert len(asked) == len({line.item for line in asked}) >= len(requests()) // (2 * CHUNK)


def test_texts_and_tokens_are_the_same_too(tmp_path: Path, engine: Any) -> None:
    prompts = [("one", "Question: Who keeps"), ("two", "The river")]
    options = GenerationOptions(max_tokens=5, temperature=1.0, samples=2)
    there = cached_model("world/gpt2", device="cpu", cache_dir=tmp_path / "there", engine=engine)
    inside = cached_model("world/gpt2", device="cpu", cache_dir=tmp_path / "inside")
    assert there.generate(prompts, options) == inside.generate(prompts, options)
    assert there.next_tokens(prompts) == inside.next_tokens(prompts)
    assert there.facts == inside.facts
    there.close()
    inside.close()


def test_an_error_of_the_model_reads_as_it_does_here(tmp_path: Path, engine: Any) -> None:
    said = []
    for where in (engine, None):
        model = cached_model("world/gpt2", device="cpu", cache_dir=tmp_path / "cache", engine=where)
        with pytest.raises(ModelError, match="item 'long'") as caught:
            model.log_likelihoods([Request("short", "a", " b"), Request("long", "word " * 5_000, " b")])
        said.append(str(caught.value))
        model.close()
    assert said[0] == said[1]


def test_a_killed_actor_costs_its_chunk(tmp_path: Path, engine: Any, here: list[LogLikelihood]) -> None:
    def kill() -> None:
        asked = wait_until(lambda: lines(tmp_path / "log")[3:])
        os.kill(asked[-1].process, signal.SIGKILL)  # it has just begun

    assert run_while(kill, tmp_path, engine) == here
    asked = lines(tmp_path / "log")
    assert len(asked) == len({line.item for line in asked}) + 1


def test_a_killed_node_costs_its_chunk(tmp_path: Path, cluster: Any, engine: Any, here: list[LogLikelihood]) -> None:
    [node] = cluster.worker_nodes
    engine.wait_for_all()

    def kill() -> None:
        def there() -> bool:
            return any(line.node == node.node_id for line in lines(tmp_path / "log")[-1:])

        wait_until(there)
        cluster.remove_node(node, allow_graceful=False)

    assert run_while(kill, tmp_path, engine) == here
    asked = lines(tmp_path / "log")
    assert len(asked) <= len({line.item for line in asked}) + 1
    assert asked[-1].node != node.node_id
