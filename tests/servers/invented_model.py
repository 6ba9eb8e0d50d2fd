"""A language model of a few lines, and the answers of a server that has it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from faulty_server import Answer

VOCABULARY = (" yes", " no", " bees", " the", " sea", ".", "A", "B", "C", "D", *(f" word{n}" for n in range(12)))


def tokens_of(text: str) -> list[str]:
    return re.findall(r"\s?\w+|\s|[^\w\s]", text)


@lru_cache(maxsize=2**16)
def log_probability(before: str, token: str, shift: float = 0.0) -> float:
    """Any number that depends on all that stands before: words of the vocabulary are distributions, others rare."""
    weights = _weights(before)
    if token not in weights:
        return -8 - _weight(before, token) - shift
    return math.log(weights[token] / sum(weights.values()) * 0.99) - shift


@lru_cache(maxsize=2**12)
def _weights(before: str) -> dict[str, float]:
    return {each: _weight(before, each) for each in VOCABULARY}


def _weight(before: str, token: str) -> float:
    return 0.05 + hashlib.sha256(f"{before}|{token}".encode()).digest()[0] / 255


@dataclass
class InventedServer:
    """Answers of a server, right by default, and wrong in the ways that are known of real ones.

    Attributes
    ----------
    fault : str
        ``"ignores echo"``, ``"tells the last alone"``, ``"tells no tokens"``, ``"one place further"``,
        ``"never twice the same"``, ``"tells few in chat"``, or nothing.
    key : str
        That it asks for.
    shift : float
        Added to every surprise: another model.
    """

    fault: str = ""
    key: str = ""
    shift: float = 0.0
    names: tuple[str, ...] = ("invented",)
    begin: str = ""
    calls: list[str] = field(default_factory=list)

    def __call__(self, _: str, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        self.calls.append(path)
        given = headers.get("Authorization", "")
        if self.key and given != f"Bearer {self.key}":
            return 401, {"error": {"message": f"Incorrect API key provided: {given.removeprefix('Bearer ')}"}}
        if path == "/v1/models":
            return 200, {"data": [{"id": name} for name in self.names]}
        if body["model"] not in self.names:
            return 404, {"error": {"message": f"The model {body['model']!r} does not exist"}}
        return 200, self._chat(body) if path == "/v1/chat/completions" else self._completion(body)

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt, written = body["prompt"], self._written(body["prompt"], body["max_tokens"])
        if not body.get("echo") or self.fault == "ignores echo":
            listed = self._listed(prompt, written)
            return _answer({"text": "".join(written), "logprobs": listed}, len(written))
        listed = self._listed("", tokens_of(prompt) + written)
        listed["token_logprobs"][0] = listed["top_logprobs"][0] = None
        if self.begin:
            for key, first in (("tokens", self.begin), ("token_logprobs", None), ("top_logprobs", None)):
                listed[key].insert(0, first)
        if self.fault == "tells the last alone":
            listed = self._listed(prompt, written)
        if self.fault == "tells no tokens":
            listed["token_logprobs"] = []
        if self.fault == "one place further":
            listed["token_logprobs"] = [None, *listed["token_logprobs"][2:], -0.5]
            listed["top_logprobs"] = [None, *listed["top_logprobs"][2:], {".": -0.5}]
        return _answer({"text": prompt + "".join(written), "logprobs": listed}, len(written))

    def _chat(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt = "".join(f"{each['role']}: {each['content']}\n" for each in body["messages"])
        most = 2 if self.fault == "tells few in chat" else body["top_logprobs"]
        content, before = [], prompt
        for token in self._written(prompt, body["max_tokens"]):
            likely = sorted(VOCABULARY, key=lambda each: self._number(before, each), reverse=True)[:most]
            tops = [{"token": each, "logprob": self._number(before, each)} for each in likely]
            content.append({"token": token, "logprob": self._number(before, token), "top_logprobs": tops})
            before += token
        text = "".join(each["token"] for each in content)
        return _answer({"message": {"content": text}, "logprobs": {"content": content}}, len(content))

    def _written(self, prompt: str, count: int) -> list[str]:
        written: list[str] = []
        for _ in range(count):
            before = prompt + "".join(written)
            written.append(max(VOCABULARY, key=lambda each: self._number(before, each)))
        return written

    def _listed(self, before: str, tokens: list[str]) -> dict[str, list[Any]]:
        own, tops = [], []
        for token in tokens:
            best = max(VOCABULARY, key=lambda each: self._number(before, each))
            own.append(self._number(before, token))
            tops.append({best: self._number(before, best), token: own[-1]})
            before += token
        return {"tokens": list(tokens), "token_logprobs": own, "top_logprobs": tops}

    def _number(self, before: str, token: str) -> float:
        noise = len(self.calls) if self.fault == "never twice the same" else 0
        return log_probability(before, token, self.shift + noise)


def _answer(choice: dict[str, Any], written: int) -> dict[str, Any]:
    return {"choices": [{"finish_reason": "length", **choice}], "usage": {"completion_tokens": written}}
