"""Where a served model is: ``openai:URL#MODEL``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pytest_llmcal.scoring.protocol import ModelError

PREFIX = "openai:"
"""What the name of a served model begins with."""

_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class ServerAddress:
    """A model on a server.

    Attributes
    ----------
    url : str
        Base of the server's paths, without a slash at its end; it holds no key.
    model : str
        What the server calls the model.
    """

    url: str
    model: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.url}#{self.model}"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent there: it is encrypted, or does not leave the machine."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in _LOCAL


def parse_address(name: str) -> ServerAddress:
    """Read ``openai:URL#MODEL``.

    Raises
    ------
    ModelError
        It is written otherwise, or holds a password or key; the text does not repeat those.

    Examples
    --------
    >>> parse_address("openai:http://localhost:8000/v1/#org/name")
    ServerAddress(url='http://localhost:8000/v1', model='org/name')
    >>> parse_address("openai:http://me:secret@localhost/v1#name")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    pytest_llmcal.scoring.protocol.ModelError: model 'openai:http://***@localhost/v1#name' holds a user or password; ...
    """
    shown = _without_secrets(name)
    url, _, model = name.removeprefix(PREFIX).partition("#")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not name.startswith(PREFIX) or not sound or not model:
        raise ModelError(
            f"model {shown!r} is no address; expected openai:URL#MODEL, as openai:http://host:8000/v1#name"
        )
    if "@" in parts.netloc or parts.query:
        held = "a query" if parts.query else "a user or password"
        raise ModelError(
            f"model {shown!r} holds {held}; names of models stand in reports, so a key is read from the environment "
            f"alone: LLMCAL_API_KEY or OPENAI_API_KEY"
        )
    return ServerAddress(url.rstrip("/"), model)


def _without_secrets(name: str) -> str:
    return re.sub(r"\?[^#]*", "?***", re.sub(r"//[^/#]*@", "//***@", name))
