"""A model takes the threads that its process may have; nothing outside of the scorer notices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pytest_llmcal import load_model
from pytest_llmcal.scoring import ModelError, Request, threads
from pytest_llmcal.scoring.threads import SMALL, allowed_cores, cgroup_quota, most_threads, share, threads_for


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_small_model_runs_on_one_thread_and_a_large_one_on_all() -> None:
    with threads_for(SMALL - 1):
        assert torch.get_num_threads() == 1
    with threads_for(SMALL):
        assert torch.get_num_threads() == 2


def test_a_large_model_takes_no_more_than_its_share_and_no_more_than_torch_is_set_to() -> None:
    with threads_for(SMALL, 1):
        assert torch.get_num_threads() == 1
    with threads_for(SMALL, 64):
        assert torch.get_num_threads() == 2


def test_threads_are_put_back_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="out of order"), threads_for(1):
        raise RuntimeError("out of order")
    assert torch.get_num_threads() == 2


def test_scoring_the_embedded_model_uses_one_thread_and_leaves_two() -> None:
    seen: dict[int, int] = {}
    model = load_model("world/gpt2", device="cpu")
    model.log_likelihoods(
        [Request("1", "Who keeps", " bees")], lambda done, _: seen.update({done: torch.get_num_threads()})
    )
    assert seen[1] == 1
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("given", "used"), [(1, 1), (2, 2), (3, 2)])
def test_a_model_is_loaded_with_a_number_of_threads(given: int, used: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "SMALL", 0)
    seen: set[int] = set()
    model = load_model("world/gpt2", device="cpu", threads=given)
    model.log_likelihoods(
        [Request("1", "Who keeps", " bees")], lambda done, _: done and seen.add(torch.get_num_threads())
    )
    assert seen == {used}


def test_no_threads_are_an_error() -> None:
    with pytest.raises(ModelError, match="threads is 0; allowed is 1 or more"):
        load_model("world/gpt2", device="cpu", threads=0)


def test_the_tightest_of_cores_and_quota_is_divided_in_whole_threads() -> None:
    assert share(16, None, 1) == 16
    assert share(16, 2.5, 1) == 2
    assert share(2, 8.0, 1) == 2
    assert share(16, None, 5) == 3
    assert share(16, 0.5, 1) == 1
    assert share(2, None, 8) == 1


def test_the_workers_of_xdist_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed_cores", lambda: 12)
    monkeypatch.setattr(threads, "cgroup_quota", lambda: 8.0)
    assert most_threads(environment={}) == 8
    assert most_threads(environment={"PYTEST_XDIST_WORKER_COUNT": "4"}) == 2
    assert most_threads(2, environment={"PYTEST_XDIST_WORKER_COUNT": "4"}) == 4


def test_what_the_user_says_by_environment_stands() -> None:
    assert most_threads(environment={"OMP_NUM_THREADS": "7", "PYTEST_XDIST_WORKER_COUNT": "9"}) is None
    assert most_threads(environment={"OMP_NUM_THREADS": ""}) is not None


def test_cores_are_counted_by_affinity_and_not_by_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)
    assert allowed_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert allowed_cores() == 128


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def quota_of(folder: Path, membership: str, **files: str) -> float | None:
    for name, text in files.items():
        written(folder / "groups" / name.replace("__", "/").replace("_dot_", "."), text)
    return cgroup_quota(written(folder / "membership", membership), folder / "groups")


def test_a_quota_of_version_2_is_read_of_the_group_and_of_all_above(tmp_path: Path) -> None:
    own = {"a__b__cpu_dot_max": "400000 100000\n", "a__cpu_dot_max": "150000 100000\n", "cpu_dot_max": "max 100000\n"}
    assert quota_of(tmp_path, "0::/a/b\n", **own) == 1.5


def test_a_container_that_sees_its_own_group_as_the_root_is_limited_by_it(tmp_path: Path) -> None:
    assert quota_of(tmp_path / "1", "0::/\n", cpu_dot_max="200000 100000\n") == 2.0
    assert quota_of(tmp_path / "2", "0::/docker/0123\n", cpu_dot_max="200000 100000\n") == 2.0


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_a_quota_of_version_1_is_read_where_the_controller_is(controllers: str, tmp_path: Path) -> None:
    for name, text in {"cpu.cfs_quota_us": "250000\n", "cpu.cfs_period_us": "100000\n"}.items():
        written(tmp_path / "groups" / "cpu" / "jobs" / name, text)
    membership = f"12:cpuset:/elsewhere\n4:{controllers}:/jobs/7\n0::/\n"
    assert quota_of(tmp_path, membership) == 2.5


def test_no_limit_is_none(tmp_path: Path) -> None:
    assert cgroup_quota(tmp_path / "no such file", tmp_path) is None
    assert quota_of(tmp_path / "1", "0::/a\n", a__cpu_dot_max="max 100000\n") is None
    written(tmp_path / "2" / "groups" / "cpu" / "cpu.cfs_quota_us", "-1\n")
    written(tmp_path / "2" / "groups" / "cpu" / "cpu.cfs_period_us", "100000\n")
    assert quota_of(tmp_path / "2", "1:cpu:/\n") is None
    assert quota_of(tmp_path / "3", "3:cpuset:/x\n") is None
