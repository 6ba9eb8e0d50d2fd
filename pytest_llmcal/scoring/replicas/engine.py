"""``RayEngine``: loads models on a Ray cluster."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from pytest_llmcal.scoring.accelerator import resolved
from pytest_llmcal.scoring.folders import EMBEDDED
from pytest_llmcal.scoring.loading import load_model
from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.replicas.connection import Connection
from pytest_llmcal.scoring.replicas.crew import Crew
from pytest_llmcal.scoring.replicas.model import RayModel
from pytest_llmcal.scoring.replicas.room import room_for

_DEVICES = ("auto", "cpu", "cuda")


class RayEngine:
    """Runs replicas of a model in processes of a Ray cluster.

    Every node needs this package in the same version, and the model: under the same path, or from the hub.

    Parameters
    ----------
    address : str, optional
        Of a cluster: ``"HOST:PORT"``, or ``"auto"`` for the one that this machine is in; by default one
        is started on this machine for as long as it is needed.
    workers : int, optional
        Number of replicas; by default one a GPU, or where there is none one a node, with all of its cores.

    Raises
    ------
    ModelError
        The package ray is not installed, or ``workers`` is less than 1.

    Examples
    --------
    ``cached_model("world/gpt2", engine=RayEngine(workers=2))`` is a model whose replicas answer.

    >>> RayEngine(workers=0)
    Traceback (most recent call last):
    pytest_llmcal.scoring.protocol.ModelError: workers is 0; allowed is 1 or more
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ModelError(f"workers is {workers}; allowed is 1 or more")
        self._connection = Connection(address)
        self._workers = workers

    def resolved(self, device: str, dtype: str) -> tuple[str, str]:
        """Return kind of device and precision that replicas will have, ``"auto"`` worked out on the cluster.

        Raises
        ------
        ModelError
            A device is asked for that replicas cannot have, or no such precision is known.
        """
        if device not in _DEVICES:
            raise ModelError(
                f"device {device!r} was asked for, and Ray gives each replica a device of its own; allowed are "
                f"{', '.join(_DEVICES)}"
            )
        if device == "cpu":
            return resolved(device, dtype)
        ray = self._connection.open()
        if device == "auto":
            device = "cuda" if ray.cluster_resources().get("GPU", 0) >= 1 else "cpu"
        if device == "cpu":
            return resolved(device, dtype)
        task = ray.remote(num_cpus=0, num_gpus=1)(resolved)
        try:
            place, precision = ray.get(task.remote(device, dtype))
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        return place, precision

    def load(self, name: str | Path, **options: Any) -> RayModel:
        """Load a model on the cluster; returns once the first replica has it.

        Parameters
        ----------
        name : str or Path
        **options
            As for ``load_model``; ``threads`` does not count, as each replica takes the cores that Ray gives it.

        Raises
        ------
        ModelError
            As ``load_model``; or there is no room for the replicas, or none could be started.
        """
        options.pop("threads", None)
        inspect.signature(load_model).bind(name, **options)  # a wrong name is this caller's error, not a replica's
        device, options["dtype"] = self.resolved(options.get("device", "auto"), options.get("dtype", "auto"))
        options["device"] = device
        ray = self._connection.open()
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        if not str(name).startswith(EMBEDDED) and Path(name).is_dir():
            name = Path(name).resolve()  # replicas work in folders of their own
        crew = Crew(ray, room_for(nodes, device, self._workers), str(name), options)
        try:
            crew.wait_for_one()
        except BaseException:
            crew.close()
            raise
        return RayModel(crew, device)

    def close(self) -> None:
        """Disconnect; a cluster of this machine alone ends. Models must be closed before."""
        self._connection.close()
