"""How long a report takes to write and how large it is, for runs that grow.

    python -m benchmarks.report [--rounds 3]

Seconds are those of the processor, the least of the rounds. Each model's first gate has a reliability diagram.
Twenty records a gate are what one has that judges every group by itself. Growth is linear where seconds and
bytes a gate do not rise from row to row.
"""

from __future__ import annotations

import argparse
import time

from pytest_llmcal.records import Run
from pytest_llmcal.report import render
from tests.grid_runs import grid

# Models and gates of each.
PLAIN = ((1, 1), (1, 50), (10, 50), (20, 50), (50, 50), (100, 50), (200, 50))
TWENTY = ((1, 50), (10, 50), (20, 50), (50, 50), (100, 50))


def measured(whole: Run, rounds: int) -> tuple[float, int]:
    """Return the processor's seconds, and the bytes."""
    seconds, size = [], 0
    for _ in range(rounds):
        start = time.process_time()
        size = len(render(whole).encode("utf-8"))
        seconds.append(time.process_time() - start)
    return min(seconds), size


def main() -> int:
    """Print a table for each kind of run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    measured(grid(1, 1), 1)  # templates are read once
    for title, records, sizes in (("one record a gate", 1, PLAIN), ("twenty records a gate", 20, TWENTY)):
        print(f"\n{title}\n{'models':>7} {'gates':>7} {'seconds':>9} {'MB':>7} {'ms a gate':>10} {'bytes a gate':>13}")
        for models, gates in sizes:
            seconds, size = measured(grid(models, gates, records), rounds)
            total = models * gates
            print(
                f"{models:>7} {total:>7,} {seconds:>9.2f} {size / 1e6:>7.2f} {1e3 * seconds / total:>10.2f} "
                f"{size / total:>13,.0f}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
