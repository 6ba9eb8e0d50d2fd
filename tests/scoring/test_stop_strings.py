"""A text ends at the first stop string in what its tokens say together, wherever tokens and characters are cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import GenerationOptions, load_model
from pytest_llmcal.scoring.generation.text import Detokenizer, GrowingText
from pytest_llmcal.scoring.generation.writing import Writing

Make = Callable[[str], Any]

PROMPT = "Who keeps the bees? 東京🙂"
TEXTS = st.text(st.sampled_from("river ab.\n東京🙂é"), max_size=12)
STOPS = st.lists(st.sampled_from([".", "\n", " ", "ri", "r r", "er.", "🙂", "東京", "\n\n", "é", "<|x"]), min_size=1)


def decoded(tokenizer: Any, tokens: list[int]) -> str:
    return tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def naively(tokenizer: Any, prompt: list[int], tokens: list[int], stops: list[str]) -> tuple[str, int, bool]:
    """Decode everything after each token; return the text, the tokens it took and whether a stop string came."""
    before, text = decoded(tokenizer, prompt), ""
    for count in range(1, len(tokens) + 1):
        whole = decoded(tokenizer, prompt + tokens[:count])
        text = whole[len(before) :] if whole.startswith(before) else decoded(tokenizer, tokens[:count])
        found = [text.index(stop) for stop in stops if stop in text]
        if found:
            return text[: min(found)], count, True
    return text, len(tokens), False


def growing(tokenizer: Any, prompt: list[int], tokens: list[int], stops: list[str]) -> tuple[str, int, bool]:
    text = GrowingText(Detokenizer(tokenizer), tuple(prompt), stops)
    for count, token in enumerate(tokens, 1):
        if text.add(token):
            return text.text, count, True
    return text.text, len(tokens), False


@pytest.mark.parametrize("kind", ["byte_level", "sentence_piece", "unigram"])
def test_it_is_found_as_by_decoding_everything_after_each_token(kind: str, make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer(kind)
    prompt = tokenizer(PROMPT).input_ids

    @settings(max_examples=150, deadline=None)
    @given(
        parts=st.lists(st.one_of(TEXTS, st.integers(0, len(tokenizer) - 1)), max_size=8),
        stops=STOPS,
        begin=st.integers(1, len(prompt)),
    )
    def holds(parts: list[str | int], stops: list[str], begin: int) -> None:
        tokens: list[int] = []
        for part in parts:
            tokens += [part] if isinstance(part, int) else tokenizer(part, add_special_tokens=False).input_ids
        whole = prompt[:begin]
        if decoded(tokenizer, whole).endswith("\ufffd"):
            return  # no prompt ends within a character
        assert growing(tokenizer, whole, tokens, stops) == naively(tokenizer, whole, tokens, stops)

    holds()


def test_one_that_begins_in_one_token_ends_in_the_next(make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer("byte_level")
    tokens = [tokenizer.convert_tokens_to_ids(piece) for piece in ("a", "b", "c", "d")]
    assert growing(tokenizer, [5], tokens, ["bc"]) == ("a", 3, True)
    assert growing(tokenizer, [5], tokens, ["cd", "abcd"]) == ("", 4, True)
    assert growing(tokenizer, [5], tokens, ["ce"]) == ("abcd", 4, False)


def test_a_character_of_several_tokens_is_whole(make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer("byte_level")
    alphabet = {letter: token for letter, token in tokenizer.get_vocab().items() if len(letter) == 1}
    pieces = tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str("x€y")
    spelled = [alphabet[letter] for piece, _ in pieces for letter in piece]
    assert len(spelled) == 5
    found = [growing(tokenizer, [5], spelled[:count], ["€"]) for count in range(1, len(spelled) + 1)]
    assert [stopped for _, _, stopped in found].index(True) == 3  # x, then three bytes
    assert found[3] == ("x", 4, True)


@pytest.mark.parametrize("family", ["gpt2", "llama", "mamba", "t5"])
def test_generation_ends_there_and_cuts_it_off(family: str, model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder(family), device="cpu")
    prompts = [("river", "Which river rises in the hills?"), ("bees", "Who keeps the bees of Oakrise?")]
    wholes = [whole for [whole] in model.generate(prompts, GenerationOptions(max_tokens=16))]
    encoded = [list(tokens) for tokens in model._encoder.prompts([text for _, text in prompts])]
    for stop in {text[at : at + size] for text in (w.text for w in wholes) for at in (1, 4, 9) for size in (1, 3)}:
        if not stop or "\ufffd" in stop:
            continue
        found = model.generate(prompts, GenerationOptions(max_tokens=16, stop=stop))
        for [each], whole, prompt in zip(found, wholes, encoded, strict=True):
            text, count, stopped = naively(model._tokenizer, prompt, list(whole.tokens), [stop])
            if whole.finish_reason == "stop" and not stopped:
                text = whole.text
            assert (each.text, len(each.tokens)) == (text, count)
            assert each.tokens == whole.tokens[:count]
            assert len(each.log_probabilities) == count
            assert each.finish_reason == ("stop" if stopped else whole.finish_reason)


def test_a_special_token_may_be_named_though_no_text_shows_it(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    [[whole]] = model.generate([("i", "Prices:")], GenerationOptions(max_tokens=16))
    model._tokenizer.add_special_tokens({"pad_token": model._tokenizer.convert_ids_to_tokens(whole.tokens[2])})
    [[found]] = model.generate([("i", "Prices:")], GenerationOptions(max_tokens=16, stop=model._tokenizer.pad_token))
    length = whole.tokens.index(whole.tokens[2]) + 1
    assert (found.tokens, found.finish_reason) == (whole.tokens[:length], "stop")


def test_a_stop_string_that_does_not_come_changes_no_text() -> None:
    """Some tokenizers give up a whole run of bytes when one of them fits no character."""
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    vocabulary = {f"<0x{byte:02X}>": byte for byte in range(256)} | {"a": 256, "<unk>": 257}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    detokenizer = Detokenizer(PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>"))

    def written(stops: list[str]) -> str:
        writing = Writing(detokenizer, (256,), stops, ())
        for byte in (0xE2, 0x82, 0xAC, 0xFF):
            if not writing.complete:
                writing.add(byte, 0.0)
        return writing.generation().text

    assert written(["never"]) == written([]) == "\ufffd" * 4
    assert written(["\u20ac"]) == ""
