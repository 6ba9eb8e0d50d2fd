"""How many threads a model may take: from what the process is allowed, never from the cores of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

MEMBERSHIP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")

SMALL = 5_000_000
"""Weights below which a model is run by one thread of the CPU."""


@contextmanager
def threads_for(parameters: int, most: int | None = None) -> Iterator[None]:
    """Set torch's threads for a model for the span of a ``with`` block, and put them back as they were.

    A small model runs on one: its operations take microseconds, after each of which threads wait for
    one another. On an idle machine a second thread made the embedded model 1.6 times faster; beside one busy
    process it made it 3 to 20 times slower.

    Parameters
    ----------
    parameters : int
        Number of the model's weights.
    most : int, optional
        Most threads of a larger one; never are there more than torch is set to.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1 if parameters < SMALL else min(before, most or before))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def most_threads(at_once: int | None = None, environment: Mapping[str, str] = os.environ) -> int | None:
    """Say how many threads of the CPU this process may take; None where ``OMP_NUM_THREADS`` has said it.

    Parameters
    ----------
    at_once : int, optional
        Processes that share the CPU; by default the workers of pytest-xdist.
    environment : mapping of str to str
        Where variables are looked up.

    Examples
    --------
    >>> most_threads(at_once=1_000_000, environment={})
    1
    >>> most_threads(environment={"OMP_NUM_THREADS": "4"}) is None
    True
    """
    if environment.get("OMP_NUM_THREADS"):
        return None
    workers = int(environment.get("PYTEST_XDIST_WORKER_COUNT", "1")) if at_once is None else at_once
    return share(allowed_cores(), cgroup_quota(), workers)


def share(cores: int, quota: float | None, at_once: int) -> int:
    """Divide what there is among processes, in whole threads, at least one for each.

    Parameters
    ----------
    cores : int
        Cores that the process may run on.
    quota : float or None
        Seconds of CPU that it gets in a second; None if any number.
    at_once : int
        Processes that share them.

    Examples
    --------
    >>> share(64, 4.0, 1), share(8, None, 3), share(8, 1.5, 4)
    (4, 2, 1)
    """
    return max(1, int((cores if quota is None else min(cores, quota)) / at_once))


def allowed_cores() -> int:
    """Count the cores that this process may run on; all of them where the system has no such notion."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cgroup_quota(membership: Path = MEMBERSHIP, root: Path = CGROUPS) -> float | None:
    """Return the seconds of CPU that this process gets in a second, as a container's limit is set.

    Of the process's control group and all above it, the tightest counts.

    Parameters
    ----------
    membership : Path
        What the kernel says of the groups that the process is in, version 1 and 2.
    root : Path
        Where control groups are mounted. A container may see its own group as the root, whatever its name outside.

    Returns
    -------
    float or None
        None where nothing is limited.
    """
    if not membership.is_file():
        return None
    quotas: list[float | None] = []
    for line in membership.read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            groups = [group for base in (root, root / "unified") for group in _and_above(base, path)]
            quotas += [_ratio(*(group / "cpu.max").read_text().split()) for group in groups if _has(group, "cpu.max")]
        elif "cpu" in controllers.split(","):
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            groups = [group for group in _and_above(root / "cpu", path) if _has(group, *names)]
            quotas += [_ratio(*((group / name).read_text().strip() for name in names)) for group in groups]
    return min((quota for quota in quotas if quota is not None), default=None)


def _and_above(base: Path, path: str) -> list[Path]:
    below = PurePosixPath(path.lstrip("/"))
    return [base / below, *(base / parent for parent in below.parents)] if below.parts else [base]


def _has(group: Path, *names: str) -> bool:
    return all((group / name).is_file() for name in names)


def _ratio(quota: str, period: str) -> float | None:
    """Divide microseconds of CPU by those of the period; "max" and -1 are no limit.

    >>> _ratio("150000", "100000"), _ratio("max", "100000"), _ratio("-1", "100000")
    (1.5, None, None)
    """
    return None if quota in ("max", "-1") else int(quota) / int(period)
