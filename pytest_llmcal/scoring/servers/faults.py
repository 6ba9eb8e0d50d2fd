"""What went wrong, and whether it passes."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.servers.key import COMMON, OWN

_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses of a server that is busy, or that starts."""

_LONGEST = 300
"""Characters of a server's own message."""


class PassingError(Exception):
    """A fault that may be gone the next time.

    Attributes
    ----------
    wait : float or None
        Seconds that the server asks to be left alone.
    """

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class RefusedError(ModelError):
    """A server does not answer this very request, and would not the next time.

    Attributes
    ----------
    status : int
        Its status code.
    """

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


def fault_of(response: httpx.Response, *, longest_wait: float, with_key: bool) -> Exception:
    """Tell what a status other than 200 means."""
    status, text = response.status_code, f"status {response.status_code}: {_message(response)}"
    if status in _PASSING:
        wait = retry_after(response.headers.get("Retry-After"))
        if wait is not None and wait > longest_wait:
            return ModelError(f"{text}; it asks to be left alone for {wait:.0f} seconds, so run again later")
        return PassingError(text, wait)
    if status in (401, 403):
        hint = "the key is not accepted" if with_key else f"set {OWN}, or {COMMON} for an address of https"
        return ModelError(f"{text}; {hint}")
    if response.is_redirect:
        return ModelError(f"{text}; it sends to another address, which is not followed: name that one")
    return RefusedError(text, status)


def retry_after(value: str | None) -> float | None:
    """Read a header ``Retry-After``: seconds, or a date; None where there is none that can be read.

    Examples
    --------
    >>> retry_after("2"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after("soon")
    (2.0, 0.0, None)
    """
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(until.tzinfo and timezone.utc)).total_seconds())


def parsed(response: httpx.Response) -> dict[str, Any]:
    """Read an answer; one that breaks off is a fault that may pass."""
    try:
        answer = response.json()
    except ValueError:  # UnicodeDecodeError is one too
        raise PassingError(f"an answer of {len(response.content)} bytes that is no whole JSON") from None
    if not isinstance(answer, dict):
        raise ModelError(f"an answer that is no JSON object: {str(answer)[:_LONGEST]}")
    if "error" in answer and "choices" not in answer and "data" not in answer:  # some proxies say so with status 200
        raise PassingError(f"an error in place of an answer: {str(answer['error'])[:_LONGEST]}")
    return answer


def _message(response: httpx.Response) -> str:
    """Return what the server says of it: in ``error.message``, or whatever it sent."""
    try:
        found: Any = response.json()
    except ValueError:
        found = response.text
    for key in ("error", "message"):
        if isinstance(found, dict):
            found = found.get(key) or found
    text = " ".join(str(found).split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
