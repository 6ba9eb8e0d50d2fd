"""Prompts as a user's turn, through the tokenizer's own template."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import ModelError, Request, load_model, score
from pytest_llmcal.scoring.chat import Chat
from pytest_llmcal.scoring.tokens import Encoder
from pytest_llmcal.tasks import Item
from pytest_llmcal.world import checkpoint_folder
from tests.scoring.chat_templates import CHAT_ML, LLAMA_2, NO_SYSTEM

Make = Callable[[str], Any]


@pytest.fixture
def chat_ml(make_tokenizer: Make) -> Any:
    tokenizer = make_tokenizer("byte_level")
    tokenizer.chat_template = CHAT_ML
    return tokenizer


@pytest.fixture
def llama(make_tokenizer: Make) -> Any:
    tokenizer = make_tokenizer("sentence_piece")
    tokenizer.chat_template = LLAMA_2
    return tokenizer


def test_a_prompt_is_a_users_turn_up_to_where_the_answer_begins(chat_ml: Any) -> None:
    assert Chat(chat_ml).rendered("Why? ") == "<|im_start|>user\nWhy? <|im_end|>\n<|im_start|>assistant\n"
    with_system = Chat(chat_ml, "Be brief.").rendered("Why?")
    assert with_system.startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?")


def test_what_is_weighed_is_the_rendered_text_and_the_choice_without_its_delimiter(chat_ml: Any) -> None:
    rendered = "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    wrapped = Encoder(chat_ml, Chat(chat_ml)).pairs([Request("i", "Why?", " B"), Request("i", "Why?", "B")])
    assert wrapped == Encoder(chat_ml).pairs([Request("i", rendered, "B")] * 2)
    # the new line at the end of the rendered text is weighed with the choice, as lm_eval does
    assert chat_ml.decode(wrapped[0][1]) == "\nB"


def test_only_one_space_is_the_delimiter(chat_ml: Any) -> None:
    [(_, choice)] = Encoder(chat_ml, Chat(chat_ml)).pairs([Request("i", "Why?", "  B")])
    assert chat_ml.decode(choice) == "\n B"


def test_the_begin_token_that_the_template_writes_is_the_only_one(llama: Any) -> None:
    assert Chat(llama).rendered("Why?").startswith("<s>")
    encoder = Encoder(llama, Chat(llama, "Be brief."))
    [(context, _)] = encoder.pairs([Request("i", "Why?", " B")])
    [prompt] = encoder.prompts(["Why?"])
    for tokens in (context, prompt):
        assert tokens[0] == llama.bos_token_id
        assert tokens.count(llama.bos_token_id) == 1


def test_a_choice_without_a_context_is_not_put_into_a_conversation(chat_ml: Any) -> None:
    """So the pointwise mutual information of a choice is taken from the choice alone."""
    assert Encoder(chat_ml, Chat(chat_ml)).pairs([Request("i", "", "B")]) == Encoder(chat_ml).pairs(
        [Request("i", "", "B")]
    )


def test_prompts_are_encoded_as_rendered_and_keep_their_white_space(chat_ml: Any, llama: Any) -> None:
    rendered = Chat(chat_ml).rendered("Why? ")
    assert Encoder(chat_ml, Chat(chat_ml)).prompts(["Why? "]) == [tuple(chat_ml(rendered).input_ids)]
    assert Encoder(llama).prompts(["Why? ", ""]) == [tuple(llama("Why? ").input_ids), (llama.bos_token_id,)]
    assert Encoder(chat_ml).prompts([]) == []


def test_an_empty_prompt_that_no_token_can_stand_for(chat_ml: Any) -> None:
    chat_ml.eos_token = None
    with pytest.raises(ModelError, match="prompt 1 is empty, and the tokenizer has neither a begin nor an end token"):
        Encoder(chat_ml).prompts(["Why?", ""])


def test_a_tokenizer_without_a_template_names_the_files_that_were_looked_for(
    model_folder: Callable[[str], Path],
) -> None:
    folder = model_folder("gpt2")
    with pytest.raises(ModelError, match=r"chat was asked for, and the tokenizer of .* has no chat template") as caught:
        load_model(folder, device="cpu", chat=True)
    for file in ("chat_template.jinja", "tokenizer_config.json"):
        assert str(folder / file) in str(caught.value)


def test_several_templates_of_which_none_is_the_default(chat_ml: Any) -> None:
    chat_ml.chat_template = {"tools": CHAT_ML, "rag": CHAT_ML}
    with pytest.raises(ModelError, match="multiple chat templates"):
        Chat(chat_ml)
    chat_ml.chat_template = {"tools": LLAMA_2, "default": CHAT_ML}
    assert Chat(chat_ml).template == CHAT_ML


def test_a_template_that_refuses_a_system_prompt(chat_ml: Any) -> None:
    chat_ml.chat_template = NO_SYSTEM
    Chat(chat_ml)
    with pytest.raises(ModelError, match=r"cannot be rendered, with a system prompt: .*System role not supported"):
        Chat(chat_ml, "Be brief.")


@pytest.mark.parametrize(
    ("template", "title"),
    [
        ("{{ messages[-1].content }}", "system prompt 'Be brief.'"),
        ("{{ messages[0].content }}", "prompt 'Who keeps the bees of Oakrise?'"),
        ("{% for part in messages[-1].content %}{{ part.text }}{% endfor %}{{ messages[0].content }}", "prompt 'Who"),
    ],
)
def test_a_template_that_leaves_something_out(template: str, title: str, chat_ml: Any) -> None:
    chat_ml.chat_template = template
    with pytest.raises(ModelError, match=f"leaves out the {re.escape(title)}"):
        Chat(chat_ml, "Be brief.")


def test_a_template_that_is_no_template(chat_ml: Any) -> None:
    chat_ml.chat_template = "{% for"
    with pytest.raises(ModelError, match="cannot be rendered: TemplateSyntaxError"):
        Chat(chat_ml)


def test_a_system_prompt_without_chat_is_an_error(model_folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match=r"system is 'Be brief\.', and only a chat template has a place for it"):
        load_model(model_folder("gpt2"), device="cpu", system="Be brief.")


def with_template(folder: Path, target: Path, template: str) -> Path:
    import shutil

    shutil.copytree(folder, target)
    (target / "chat_template.jinja").write_text(template)
    return target


def test_a_model_scores_with_chat_what_it_scores_of_the_rendered_text(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = with_template(model_folder("llama"), tmp_path / "chat", LLAMA_2)
    items = [Item("one", "Who?", (" A", " the miller"), 0), Item("two", "Prices:", (" 3", " 12.50"), 1)]
    model = load_model(folder, device="cpu", chat=True, system="Be brief.")
    plain = load_model(folder, device="cpu")
    by_hand = [
        Item(item.id, f"<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n{item.prompt} [/INST]",
             tuple(choice[1:] for choice in item.choices), item.answer)
        for item in items
    ]  # fmt: skip
    found, expected = (score(each, asked, progress=False) for each, asked in ((model, items), (plain, by_hand)))
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-6)
    assert found.correct.tolist() == expected.correct.tolist()


def test_truncation_keeps_the_system_prompt_and_the_opening_of_the_turn(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = with_template(model_folder("llama"), tmp_path / "chat", LLAMA_2)
    options: dict[str, Any] = {"device": "cpu", "chat": True, "system": "B"}
    long = Item("long", "river " * 100 + "to the sea", (" A", " the miller"), 0)
    with pytest.raises(ModelError, match=r"item 'long' .* the model reads at most 64; truncate=\"left\""):
        load_model(folder, **options).encoded([long])
    model = load_model(folder, truncate="left", **options)
    [pairs] = model.encoded([long])
    with model.lent() as (_, tokenizer):
        [context, again] = [tokenizer.decode(context) for context, _ in pairs]
    assert context == again
    context = re.sub("<0x(..)>", lambda byte: chr(int(byte[1], 16)), context)
    assert re.match(r"<s> ?\[INST\] <<SYS>>\nB\n<</SYS>>\n\n *river river", context)
    assert context.endswith("to the sea [/INST]")
    assert max(len(context) + len(choice) - 1 for context, choice in pairs) == 64


def test_a_prompt_to_be_continued_is_cut_as_one_to_be_scored(tmp_path: Path) -> None:
    """Here the template's last token merges with the prompt, which then begins with only part of what is kept."""
    template = "{% for message in messages %}Th{{ message['content'] }}{% endfor %} Answer:"
    folder = with_template(checkpoint_folder("world/gpt2"), tmp_path / "chat", template)
    model = load_model(folder, device="cpu", chat=True, truncate="left")
    prompt = "e Who keeps the bees of Oakrise? " * 12
    [whole] = model._encoder.prompts([prompt])
    assert len(model._encoder.head) == 2
    assert whole[:2] != model._encoder.head
    [(scored, _)] = model._pairs([Request("one", prompt, "x")])
    assert model._room_after("one", prompt, whole, 1) == scored == whole[-64:]
