"""How many replicas a cluster has room for, and how much of it each takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.protocol import ModelError


@dataclass(frozen=True)
class Room:
    """What replicas take.

    Attributes
    ----------
    replicas : int
        Their number.
    cores : int
        Cores of each, which are its threads too.
    gpus : int
        GPUs of each.
    """

    replicas: int
    cores: int
    gpus: int


def room_for(nodes: Sequence[Mapping[str, float]], device: str, workers: int | None) -> Room:
    """Divide a cluster among replicas.

    Parameters
    ----------
    nodes : sequence of mappings of str to float
        What each node has, by Ray's names: ``"CPU"``, ``"GPU"``.
    device : str
        Kind of device that the replicas compute on.
    workers : int or None
        Number of replicas; by default one a GPU, or one a node with all of its cores.

    Raises
    ------
    ModelError
        There is no room for that many.

    Examples
    --------
    >>> room_for([{"CPU": 8, "GPU": 2}, {"CPU": 8, "GPU": 2}], "cuda", None)
    Room(replicas=4, cores=1, gpus=1)
    >>> room_for([{"CPU": 8}, {"CPU": 4}], "cpu", None), room_for([{"CPU": 8}, {"CPU": 4}], "cpu", 5)
    (Room(replicas=2, cores=4, gpus=0), Room(replicas=5, cores=2, gpus=0))
    """
    what = "GPU" if device == "cuda" else "CPU"
    amounts = [int(node.get(what, 0)) for node in nodes if node.get(what, 0) >= 1]
    room = sum(amounts)
    wanted = workers or (room if what == "GPU" else len(amounts))
    if not 1 <= wanted <= room:
        raise ModelError(
            f"the Ray cluster has {room} {what}s on {len(nodes)} nodes, and {max(wanted, 1)} replicas with one {what} "
            f"at least were asked for"
        )
    if what == "GPU":
        return Room(wanted, 1, 1)
    cores = max(each for each in range(1, max(amounts) + 1) if sum(amount // each for amount in amounts) >= wanted)
    return Room(wanted, cores, 0)
