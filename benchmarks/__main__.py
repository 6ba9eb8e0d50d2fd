"""Run every benchmark in turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run each module beside this one in a fresh interpreter; return the worst exit status."""
    worst = 0
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        print(f"\n== {path.stem} ==", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], check=False).returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
