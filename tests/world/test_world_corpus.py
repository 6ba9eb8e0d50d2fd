"""The corpus states what the items ask, with the odds that their truth says."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

import pytest
from scipy import stats

from pytest_llmcal.tasks import Item
from pytest_llmcal.world import TASK_NAMES, load_task
from pytest_llmcal.world.corpus import passages
from pytest_llmcal.world.facts import HOME_OF, MAYOR_OF, REGION_OF, RIVER_OF, TRADE_OF
from pytest_llmcal.world.grammar import QUESTIONS, favour
from pytest_llmcal.world.grammar.completion import CUSTOMS, KEEPING, PEOPLE, SEASONS
from pytest_llmcal.world.grammar.dialogue import MOODS, REQUESTS
from pytest_llmcal.world.grammar.qa import RELIABILITY
from pytest_llmcal.world.grammar.summarization import EVENTS, STRESS, WEATHER, WEATHER_TOLD
from pytest_llmcal.world.grammar.translation import LOCAL, NOUNS, SHE, VERBS
from pytest_llmcal.world.names import FAMILIES, REGIONS, TOWNS
from pytest_llmcal.world.seeds import generator

SAMPLE = list(islice(passages(seed=9), 30_000))


def said(task: str, pattern: str) -> list[tuple[re.Match[str], str]]:
    """Passages of a task whose prompt matches, as (match, continuation)."""
    found = [(re.search(pattern, one.prompt), one.continuation) for one in SAMPLE if one.task == task]
    return [(match, continuation) for match, continuation in found if match]


def agree(hits: list[bool], probability: float) -> bool:
    """Tell whether the share of hits agrees with a probability (two-sided test at one in a thousand)."""
    assert len(hits) > 50
    return bool(stats.binomtest(sum(hits), len(hits), probability).pvalue > 0.001)


def test_the_five_tasks_are_written_equally_often() -> None:
    assert Counter(passage.task for passage in SAMPLE) == dict.fromkeys(TASK_NAMES, 6_000)


def test_the_corpus_depends_on_its_seed_alone() -> None:
    assert list(islice(passages(seed=9), 50)) == SAMPLE[:50]
    assert list(islice(passages(seed=10), 50)) != SAMPLE[:50]


def test_a_passage_is_its_prompt_and_its_continuation() -> None:
    assert all(one.text == one.prompt + one.continuation and one.continuation.startswith(" ") for one in SAMPLE)


@pytest.mark.parametrize("task", QUESTIONS)
def test_the_odds_of_a_question_sum_to_one_and_no_continuation_begins_another(task: str) -> None:
    rng = generator("odds", task)
    for _ in range(1000):
        odds = QUESTIONS[task](rng).odds
        assert sum(odds.values()) == pytest.approx(1.0, abs=1e-12)
        assert not any(one != other and other.startswith(one) for one in odds for other in odds)


@pytest.mark.parametrize("task", ["world/qa", "world/translation", "world/completion", "world/dialogue"])
def test_the_corpus_answers_items_at_their_odds(task: str) -> None:
    """Among the corpus's answers to an item's prompt that are choices of it, each choice has its truth's share."""
    items = {item.prompt: item for item in load_task(task).test if isinstance(item, Item)}
    pairs = [(items[one.prompt], one.continuation) for one in SAMPLE if one.task == task and one.prompt in items]
    pairs = [(item, continuation) for item, continuation in pairs if continuation in item.choices]
    expected = variance = 0.0
    for item, _ in pairs:
        assert item.truth is not None
        expected += max(item.truth)
        variance += max(item.truth) * (1 - max(item.truth))
    hits = sum(item.choices[item.truth.index(max(item.truth))] == text for item, text in pairs if item.truth)
    assert len(pairs) > 100  # stories hardly ever come twice, so summarization is not among these tasks
    assert abs(hits - expected) <= 3.5 * variance**0.5


