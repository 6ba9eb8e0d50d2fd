"""From this process to a Ray cluster: one that there is, or one of this machine alone."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.threads import allowed_cores, cgroup_quota, share

LOOPBACK = "127.0.0.1"


class Connection:
    """Connects when it is first needed, and disconnects unless someone else had connected before.

    Parameters
    ----------
    address : str or None
        Of a cluster: ``"HOST:PORT"``, or ``"auto"`` for the one that this machine is in; by default one
        is started on this machine for as long as it is needed.

    Raises
    ------
    ModelError
        The package ray is not installed.
    """

    def __init__(self, address: str | None) -> None:
        if find_spec("ray") is None:
            raise ModelError("the engine ray needs the package ray: pip install 'pytest-llmcal[ray]'")
        self.address = address
        self._own = False

    def open(self) -> Any:
        """Connect where this process is not, and return the module ``ray``.

        Raises
        ------
        ModelError
            No cluster answers at the address.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray starts; nothing is told to anyone
        ray: Any = import_module("ray")
        if ray.is_initialized():
            return ray
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        if self.address is None:
            cores = share(allowed_cores(), cgroup_quota(), 1)
            ray.init("local", num_cpus=cores, include_dashboard=False, _node_ip_address=LOOPBACK, **quiet)
        else:
            try:
                ray.init(self.address, **quiet)
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise ModelError(
                    f"no Ray cluster answers at {self.address!r}: {type(error).__name__}: "
                    f"{str(error).strip().partition(chr(10))[0]}"
                ) from error
        self._own = True
        return ray

    def close(self) -> None:
        """Disconnect; a cluster of this machine alone ends."""
        if self._own:
            self._own = False
            import_module("ray").shutdown()
