"""How a server is asked: how many questions at once, how long it is waited for, and how much it may cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_llmcal.scoring.protocol import ModelError


@dataclass(frozen=True)
class ServerOptions:
    """How a server is asked. No answer depends on it.

    Attributes
    ----------
    concurrency : int
        Requests under way at once, at least 1.
    timeout : float
        Seconds that a server may be silent before it is asked again, above 0.
    budget : int or None
        Most requests in all, those of the check at the beginning and repeated ones counted; None for any number.
    top_log_probabilities : int
        How many are asked for in chat, where every choice must be among them, at least 1.
    attempts : int
        How often a request is sent at most, at least 1.
    first_wait, longest_wait : float
        Seconds before the second attempt, doubled before each later one, and the most that is waited. Up to a second
        is added by chance, so that not all come again at once.

    Raises
    ------
    ModelError
        A value is not allowed.
    """

    concurrency: int = 8
    timeout: float = 60.0
    budget: int | None = None
    top_log_probabilities: int = 20
    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 60.0

    def __post_init__(self) -> None:
        for name in ("concurrency", "budget", "top_log_probabilities", "attempts"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ModelError(f"{name} is {value!r}; allowed are whole numbers of at least 1")
        if not 0 < self.timeout < math.inf:
            raise ModelError(f"timeout is {self.timeout!r}; allowed are numbers of seconds above 0")
