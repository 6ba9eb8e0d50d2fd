"""A run on a cluster that is killed in between: started by ``test_two_nodes.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from watched import requests, small_chunks

from pytest_llmcal.scoring import RayEngine, cached_model

if __name__ == "__main__":
    address, folder = sys.argv[1], Path(sys.argv[2])
    with small_chunks(folder / "log", 0.3):
        cached = cached_model(
            "world/gpt2", device="cpu", cache_dir=folder / "cache", engine=RayEngine(address, workers=2)
        )
        cached.log_likelihoods(requests())
