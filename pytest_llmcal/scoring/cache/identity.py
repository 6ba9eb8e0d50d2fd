"""What an answer is kept under: a hash of everything that it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

ENGINE = 1
"""Goes up whenever the engine's numbers may change by more than rounding; no older answer is read again."""


def framed(*parts: bytes) -> bytes:
    """Join parts so that no two sequences of parts give the same bytes: each stands behind its length.

    Examples
    --------
    >>> framed(b"ab", b"c") == framed(b"a", b"bc")
    False
    """
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def encoded(text: str) -> bytes:
    """Encode any text, one with half a surrogate pair too."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Identity:
    """A model as far as its answers depend on it; its name is not among that.

    Attributes
    ----------
    fingerprint : str
        Hash of the files: weights, configuration, tokenizer, chat template and code.
    revision : str
        Commit on the hub; of a folder the fingerprint again.
    dtype : str
        Precision of the weights.
    device : str
        Kind of device: ``"cpu"``, ``"cuda"`` or ``"mps"``. Two kinds differ by more than rounding where one
        computes in bfloat16; two cards of one kind do not, so that the number of a card does not count.
    settings : mapping of str to anything that JSON knows
        Whatever else can change an answer: how long prompts are cut, versions of libraries.

    Examples
    --------
    >>> one = Identity("3f9c", "main", "float32", "cpu")
    >>> one.digest == Identity("3f9c", "main", "float32", "cpu", {"truncate": "left"}).digest
    False
    """

    fingerprint: str
    revision: str
    dtype: str
    device: str
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def cuts(self) -> bool:
        """Whether prompts that are too long are cut, so that an answer depends on more than its own texts."""
        options = self.settings.get("options")
        return isinstance(options, Mapping) and options.get("truncate") is not None

    @property
    def options(self) -> str:
        """What was not left at its default, for people; of a system prompt a hash, as no prompt is kept.

        Examples
        --------
        >>> Identity("3f9c", "main", "float32", "cpu", {"options": {"chat": True, "truncate": "left"}}).options
        'chat truncate=left'
        """
        given = self.settings.get("options")
        told = dict(given) if isinstance(given, Mapping) else {}
        if "system" in told:
            told["system"] = hashlib.sha256(encoded(str(told["system"]))).hexdigest()[:8]
        if "day" in self.settings:
            told["day"] = self.settings["day"]
        return " ".join(key if value is True else f"{key}={value}" for key, value in sorted(told.items()))

    @property
    def digest(self) -> bytes:
        """Hash of it all and of the engine's version, 32 bytes."""
        texts = (
            self.fingerprint,
            self.revision,
            self.dtype,
            self.device,
            json.dumps(dict(self.settings), sort_keys=True),
        )
        return hashlib.sha256(framed(str(ENGINE).encode(), *map(encoded, texts))).digest()


class Keys:
    """Gives the keys of one kind of question to one model.

    Parameters
    ----------
    identity : bytes
        Digest of the model.
    question : str
        Kind of question.
    """

    def __init__(self, identity: bytes, question: str) -> None:
        self._begin = hashlib.sha256(framed(identity, encoded(question)))

    def of(self, *texts: str) -> bytes:
        """Hash the texts that are asked about, 32 bytes."""
        digest = self._begin.copy()
        digest.update(framed(*map(encoded, texts)))
        return digest.digest()
