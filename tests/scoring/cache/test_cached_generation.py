"""Texts that a model wrote are kept too, under all that they depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal.scoring import GenerationOptions, ModelError, Request, cached_model, load_model
from pytest_llmcal.scoring.cache import CachedModel
from pytest_llmcal.scoring.cache.questions import generation

PROMPTS = [("bees", "Question: Who keeps the bees of Oakrise? Answer:"), ("sea", "Question: Where is the sea? Answer:")]
DRAWN = GenerationOptions(max_tokens=6, temperature=1.0, samples=3, seed=1)


def again(folder: Path) -> CachedModel:
    return cached_model("world/gpt2", cache_dir=folder, device="cpu")


def test_a_second_run_gives_the_same_texts_and_loads_no_model(tmp_path: Path) -> None:
    first = again(tmp_path)
    seen: list[tuple[int, int]] = []
    texts = first.generate(PROMPTS, DRAWN, lambda done, total: seen.append((done, total)))
    first.close()
    assert seen[-1] == (6, 6)
    assert texts == load_model("world/gpt2", device="cpu").generate(PROMPTS, DRAWN)
    second = again(tmp_path)
    assert second.generate(PROMPTS, DRAWN) == texts
    assert second._model is None
    second.close()


@pytest.mark.parametrize(
    "other",
    [
        GenerationOptions(max_tokens=7, temperature=1.0, samples=3, seed=1),
        GenerationOptions(max_tokens=6, temperature=1.0, samples=3, seed=2),
        GenerationOptions(max_tokens=6, temperature=0.5, samples=3, seed=1),
        GenerationOptions(max_tokens=6, temperature=1.0, top_p=0.5, samples=3, seed=1),
        GenerationOptions(max_tokens=6, temperature=1.0, samples=3, seed=1, stop="."),
        GenerationOptions(max_tokens=6),
    ],
)
def test_other_options_are_another_question(other: GenerationOptions) -> None:
    assert generation(other).texts(PROMPTS[0]) != generation(DRAWN).texts(PROMPTS[0])


def test_what_is_drawn_depends_on_the_prompt_s_id_and_what_is_not_does_not() -> None:
    same = [("one", "Who?"), ("two", "Who?")]
    first, second = (generation(DRAWN).texts(each) for each in same)
    assert first != second
    greedy = generation(GenerationOptions(max_tokens=6))
    assert greedy.texts(same[0]) == greedy.texts(same[1])


def test_what_changes_no_answer_changes_no_key() -> None:
    greedy = generation(GenerationOptions(max_tokens=6))
    assert generation(GenerationOptions(max_tokens=6, seed=3, top_p=0.5)).texts(PROMPTS[0]) == greedy.texts(PROMPTS[0])
    whole = GenerationOptions(max_tokens=6, temperature=1, top_p=1, samples=3, seed=1)
    assert generation(whole).texts(PROMPTS[0]) == generation(DRAWN).texts(PROMPTS[0])


def test_where_prompts_are_cut_an_answer_depends_on_the_choices_beside_it(tmp_path: Path) -> None:
    # the longest choice decides how much is left of the prompt, for every choice of the item
    prompt = "bees " * 200
    short, long = Request("i", prompt, " no"), Request("i", prompt, " no" * 4)
    plain = load_model("world/gpt2", device="cpu", truncate="left")
    model = cached_model("world/gpt2", cache_dir=tmp_path, device="cpu", truncate="left")
    [alone] = model.log_likelihoods([short])
    beside = model.log_likelihoods([short, long])
    assert beside[0].total != alone.total
    assert [answer.total for answer in beside] == pytest.approx(
        [answer.total for answer in plain.log_likelihoods([short, long])], abs=1e-5
    )
    model.close()


def test_a_model_that_cannot_generate_says_so(tmp_path: Path) -> None:
    from counting_model import CountingModel, cached

    model = cached(tmp_path, CountingModel())
    with pytest.raises(ModelError, match="cannot generate"):
        model.generate(PROMPTS, DRAWN)
    model.close()
