"""The packed path gives the plain one's numbers, whatever is packed, shared and batched; else it is not taken."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring.engine import Engine, PathWarning
from pytest_llmcal.scoring.plan import Costs, Pair, rows_of_text

PACKED = ["gpt2", "llama", "mistral", "cohere", "granite", "neox", "opt"]
PLAIN = {
    "gemma2": "its attention takes softcap",
    "bloom": "its attention cannot be replaced",
    "mamba": "its attention cannot be replaced",
}
LENGTH = 40
"""Tokens that every family reads."""


@pytest.fixture(scope="module")
def network_of(model_folder: Callable[[str], Path]) -> Iterator[Callable[[str], Any]]:
    """One network a family, as transformers loads it."""
    from transformers import AutoModelForCausalLM

    loaded: dict[str, Any] = {}

    def load(family: str) -> Any:
        if family not in loaded:
            loaded[family] = AutoModelForCausalLM.from_pretrained(model_folder(family)).eval()
        return loaded[family]

    yield load
    loaded.clear()


@st.composite
def shared_pairs(draw: st.DrawFn) -> list[Pair]:
    """Contexts that share beginnings, with several continuations each, within `LENGTH` tokens."""
    tokens = st.integers(5, 60)
    beginnings = draw(st.lists(st.lists(tokens, min_size=1, max_size=20), min_size=1, max_size=3))
    pairs: list[Pair] = []
    for _ in range(draw(st.integers(1, 6))):
        context = [*draw(st.sampled_from(beginnings)), *draw(st.lists(tokens, min_size=1, max_size=10))]
        choices = draw(st.lists(st.lists(tokens, min_size=1, max_size=6), min_size=1, max_size=4))
        pairs += [(tuple(context), tuple(choice)) for choice in choices]
    return pairs


def flat(answers: list[list[float]]) -> list[float]:
    return [each for row in answers for each in row]


def plain(network: Any, pairs: list[Pair]) -> list[float]:
    return flat(Engine(network, 10_000, packing=False).pairs(pairs))


def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every beginning be kept, however short it is."""
    costs = Costs(keys_per_token=0.01, least_prefix=1, least_behind=0)
    monkeypatch.setattr(Engine, "_costs", lambda _: costs)


@pytest.mark.parametrize("family", [*PACKED, *PLAIN])
def test_answers_depend_on_nothing_but_the_question(family: str, network_of: Callable[[str], Any]) -> None:
    network = network_of(family)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(pairs=shared_pairs(), budget=st.sampled_from([1, 30, 10_000]), data=st.data())
    def holds(pairs: list[Pair], budget: int, data: st.DataObject) -> None:
        order = data.draw(st.permutations(range(len(pairs))))
        expected = plain(network, pairs)
        for sharing in (True, False):
            engine = Engine(network, budget, sharing=sharing)
            shuffled = engine.pairs([pairs[number] for number in order])
            engine.as_it_was()
            found: list[list[float]] = [[]] * len(pairs)
            for number, own in zip(order, shuffled, strict=True):
                found[number] = own
            assert flat(found) == pytest.approx(expected, abs=1e-5, rel=1e-6)

    holds()