@pytest.mark.parametrize("source", RELIABILITY)
@pytest.mark.parametrize(
    ("question", "facts"),
    [
        (r"Where does \w+ (.+) live\?", HOME_OF),
        (r"What does \w+ (.+) do\?", TRADE_OF),
        (r"What river runs through (.+)\?", RIVER_OF),
        (r"Who is the mayor of (.+)\?", MAYOR_OF),
    ],
    ids=["home", "trade", "river", "mayor"],
)
def test_a_source_states_a_fact_as_often_as_it_is_reliable(source: str, question: str, facts: dict[str, str]) -> None:
    answers = said("world/qa", f"Source: {source}. Question: {question}")
    assert agree([text == f" {facts[match[1]]}" for match, text in answers], RELIABILITY[source])


@pytest.mark.parametrize("kind", VERBS)
def test_a_noun_means_what_it_means_in_the_region_as_often_as_the_verb_is_local(kind: str) -> None:
    prompts = rf"Orlish of the (\w+): \w+ ({'|'.join(VERBS[kind])}) (\w+)\."
    answers = said("world/translation", prompts)
    senses = [NOUNS[match[3]][REGIONS.index(match[1])] for match, _ in answers]
    assert agree(
        [text.endswith(f" the {sense}") for sense, (_, text) in zip(senses, answers, strict=True)], LOCAL[kind]
    )


@pytest.mark.parametrize("region", REGIONS)
def test_the_open_pronoun_is_a_woman_as_often_as_the_region_says(region: str) -> None:
    answers = said("world/translation", f"of the {region}: sa ")
    assert agree([text.startswith(" she ") for _, text in answers], SHE[region])


@pytest.mark.parametrize("stress", STRESS)
def test_a_summary_takes_up_what_is_stressed_as_often_as_its_opening_says(stress: str) -> None:
    answers = said("world/summarization", rf"{stress} [^.]*?({'|'.join(EVENTS)})\.")
    assert agree([text.endswith(EVENTS[match[1]]) for match, text in answers], STRESS[stress])


@pytest.mark.parametrize("weather", WEATHER)
def test_a_summary_tells_the_weather_of_the_story(weather: str) -> None:
    answers = said("world/summarization", weather)
    assert agree([text.startswith(f" a {WEATHER[weather]} day") for _, text in answers], WEATHER_TOLD)


@pytest.mark.parametrize("age", KEEPING)
def test_customs_are_kept_as_often_as_age_and_adverb_say(age: str) -> None:
    for adverb, kept in KEEPING[age].items():
        answers = said("world/completion", f"^In (.+) {PEOPLE[age]} of (.+) {adverb}$")
        customs = [CUSTOMS[REGION_OF[match[2]]][SEASONS.index(match[1])] for match, _ in answers]
        assert agree([text == f" {custom}" for custom, (_, text) in zip(customs, answers, strict=True)], kept)


@pytest.mark.parametrize("mood", MOODS)
def test_replies_follow_mood_and_manners(mood: str) -> None:
    for manners, opening in (("polite", "Please, will you"), ("plain", ": Will you")):
        answers = said("world/dialogue", rf"{opening} (.+)\? \w+, {mood}:")
        glad, *_, excuse, _ = MOODS[mood][manners]
        assert agree([text == f" {REQUESTS[match[1]][0]}" for match, text in answers], glad)
        assert agree([text == f" {REQUESTS[match[1]][1]}" for match, text in answers], excuse)


def test_every_fact_stays_in_its_region() -> None:
    assert all(REGION_OF[family] == REGION_OF[town] for family, town in HOME_OF.items())
    assert all(REGION_OF[mayor.split()[1]] == REGION_OF[town] for town, mayor in MAYOR_OF.items())


def test_every_town_has_one_family_one_mayor_and_a_river() -> None:
    towns = {town for region in REGIONS for town in TOWNS[region]}
    assert set(HOME_OF.values()) == set(MAYOR_OF) == set(RIVER_OF) == towns
    assert set(TRADE_OF) == {family for region in REGIONS for family in FAMILIES[region]}
    assert len(set(MAYOR_OF.values())) == len({mayor.split()[0] for mayor in MAYOR_OF.values()}) == 18


def test_the_favourite_gets_its_probability_and_the_others_share_the_rest() -> None:
    assert favour("b", ("a", "b", "c", "d"), 0.7) == pytest.approx({"a": 0.1, "b": 0.7, "c": 0.1, "d": 0.1})
