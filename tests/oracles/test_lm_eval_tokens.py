"""Tokens of contexts and continuations against lm_eval's own, on pairs made to tempt a tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llmcal.scoring import ModelError, Request
from pytest_llmcal.scoring.chat import Chat
from pytest_llmcal.scoring.tokens import Encoder
from tests.scoring.adversarial import pairs
from tests.scoring.chat_templates import CHAT_ML, LLAMA_2, LLAMA_3, NO_SYSTEM
from tests.scoring.many_tokenizers import MANY, UNFIT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

Pair = tuple[tuple[int, ...], tuple[int, ...]]
SHARED = Path(__file__).parents[3] / "shared"
DRAWN, NUMBER = 11_200, 10_000
"""Pairs, and how many of them at least have a choice with tokens behind a context with tokens."""


def harness(tokenizer: Any) -> Any:
    """lm_eval's model with a tokenizer of ours; the network is never run."""
    hflm = pytest.importorskip("lm_eval.models.huggingface").HFLM
    from transformers import GPT2Config, GPT2LMHeadModel

    network = GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_layer=1, n_embd=8, n_head=1, n_positions=64))
    return hflm(pretrained=network, tokenizer=tokenizer, device="cpu", backend="causal")


def as_lm_eval(lm: Any, texts: Sequence[tuple[str, str]]) -> list[Pair]:
    """Tokens that lm_eval's ``loglikelihood`` would run its network on."""
    taken: list[tuple[Any, list[int], list[int]]] = []
    lm._loglikelihood_tokens = lambda requests, **_: taken.extend(requests)
    lm.loglikelihood([SimpleNamespace(args=pair) for pair in texts], disable_tqdm=True)
    return [(tuple(before), tuple(after)) for _, before, after in taken]


