"""A real server gives the numbers of the same model loaded here, and its faults cost nothing."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcal.scoring import GenerationOptions, ModelError, Request, load_model
from pytest_llmcal.scoring.servers import ServerOptions

pytest.importorskip("httpx", reason="needs the extra servers")

from faulty_server import FaultyServer, forwarded_to
from llama_server import CHAT_TEMPLATE, LlamaServer

if TYPE_CHECKING:
    from pytest_llmcal.scoring.huggingface import HuggingFaceModel

pytestmark = pytest.mark.slow

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]
PATIENT = ServerOptions(concurrency=4, timeout=60, attempts=2, first_wait=0.01)

NAMES = ("Tom", "Sue", "Lily", "Zoë", "a big dog", "the café owner", "小明", "her 😀 friend")
PLACES = ("the park", "school", "a far-off land", "Łódź", "the  old house")
ENDS = (
    (" was happy.", " sad"),
    (" saw a cat", "é"),
    (", too", "!"),
    (" did not know why", " 😀"),
    ("\nThe end", " ran"),
)
ITEMS = [
    [Request(f"{name} {place} {number}", f"One day {name} went to {place}", choice) for choice in choices]
    for name in NAMES
    for place in PLACES
    for number, choices in enumerate(ENDS)
]
REQUESTS = [request for item in ITEMS for request in item]


@pytest.fixture(scope="module")
def local(stories: Path) -> HuggingFaceModel:
    return load_model(stories, device="cpu")


def test_log_likelihoods_of_200_items_are_those_of_the_model_itself(
    llama: LlamaServer, ask: Ask, local: HuggingFaceModel
) -> None:
    assert len(ITEMS) == 200
    served = ask(llama.url, "stories", options=PATIENT).log_likelihoods(REQUESTS)
    here = local.log_likelihoods(REQUESTS)
    assert [answer.tokens for answer in served] == [answer.tokens for answer in here]
    assert [answer.total for answer in served] == pytest.approx([answer.total for answer in here], abs=1e-3, rel=0)


def test_letters_in_chat_are_those_of_the_model_itself(
    llama: LlamaServer, ask: Ask, stories: Path, tmp_path: Path
) -> None:
    shutil.copytree(stories, tmp_path / "chat")
    settings = json.loads((stories / "tokenizer_config.json").read_text(encoding="utf-8"))
    (tmp_path / "chat" / "tokenizer_config.json").write_text(
        json.dumps(settings | {"chat_template": CHAT_TEMPLATE}), encoding="utf-8"
    )
    requests = [Request(f"{place}", f"They went to {place}.", f" {letter}") for place in PLACES for letter in "IYHW"]
    served = ask(llama.url, "stories", chat=True, options=PATIENT).log_likelihoods(requests)
    here = load_model(tmp_path / "chat", device="cpu", chat=True).log_likelihoods(requests)
    assert [answer.total for answer in served] == pytest.approx([answer.total for answer in here], abs=1e-3, rel=0)


def test_tokens_that_a_server_hides_behind_others_are_missed(llama: LlamaServer, ask: Ask) -> None:
    """It lists 512 tokens by their texts, and a letter has the same text as the byte that it is."""
    options = ServerOptions(top_log_probabilities=512)
    with pytest.raises(ModelError, match=r"too few log-probabilities in chat: \d+ where 512 were asked for"):
        ask(llama.url, "stories", chat=True, options=options).log_likelihoods([Request("a", "They ran.", " I")])


def test_texts_and_guesses_are_those_of_the_model_itself(llama: LlamaServer, ask: Ask, local: HuggingFaceModel) -> None:
    model = ask(llama.url, "stories", options=PATIENT)
    prompts = [(str(place), f"Once upon a time, {name}") for place, name in enumerate(NAMES)]
    options = GenerationOptions(max_tokens=20, stop=".")
    for [served], [here] in zip(model.generate(prompts, options), local.generate(prompts, options), strict=True):
        assert (served.text, served.finish_reason) == (here.text, here.finish_reason)
        assert served.log_probabilities == pytest.approx(here.log_probabilities, abs=1e-3)
    texts = [("a", "Once upon a time, there was a little girl. She had a dog."), ("b", "Tom went to a café.")]
    for served, here in zip(model.next_tokens(texts), local.next_tokens(texts), strict=True):
        assert [token.correct for token in served] == [token.correct for token in here[1:]]  # not told of the first
        assert [token.confidence for token in served] == pytest.approx(
            [token.confidence for token in here[1:]], abs=1e-4
        )


def test_faults_on_the_way_change_no_number(llama: LlamaServer, serve: Serve, ask: Ask) -> None:
    proxy = serve(forwarded_to(llama.url))
    proxy.trouble = {3: "half", 8: "429", 9: "half", 10: "reset", 15: "503", 20: "slow"}
    proxy.headers = {"Retry-After": "0.1"}
    options = ServerOptions(concurrency=4, timeout=0.9, attempts=6, first_wait=0.01)
    through = ask(proxy.url, "stories", options=options).log_likelihoods(REQUESTS[:40])
    direct = ask(llama.url, "stories", options=PATIENT).log_likelihoods(REQUESTS[:40])
    assert [answer.total for answer in through] == pytest.approx([answer.total for answer in direct], abs=1e-4, rel=0)


def test_a_server_killed_in_the_middle_costs_what_was_under_way(
    llama: LlamaServer, serve: Serve, ask: Ask, tmp_path: Path, local: HuggingFaceModel
) -> None:
    proxy = serve(forwarded_to(llama.url))  # counts
    model = ask(proxy.url, "stories", cache_dir=tmp_path, options=PATIENT)
    killed = threading.Event()

    def kill(done: int, _: int) -> None:
        if done >= 50 and not killed.is_set():
            killed.set()
            llama.kill()

    with pytest.raises(ModelError, match=r"it failed .* questions were answered; the score cache"):
        model.log_likelihoods(REQUESTS[:120], kill)
    model.close()
    llama.start()
    asked = len(proxy.asked)
    again = ask(proxy.url, "stories", cache_dir=tmp_path, options=PATIENT).log_likelihoods(REQUESTS[:120])
    here = local.log_likelihoods(REQUESTS[:120])
    assert [answer.total for answer in again] == pytest.approx([answer.total for answer in here], abs=1e-3, rel=0)
    distinct = len({(request.context, request.continuation) for request in REQUESTS[:120]})
    # the check, and what is left: whole items, and some contexts alone that end within a character
    assert len(proxy.asked) - asked < 4 + distinct - 50 + 15


def test_a_name_that_it_has_not_is_refused_although_it_would_answer(llama: LlamaServer, ask: Ask) -> None:
    with pytest.raises(ModelError, match="has no model 'other'; it has 'stories'"):
        ask(llama.url, "other").log_likelihoods(REQUESTS[:2])


def test_a_prompt_that_is_too_long_is_refused_with_its_item(llama: LlamaServer, ask: Ask) -> None:
    with pytest.raises(ModelError, match=r"item 'long': .* status 400: .*maximum context length is 512 tokens"):
        ask(llama.url, "stories").log_likelihoods([Request("long", "a dog " * 400, " ran")])


def test_a_server_whose_echo_is_one_token_short_is_refused(
    stories: Path, llama: LlamaServer, ask: Ask, tmp_path: Path
) -> None:
    """As this one's is of every model without a begin token, and each number is that of the token behind."""
    from gguf_conversion import convert

    convert(stories, tmp_path / "unbegun.gguf", begin=False)
    with LlamaServer(tmp_path / "unbegun.gguf") as unbegun:
        assert unbegun.url != llama.url
        with pytest.raises(ModelError, match=r"too few log-probabilities, or those of another text: the 5\d tokens"):
            ask(unbegun.url, "stories").log_likelihoods(REQUESTS[:2])
