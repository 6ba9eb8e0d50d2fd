"""What the score cache is kept in: SQLite, or Arrow files that are renamed into place.

    python -m benchmarks.cache_storage [--results 100000] [--chunk 4096] [--repeats 3]

Results (a key of 32 bytes, a sum, a number of tokens) are written chunk by chunk, each so that it survives a kill: in
SQLite a transaction of the store that the package uses, in Arrow a file of its own that is synced and renamed. Then a
fresh process looks all of them up, another looks up 1,000 of them, and two processes write a half each at once. Every
subject runs in a fresh interpreter that has imported what it needs; the least processor time of the repeats counts.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

RESULTS, CHUNK, FEW = 100_000, 4_096, 1_000
Batch = dict[bytes, bytes]


def batches(first: int, last: int, chunk: int) -> Iterator[Batch]:
    """Results of one run, chunk by chunk."""
    for start in range(first, last, chunk):
        numbers = range(start, min(start + chunk, last))
        yield {hashlib.sha256(str(number).encode()).digest(): struct.pack("<dQ", -number / 7, 3) for number in numbers}


class InSqlite:
    """The package's own store."""

    def __init__(self, folder: Path) -> None:
        from pytest_llmcal.scoring.cache import Store

        self._store = Store(folder)

    def keep(self, batch: Mapping[bytes, bytes]) -> None:
        """Keep a chunk."""
        self._store.keep(b"model", batch)

    def find(self, keys: list[bytes]) -> Batch:
        """Look results up."""
        return self._store.find(keys)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()


class InArrow:
    """A file a chunk; what is known is found by reading them all once, with the same checksums."""

    def __init__(self, folder: Path) -> None:
        import_module("pyarrow.ipc")  # before the clock runs
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: Batch | None = None

    def keep(self, batch: Mapping[bytes, bytes]) -> None:
        """Keep a chunk."""
        import os

        import pyarrow as pa

        from pytest_llmcal.scoring.cache.sealing import sealed

        values = [sealed(key, value) for key, value in batch.items()]
        table = pa.table({"key": pa.array(list(batch), pa.binary(32)), "value": pa.array(values, pa.binary())})
        name = hashlib.sha256(b"".join(batch)).hexdigest()
        draft = self._folder / f"{name}.{os.getpid()}"
        with draft.open("wb") as file:
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{name}.arrow")

    def find(self, keys: list[bytes]) -> Batch:
        """Look results up."""
        from pytest_llmcal.scoring.cache.sealing import unsealed

        if self._known is None:
            self._known = self._read()
        found = ((key, unsealed(key, self._known.get(key))) for key in keys)
        return {key: value for key, value in found if value is not None}

    def _read(self) -> Batch:
        import pyarrow as pa

        known: Batch = {}
        for path in self._folder.glob("*.arrow"):
            with pa.memory_map(str(path)) as file:
                table = pa.ipc.open_file(file).read_all()
            known.update(zip(table["key"].to_pylist(), table["value"].to_pylist(), strict=True))
        return known

    def close(self) -> None:
        """Nothing is open."""


SUBJECTS: dict[str, Callable[[Path], InSqlite | InArrow]] = {"SQLite": InSqlite, "Arrow": InArrow}


def work(subject: str, task: str, folder: Path, results: int, chunk: int) -> str:
    """Do one thing, and return processor and wall seconds."""
    store = SUBJECTS[subject](folder)
    first, last = {"first half": (0, results // 2), "second half": (results // 2, results)}.get(task, (0, results))
    parts = list(batches(first, last if task != "few" else FEW, chunk))
    wall, cpu = time.perf_counter(), time.process_time()
    for part in parts:
        if task in ("all", "few"):
            if store.find(list(part)) != part:
                raise RuntimeError("a result was lost")
        else:
            store.keep(part)
    store.close()
    return f"{time.process_time() - cpu} {time.perf_counter() - wall}"


def apart(subject: str, tasks: tuple[str, ...], folder: Path, options: argparse.Namespace) -> tuple[float, float]:
    """Do things at once in processes of their own; return all processor seconds, and the most wall seconds."""
    command = [sys.executable, "-m", "benchmarks.cache_storage", "--results", str(options.results)]
    command += ["--chunk", str(options.chunk), "--folder", str(folder), "--subject", subject, "--task"]
    started = [subprocess.Popen([*command, task], stdout=subprocess.PIPE, text=True) for task in tasks]
    printed = [process.communicate()[0] for process in started]
    seconds = [tuple(map(float, line.split())) for line in printed]
    return sum(cpu for cpu, _ in seconds), max(wall for _, wall in seconds)


STEPS = {
    "write": ("write",),
    "look all up": ("all",),
    "look 1,000 up": ("few",),
    "two write": ("first half", "second half"),
}


def measured(subject: str, options: argparse.Namespace) -> tuple[dict[str, tuple[float, float]], int]:
    """Return the least seconds of each step, and the bytes on disk."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as name:
            for step, tasks in STEPS.items():
                folder = Path(name) / ("two" if step == "two write" else "one")
                seconds = apart(subject, tasks, folder, options)
                best[step] = min(best.get(step, seconds), seconds)
            size = sum(path.stat().st_size for path in (Path(name) / "one").iterdir())
    return best, size


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=int, default=RESULTS)
    parser.add_argument("--chunk", type=int, default=CHUNK)
    parser.add_argument("--repeats", type=int, default=3)
    for hidden in ("folder", "subject", "task"):
        parser.add_argument(f"--{hidden}", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.subject:
        print(work(options.subject, options.task, Path(options.folder), options.results, options.chunk))
        return 0
    print(f"{options.results:,} results in chunks of {options.chunk:,}; processor seconds (wall seconds)")
    print(f"{'':8}" + "".join(f"{step:>18}" for step in STEPS) + f"{'megabytes':>12}")
    for subject in SUBJECTS:
        seconds, size = measured(subject, options)
        cells = "".join(f"{f'{cpu:.2f} ({wall:.2f})':>18}" for cpu, wall in seconds.values())
        print(f"{subject:8}{cells}{size / 1e6:>12.1f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