@pytest.mark.parametrize("family", [family for family in PACKED if family != "mistral"])  # whose window is too short
def test_beginnings_are_kept_piece_by_piece_and_change_nothing(
    family: str, network_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of(family)
    beginning = tuple(range(5, 25))
    asked = [((*beginning, *range(a, a + 3), b), (c, 7, 8)) for a in (30, 40) for b in (50, 51) for c in (52, 53)]
    keep_all(monkeypatch)
    engine = Engine(network, 7)  # the beginning is computed in pieces of seven tokens
    kept: list[int] = []
    engine.pairs(asked)
    packed = engine._packed
    assert packed is not None
    keep = packed.keep

    def noted(row: Any, before: Any) -> Any:
        kept.append(len(row.tokens))
        return keep(row, before)

    monkeypatch.setattr(packed, "keep", noted)
    found = flat(engine.pairs(asked))
    engine.as_it_was()
    assert kept[:3] == [7, 7, 6]
    assert found == pytest.approx(plain(network, asked), abs=1e-5)


@pytest.mark.parametrize("family", PACKED)
def test_what_can_be_packed_is(family: str, network_of: Callable[[str], Any]) -> None:
    engine = Engine(network_of(family), 10_000)
    assert engine.path == "undecided"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine.pairs([((5, 6), (7, 8)), ((5, 6), (9, 8))])
    assert engine.path == "packed"
    engine.as_it_was()


@pytest.mark.parametrize("family", PLAIN)
def test_what_cannot_be_packed_says_why_and_is_run_plainly(family: str, network_of: Callable[[str], Any]) -> None:
    engine = Engine(network_of(family), 10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine.pairs([((5, 6), (7, 8))])
    assert engine.path == f"plain: {PLAIN[family]}"


def test_texts_beyond_a_sliding_window_are_run_plainly_and_others_packed(network_of: Callable[[str], Any]) -> None:
    network = network_of("mistral")  # whose window is six tokens
    short, long = ((5, 6, 7), (8, 9)), (tuple(range(5, 25)), (8, 9))
    engine = Engine(network, 10_000)
    ran: list[int] = []
    run = engine._plain.run
    engine.pairs([short])
    engine._plain.run = lambda rows: (ran.extend(len(row.tokens) for row in rows), run(rows))[1]  # type: ignore[method-assign]
    found = flat(engine.pairs([long, short]))
    engine.as_it_was()
    assert ran == [21]
    assert found == pytest.approx(plain(network, [long, short]), abs=1e-5)


def test_running_text_is_packed_too(network_of: Callable[[str], Any]) -> None:
    network = network_of("llama")
    rows = [*rows_of_text(0, (1,), tuple(range(5, 35)), 16), *rows_of_text(30, (1,), (9, 8, 7), 16)]
    engine, reference = Engine(network, 50), Engine(network, 50, packing=False)
    found, expected = engine.rows(rows, 33), reference.rows(rows, 33)
    assert engine.path == "packed"
    engine.as_it_was()
    assert found.own == pytest.approx(expected.own, abs=1e-5)
    assert found.best == pytest.approx(expected.best, abs=1e-5)
    assert found.hit.tolist() == expected.hit.tolist()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_other_number_formats_are_packed_within_their_rounding(
    dtype: torch.dtype, model_folder: Callable[[str], Path]
) -> None:
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(model_folder("llama"), dtype=dtype).eval()
    asked = [((*range(5, 25), n), (7, 8, n)) for n in range(30, 40)]
    engine = Engine(network, 10_000)
    found = flat(engine.pairs(asked))
    assert engine.path == "packed"
    engine.as_it_was()
    rounding = 1e-12 if dtype == torch.float64 else 0.2
    assert found == pytest.approx(plain(network, asked), abs=rounding)


# What makes it fast is found out, and undone


def test_the_last_layer_is_computed_where_it_is_read_alone(network_of: Callable[[str], Any]) -> None:
    network = network_of("llama")
    engine = Engine(network, 10_000)
    asked = [(tuple(range(5, 35)), (7, 8)), (tuple(range(5, 35)), (9,))]
    engine.pairs(asked)
    seen: list[int] = []
    hook = network.model.layers[-1].mlp.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[1]))
    engine.pairs(asked)
    hook.remove()
    engine.as_it_was()
    assert seen == [2]  # behind the context, and behind the first token of the longer choice


@pytest.mark.parametrize("family", [*PACKED, *PLAIN])
def test_weights_are_put_back_bit_by_bit(family: str, model_folder: Callable[[str], Path]) -> None:
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(model_folder(family)).eval()
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    modules = {name: type(module) for name, module in network.named_modules()}
    implementation = network.config._attn_implementation
    engine = Engine(network, 10_000)
    engine.pairs([((5, 6), (7, 8)), ((5, 6), (9, 8))])
    after = engine.as_it_was().state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert {name: type(module) for name, module in network.named_modules()} == modules
    assert network.config._attn_implementation == implementation
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_model_whose_attention_ignores_the_plan_falls_back_loudly(network_of: Callable[[str], Any]) -> None:
    from pytest_llmcal.scoring.kernels import attention

    network = network_of("llama")
    asked = [((5, 6, 7, 8, 9, 10), (7, 8)), ((5, 6, 7, 8, 9, 10), (9, 8))]
    expected = plain(network, asked)
    original = attention.visible

    def all_there_is(row: Any, queries: Any) -> Any:
        return original(row, queries) | True

    engine = Engine(network, 10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "visible", all_there_is)
        with pytest.warns(PathWarning, match=r"plain path.*off by .*where rounding explains"):
            found = flat(engine.pairs(asked))
    assert engine.path.startswith("plain: answers of the packed one were off by")
    assert found == pytest.approx(expected, abs=1e-6)
    assert type(network.model.layers[0].mlp.up_proj) is torch.nn.Linear


