"""A server of llama.cpp in a process of its own, that can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

CHAT_TEMPLATE = '{{ bos_token }}{% for message in messages %}{{ message["content"] }}{% endfor %} Tom said, "'
"""It leads to answers that begin with one of several letters, and names the begin token as templates do."""

FLAGS = {
    "--logits_all": "true",  # else no log-probabilities of the prompt
    "--type_k": "0",  # float32 in place of float16
    "--type_v": "0",
    "--n_gpu_layers": "0",
    "--n_ctx": "512",
    "--n_threads": "1",
    "--n_threads_batch": "1",
}


class LlamaServer:
    """``python -m llama_cpp.server`` on a free port.

    Parameters
    ----------
    file : Path
        The model.
    """

    def __init__(self, file: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def name(self) -> str:
        return f"openai:{self.url}#stories"

    def start(self) -> None:
        flags = [part for pair in FLAGS.items() for part in pair]
        command = [sys.executable, "-m", "llama_cpp.server", "--model", str(self._file), "--model_alias", "stories"]
        with (self._file.parent / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self._port), *flags],
                stdout=log,
                stderr=log,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
        for _ in range(600):
            try:
                httpx.get(f"{self.url}/models").raise_for_status()
                return
            except httpx.HTTPError:  # noqa: PERF203  # waiting costs more
                time.sleep(0.1)
        raise RuntimeError((self._file.parent / "log.txt").read_text(encoding="utf-8", errors="replace")[-2000:])

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> LlamaServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
