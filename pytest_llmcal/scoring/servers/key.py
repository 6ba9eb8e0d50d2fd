"""The key that a server asks for: from the environment, to the server, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_llmcal.scoring.servers.address import ServerAddress

if TYPE_CHECKING:
    import httpx

OWN = "LLMCAL_API_KEY"
"""Meant for the server that is gated, whichever that is."""

COMMON = "OPENAI_API_KEY"
"""Often in the environment for other reasons, so that it is never sent where others could read it."""


class ApiKey:
    """A secret that shows itself in no text.

    Parameters
    ----------
    secret : str
        Empty for none.

    Examples
    --------
    >>> key = ApiKey("sk-123")
    >>> key, key.scrubbed("no such key: sk-123")
    (ApiKey(***), 'no such key: ***')
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return "ApiKey(***)" if self._secret else "ApiKey()"

    def scrubbed(self, text: str) -> str:
        """Return a text without the secret."""
        return text.replace(self._secret, "***") if self._secret else text

    def authorize(self, request: httpx.Request) -> httpx.Request:
        """Add the secret to a request that is about to be sent."""
        if self._secret:
            request.headers["Authorization"] = f"Bearer {self._secret}"
        return request


def key_for(address: ServerAddress, environment: Mapping[str, str] = os.environ) -> ApiKey:
    """Find the key for a server.

    Examples
    --------
    >>> key_for(ServerAddress("http://far.example/v1", "name"), {"OPENAI_API_KEY": "sk-123"})
    ApiKey()
    """
    own = environment.get(OWN, "").strip()
    common = environment.get(COMMON, "").strip() if address.is_private else ""
    return ApiKey(own or common)
