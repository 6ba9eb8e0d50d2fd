"""How a cluster is divided among replicas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError
from pytest_llmcal.scoring.replicas.room import room_for


@given(st.lists(st.integers(1, 64), min_size=1, max_size=8), st.integers(1, 40))
def test_all_replicas_fit_and_none_could_have_a_core_more(cores: list[int], workers: int) -> None:
    nodes = [{"CPU": float(each)} for each in cores]
    if workers > sum(cores):
        with pytest.raises(ModelError, match=f"has {sum(cores)} CPUs on {len(cores)} nodes"):
            room_for(nodes, "cpu", workers)
        return
    room = room_for(nodes, "cpu", workers)
    assert (room.replicas, room.gpus) == (workers, 0)
    assert sum(each // room.cores for each in cores) >= workers
    assert sum(each // (room.cores + 1) for each in cores) < workers


def test_where_there_is_no_gpu_no_replica_gets_one() -> None:
    with pytest.raises(ModelError, match="has 0 GPUs on 1 nodes, and 1 replicas with one GPU at least were asked for"):
        room_for([{"CPU": 8.0}], "cuda", None)