def decidable(tokenizer: Any, texts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out what the two see differently on purpose; each is the subject of a test below."""
    begin = tokenizer.bos_token or tokenizer.eos_token
    return [
        (context, after)
        for context, after in texts
        # of nothing at all lm_eval's choice is an error of Python's, of white space alone its context
        if (context.strip() if context else tokenizer(after, add_special_tokens=False).input_ids)
        and not (not context.rstrip().startswith(begin) and (context + after).startswith(begin) and context)
    ]


def compare(tokenizer: Any, texts: Sequence[tuple[str, str]], cut: bool) -> int:
    """Hold the fast way against lm_eval and against the simple way; return how many pairs there were."""
    lm = harness(tokenizer)
    texts = decidable(tokenizer, texts)
    encoder, simple = Encoder(tokenizer), Encoder(tokenizer, cut=False)
    assert encoder.cuts == cut
    requests, expected = [], []
    for number, (pair, tokens) in enumerate(zip(texts, as_lm_eval(lm, texts), strict=True)):
        request = Request(f"item {number}", *pair)
        if tokens[1]:
            requests.append(request)
            # a context that its tokenizer sees nothing in, say of invisible characters
            expected.append((tokens[0] or encoder._first(""), tokens[1]))
        else:  # lm_eval stops at such a continuation, later
            with pytest.raises(ModelError, match="has no token of its own"):
                encoder.pairs([request])
    found = encoder.pairs(requests)
    for request, ours, theirs in zip(requests, found, expected, strict=True):
        assert ours == theirs, request
    assert simple.pairs(requests) == found
    assert encoder.cuts == cut  # nothing was found to disagree on the way
    return len(requests)


@pytest.mark.parametrize("name", ["GPT-2", "Llama 2", "Llama 3", "Qwen 2", "T5"])
def test_boundaries_of_tokenizers_of_the_main_families(name: str) -> None:
    assert compare(MANY[name](), pairs(DRAWN), cut=True) >= NUMBER


def test_boundaries_of_a_tokenizer_that_leaves_white_space_out() -> None:
    assert compare(MANY["BERT"](), pairs(DRAWN + 3_000), cut=True) >= NUMBER


@pytest.mark.parametrize("name", sorted(MANY.keys() - {"GPT-2", "Llama 2", "Llama 3", "Qwen 2", "T5", "BERT"}))
def test_boundaries_of_tokenizers_of_further_families(name: str) -> None:
    assert compare(MANY[name](), pairs(NUMBER // 5), cut=True) > NUMBER // 6


@pytest.mark.parametrize("name", ["merges across words", "Unigram, nothing split"])
def test_boundaries_of_tokenizers_that_are_not_cut(name: str) -> None:
    assert compare(UNFIT[name](), pairs(2_000), cut=False) > 1_600


def test_boundaries_of_the_embedded_tokenizer() -> None:
    from transformers import AutoTokenizer

    from pytest_llmcal.world import checkpoint_folder

    tokenizer = AutoTokenizer.from_pretrained(checkpoint_folder("world/gpt2"))
    assert compare(tokenizer, pairs(DRAWN), cut=True) >= NUMBER


@pytest.mark.skipif(not SHARED.exists(), reason="the shared model is not here")
def test_boundaries_of_a_real_llama() -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SHARED / "models" / "stories260K")
    assert compare(tokenizer, pairs(DRAWN), cut=True) >= NUMBER


@pytest.mark.skipif(not SHARED.exists(), reason="the shared benchmark is not here")
def test_boundaries_of_the_benchmarks_tokenizer(tmp_path: Path) -> None:
    import shutil
    import subprocess
    import sys

    from transformers import AutoTokenizer

    maker = shutil.copy(SHARED / "bench" / "scoring" / "make_data.py", tmp_path)
    subprocess.run([sys.executable, maker, "20"], check=True, capture_output=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert compare(tokenizer, pairs(DRAWN), cut=True) >= NUMBER


@pytest.fixture
def templated() -> Callable[[str, str], Any]:
    def make(name: str, template: str) -> Any:
        tokenizer = MANY[name]()
        tokenizer.chat_template = template
        return tokenizer

    return make


@pytest.mark.parametrize("system", [None, "It's so:  be brief. "])
@pytest.mark.parametrize(
    ("name", "template"),
    [("Llama 2", LLAMA_2), ("Qwen 2", CHAT_ML), ("Llama 3", LLAMA_3), ("Llama 2, legacy", LLAMA_2)],
)
def test_boundaries_behind_a_chat_template(
    name: str, template: str, system: str | None, templated: Callable[[str, str], Any]
) -> None:
    tokenizer = templated(name, template)
    lm = harness(tokenizer)
    texts = decidable(tokenizer, [(context, after) for context, after in pairs(NUMBER // 4) if context])
    turns = [] if system is None else [{"role": "system", "content": system}]
    # as its multiple choice tasks do under --apply_chat_template: no delimiter stands before a choice
    rendered = [
        (lm.apply_chat_template([*turns, {"role": "user", "content": context}]), after) for context, after in texts
    ]
    expected = as_lm_eval(lm, rendered)
    for cut in (True, False):
        encoder = Encoder(tokenizer, Chat(tokenizer, system), cut=cut)
        asked = [
            (Request(f"item {number}", context, f" {after}"), tokens)
            for number, ((context, after), tokens) in enumerate(zip(texts, expected, strict=True))
            if tokens[1]
        ]
        found = encoder.pairs([request for request, _ in asked])
        for ours, (request, theirs) in zip(found, asked, strict=True):
            assert ours == theirs, request
        assert encoder.cuts == cut
    assert len(asked) > NUMBER // 5


def test_a_choice_begins_an_answer_as_in_lm_evals_own_task(templated: Callable[[str, str], Any]) -> None:
    """The whole way from a document to tokens through lm_eval's multiple choice task."""
    pytest.importorskip("lm_eval")
    from lm_eval.api.task import ConfigurableTask

    task = ConfigurableTask.__new__(ConfigurableTask)
    tokenizer = templated("Qwen 2", CHAT_ML)
    lm = harness(tokenizer)
    task.OUTPUT_TYPE, task.multiple_input, task._metric_fn_list, task.features = "multiple_choice", 0, {}, []
    task._config = SimpleNamespace(
        target_delimiter=" ", gen_prefix=None, repeats=1, task="t", doc_to_image=None, doc_to_audio=None,
        doc_to_choice=lambda doc: doc["choices"],
    )  # fmt: skip
    task.doc_to_choice = lambda doc: doc["choices"]
    document = {"question": "Who keeps the bees?", "choices": ["the miller", " B", "12"]}
    context = lm.apply_chat_template([{"role": "user", "content": document["question"]}])
    made = task.construct_requests(document, context, apply_chat_template=True, metadata=("t", 0, 1), doc_id=0)
    expected = as_lm_eval(lm, [instance.args for instance in made])
    requests = [Request("i", document["question"], f" {choice}") for choice in document["choices"]]
    assert Encoder(tokenizer, Chat(tokenizer)).pairs(requests) == expected


# What differs from lm_eval on purpose.


def test_white_space_alone_is_an_empty_context() -> None:
    """lm_eval hands an empty list of tokens to its network, which stops it; ours is the token of an empty context."""
    tokenizer = MANY["GPT-2"]()
    [(theirs, _)] = as_lm_eval(harness(tokenizer), [(" ", "river")])
    assert theirs == ()
    [(ours, after)] = Encoder(tokenizer).pairs([Request("i", " ", "river")])
    assert ours == (tokenizer.eos_token_id,)
    assert tokenizer.decode(after) == " river"


def test_a_begin_token_that_boundary_cuts_in_two() -> None:
    """lm_eval begins the context and not the whole, so that its continuation loses a token."""
    tokenizer = MANY["Llama 2"]()
    pair = ("<", "s> the river")
    [(_, theirs)] = as_lm_eval(harness(tokenizer), [pair])
    [(_, ours)] = Encoder(tokenizer).pairs([Request("i", *pair)])
    alone = tokenizer(pair[0], add_special_tokens=False).input_ids
    whole = tokenizer(pair[0] + pair[1], add_special_tokens=False).input_ids
    assert ours == tuple(whole[len(alone) :])
    assert theirs == ours[1:]


def test_an_end_token_that_stands_at_the_end_by_default() -> None:
    """lm_eval leaves it in the context, where it takes the place of the continuation's first token."""
    from tokenizers import processors

    tokenizer = MANY["T5"]()
    plain = Encoder(tokenizer).pairs([Request("i", "The river", " rises")])
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        "$A </s>", "$A </s> $B </s>", [("</s>", 2)]
    )
    [(theirs, _)] = as_lm_eval(harness(tokenizer), [("The river", " rises")])
    assert theirs[-1] == tokenizer.eos_token_id
    [(ours, after)] = Encoder(tokenizer).pairs([Request("i", "The river", " rises")])
    assert ours == theirs[:-1]
    assert after == plain[0][1]


def test_a_system_prompt_that_the_template_refuses(templated: Callable[[str, str], Any]) -> None:
    """lm_eval leaves it out and says so in its log; here it is an error."""
    tokenizer = templated("Qwen 2", NO_SYSTEM)
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert "Be brief" not in harness(tokenizer).apply_chat_template(turns)
    with pytest.raises(ModelError, match="cannot be rendered, with a system prompt"):
        Chat(tokenizer, "Be brief.")
