"""Texts that a server writes, with the log-probability of every token."""

from __future__ import annotations

import hashlib
from typing import Any

from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.echo import ServerAnswerError, completion_tokens, first_choice, number
from pytest_llmcal.scoring.servers.letters import content_of, messages_of

UNKNOWN_TOKEN = -1
"""In place of a token's number, which servers do not tell."""

_NOTHING_ELSE = {
    "top_k": 0,
    "min_p": 0.0,
    "repeat_penalty": 1.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""What servers change a model's probabilities by unless they are told not to: llama-cpp-python draws from the 40 most
probable tokens alone, vLLM takes what a model's ``generation_config.json`` says."""


def write(
    client: Client,
    prompt_id: str,
    text: str,
    options: GenerationOptions,
    sample: int,
    *,
    chat: bool,
    system: str | None,
) -> Generation:
    """Let a server continue one prompt.

    Raises
    ------
    ServerAnswerError
        It does not tell the log-probabilities.
    ModelError
        The text would be longer than the model can read; or it ends before its first token.
    """
    body: dict[str, Any] = {
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "seed": _seed(options.seed, prompt_id, sample),
        **_NOTHING_ELSE,
    }
    if options.stop:
        body["stop"] = list(options.stop)
    if chat:
        body |= {"messages": messages_of(text, system), "logprobs": True, "top_logprobs": 1}
    else:
        body |= {"prompt": text, "logprobs": 1}
    answer = client.post("/chat/completions" if chat else "/completions", body)
    choice = first_choice(answer)
    return _generation(client, prompt_id, choice, completion_tokens(client, answer), options.max_tokens, chat=chat)


def _generation(
    client: Client, prompt_id: str, choice: dict[str, Any], written: int, most: int, *, chat: bool
) -> Generation:
    if written == 0:
        raise ModelError(
            f"prompt {prompt_id!r}: the text ends before its first token, and server {client.address.url} does not "
            f"tell how probable that is"
        )
    finish = choice.get("finish_reason")
    if finish not in ("stop", "length"):
        raise ServerAnswerError(f"prompt {prompt_id!r}: the server ended for the reason {finish!r}, not stop or length")
    if finish == "length" and written < most:
        raise ModelError(
            f"prompt {prompt_id!r}: there was room for {written} tokens of the {most} of max_tokens; shorten the prompt"
        )
    if chat:
        told = [each.get("logprob") for each in content_of(client, choice)]
    else:
        told = (choice.get("logprobs") or {}).get("token_logprobs") or []
    known = [each for each in map(number, told) if each is not None]
    if not known or len(known) < len(told) or len(known) < written - 1:  # the end token may be counted and not told
        raise ServerAnswerError(
            f"prompt {prompt_id!r}: server {client.address.url} gives too few log-probabilities: {len(known)} for "
            f"{written} tokens"
        )
    text = (choice.get("message") or {}).get("content") if chat else choice.get("text")
    return Generation(
        str(text or ""), (UNKNOWN_TOKEN,) * len(known), tuple(known), "stop" if finish == "stop" else "length"
    )


def _seed(seed: int, prompt_id: str, sample: int) -> int:
    """Make a seed of its own for every text, 31 bits: more are not allowed everywhere."""
    digest = hashlib.sha256(repr((seed, prompt_id, sample)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "little") >> 1