def test_a_model_that_fails_on_the_packed_path_falls_back_loudly(network_of: Callable[[str], Any]) -> None:
    network = network_of("llama")
    asked = [((5, 6, 7), (7, 8))]
    engine = Engine(network, 10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_llmcal.scoring.kernels.attention._flash", lambda *_: 1 / 0)
        with pytest.warns(PathWarning, match="the packed one fails: division by zero"):
            found = flat(engine.pairs(asked))
    assert found == pytest.approx(plain(network, asked), abs=1e-6)


def test_settling_a_model_that_only_writes_says_nothing_until_it_weighs(network_of: Callable[[str], Any]) -> None:
    engine = Engine(network_of("llama"), 10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_llmcal.scoring.kernels.attention._flash", lambda *_: 1 / 0)
        engine.settled([(5, 6, 7)])
        with pytest.warns(PathWarning, match="the packed one fails: division by zero"):
            engine.pairs([((5, 6, 7), (7, 8))])


def built(name: str, **options: Any) -> Any:
    """A small random model from its configuration."""
    import transformers

    sizes = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}TextConfig" if name == "Gemma3" else f"{name}Config")(
        **sizes | {"initializer_range": 0.2} | options
    )
    return getattr(transformers, f"{name}ForCausalLM")(config).eval()


MANY = [((*range(5, 20), n), (7, 8, n)) for n in range(20, 40)]
LLAMA_LIKE = {"intermediate_size": 64, "num_key_value_heads": 2}


def test_a_convolution_among_attentions_is_found_out_quietly() -> None:
    network = built("Lfm2", **LLAMA_LIKE, layer_types=["conv", "full_attention"])
    engine = Engine(network, 10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = flat(engine.pairs(MANY))
    assert engine.path == "plain: only 1 of its 2 layers attend"
    assert found == pytest.approx(plain(network, MANY), abs=1e-5)


@pytest.mark.parametrize("nested", [False, True])
def test_texts_whose_positions_go_by_the_longest_of_a_batch_are_run_apart_beyond_the_known_length(nested: bool) -> None:
    rope = {
        "rope_type": "longrope",
        "rope_theta": 10_000.0,
        "short_factor": [1.0] * 4,
        "long_factor": [4.0] * 4,
        "original_max_position_embeddings": 12,
    }
    if nested:
        plainly = {"rope_type": "default", "rope_theta": 10_000.0}
        network = built(
            "Gemma3",
            intermediate_size=64,
            num_key_value_heads=2,
            head_dim=8,
            layer_types=["full_attention"] * 2,
            max_position_embeddings=64,
            pad_token_id=0,
            rope_parameters={"full_attention": rope, "sliding_attention": plainly},
        )
    else:
        network = built("Phi3", **LLAMA_LIKE, max_position_embeddings=64, rope_parameters=rope, pad_token_id=0)
    asked = [((5, 6, 7), (8, 9)), *MANY[:3], ((6, 7), (9, 8))]
    alone = [own for pair in asked for own in Engine(network, 10_000).pairs([pair])[0]]
    engine = Engine(network, 10_000)
    assert flat(engine.pairs(asked)) == pytest.approx(alone, abs=1e-5)
    assert engine.path == "plain: what it makes of a text depends on the longest of its batch"


def test_weights_come_back_if_packing_them_is_interrupted(network_of: Callable[[str], Any]) -> None:
    from pytest_llmcal.scoring.kernels import weights

    network = network_of("llama")
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    replaced = []

    def failing(self: Any, parent: Any, name: str, new: Any) -> None:
        replaced.append(name)
        if len(replaced) == 5:
            raise KeyboardInterrupt
        original(self, parent, name, new)

    original = weights.PackedWeights._replace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights.PackedWeights, "_replace", failing)
        with pytest.raises(KeyboardInterrupt):
            Engine(network, 10_000).pairs(MANY)
    after = network.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    assert network.config._attn_implementation == "sdpa"


def test_a_linear_map_that_two_modules_share_stays_as_it_is() -> None:
    network = built("Llama", **LLAMA_LIKE)
    network.model.layers[0].mlp.up_proj = network.model.layers[1].mlp.up_proj
    expected = plain(network, MANY)
    engine = Engine(network, 10_000)
    assert flat(engine.pairs(MANY)) == pytest.approx(expected, abs=1e-5)
    assert engine.path == "packed"
    assert type(network.model.layers[0].mlp.up_proj) is torch.nn.Linear


def test_both_ways_of_attending_agree(network_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    # the padded way, for devices other than the CPU, beside the one row by row
    from pytest_llmcal.scoring.kernels import attention

    keep_all(monkeypatch)
    network = network_of("llama")
    beginning = tuple(range(5, 25))
    asked = [((*beginning, *range(a, a + 5)), (c, 7, 8)) for a in range(30, 40) for c in (52, 53)]
    monkeypatch.setattr(attention, "_attend_by_row", attention._attend_padded)
    engine = Engine(network, 200)
    found = flat(engine.pairs(asked))
    assert engine.path == "packed"
    engine.as_it_was()
    assert found == pytest.approx(plain(network, asked), abs=1e-5)
