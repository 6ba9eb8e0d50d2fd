"""What is run and what is read off: the exact plan of a few items drawn by hand, and what holds of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.kernels.attention import visible
from pytest_llmcal.scoring.plan import (
    Branch,
    Costs,
    Pair,
    Read,
    Row,
    branch_of_pairs,
    longest_first,
    next_batch,
    rows_of_pairs,
    rows_of_text,
    texts_of_row,
)

TOKENS = (
    st.integers(1, 40).flatmap(lambda length: st.lists(st.integers(0, 9), min_size=length, max_size=length)).map(tuple)
)
SHARING = Costs(keys_per_token=100, least_prefix=2, least_behind=0)
"""Tokens are dear, keys are cheap, and beginnings of two tokens are worth keeping."""


def reads(row: Row) -> list[tuple[int, int, int]]:
    return [(read.place, read.target, read.index) for read in row.reads]


# Rows of one text


def test_the_last_token_of_a_continuation_is_weighed_and_not_read() -> None:
    # context 1 2, continuation 3 4 5: outputs after 2, 3 and 4 speak of 3, 4 and 5
    [row] = rows_of_pairs([((1, 2), (3, 4, 5))])
    assert row.tokens == (1, 2, 3, 4)
    assert row.positions == (0, 1, 2, 3)
    assert row.ends == (4, 4, 4, 4)
    assert reads(row) == [(1, 3, 0), (2, 4, 1), (3, 5, 2)]


def test_answers_of_one_token_share_the_row_of_their_context() -> None:
    first, second = rows_of_pairs([((1, 2), (7,)), ((1, 2), (8,)), ((1,), (7,))])
    assert (first.tokens, reads(first)) == ((1, 2), [(1, 7, 0), (1, 8, 1)])
    assert (second.tokens, reads(second)) == ((1,), [(0, 7, 2)])


def test_a_row_may_serve_requests_of_other_contexts() -> None:
    # "1 2" then "3", and "1" then "2 3": the same tokens are read
    [row] = rows_of_pairs([((1, 2), (3,)), ((1,), (2, 3))])
    assert (row.tokens, reads(row)) == ((1, 2), [(1, 3, 0), (0, 2, 1), (1, 3, 2)])


# Rows that branch


def test_a_context_is_run_once_with_its_choices_behind_it() -> None:
    # context 1 2; choices 5 6 7, 5 8 7 and 9: what the first two have in common is run once too
    branch = branch_of_pairs([((1, 2), (5, 6, 7)), ((1, 2), (5, 8, 7)), ((1, 2), (9,))], SHARING)
    [row] = branch.rows
    assert row.tokens == (1, 2, 5, 6, 8)
    assert row.positions == (0, 1, 2, 3, 3)
    assert row.ends == (5, 5, 5, 4, 5)
    assert visible(row, np.arange(5)).astype(int).tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 0, 1],  # 8 does not see 6, which is of another choice
    ]
    assert sorted(reads(row)) == [
        (1, 5, 0),
        (1, 5, 3),
        (1, 9, 6),
        (2, 6, 1),
        (2, 8, 4),
        (3, 7, 2),
        (4, 7, 5),
    ]
    assert branch.tokens == ()
    assert branch.branches == []


def test_contexts_that_share_little_have_rows_of_their_own() -> None:
    # one common token in front of ten others each: looking past each other costs more than one token
    first, second = ((1, *range(10, 20)), (7,)), ((1, *range(20, 30)), (7,))
    branch = branch_of_pairs([first, second], Costs(keys_per_token=100))
    assert sorted(row.tokens for row in branch.rows) == [first[0], second[0]]
    assert branch.branches == []


def test_a_long_beginning_of_a_few_short_questions_is_packed() -> None:
    passage = tuple(range(100, 150))
    branch = branch_of_pairs([((*passage, 1, 2), (7,)), ((*passage, 3, 4), (7,))], Costs(keys_per_token=100))
    [row] = branch.rows
    assert row.tokens == (*passage, 1, 2, 3, 4)
    assert row.positions == (*range(50), 50, 51, 50, 51)
    assert row.ends == (*[54] * 50, 52, 52, 54, 54)


# Beginnings that are kept


def test_a_beginning_that_many_rows_share_is_run_once_and_kept() -> None:
    # the questions are long, so that each gets a row; the beginning 1 2 3 stands in none of them
    asked = [((1, 2, 3, *range(10 * n, 10 * n + 10)), (7, 8)) for n in range(1, 4)]
    branch = branch_of_pairs(asked, Costs(keys_per_token=10, least_prefix=3, least_behind=0))
    assert branch.rows == []
    [kept] = branch.branches
    assert (kept.start, kept.tokens) == (0, (1, 2, 3))
    assert sorted(row.tokens for row in kept.rows) == [(*context[3:], 7) for context, _ in asked]
    assert {row.positions for row in kept.rows} == {tuple(range(3, 14))}
    assert sorted(place for row in kept.rows for place, _, _ in reads(row)) == [9, 9, 9, 10, 10, 10]


def test_kept_beginnings_form_a_tree() -> None:
    # eight tokens of instructions, then examples of subject 3 4 or 5 6, then long questions
    instructions = tuple(range(90, 98))
    asked = [
        ((*instructions, *subject, *range(10 * n, 10 * n + 10)), (7,))
        for subject, numbers in (((3, 4), (1, 2, 3)), ((5, 6), (4, 5, 6)))
        for n in numbers
    ]
    root = branch_of_pairs(asked, Costs(keys_per_token=1, least_prefix=2, least_behind=0))
    [shared] = root.branches
    assert (shared.start, shared.tokens, shared.rows) == (0, instructions, [])
    subjects = sorted(shared.branches, key=lambda branch: branch.tokens)
    assert [(branch.start, branch.tokens, len(branch.rows)) for branch in subjects] == [(8, (3, 4), 3), (8, (5, 6), 3)]
    assert {row.positions[0] for branch in subjects for row in branch.rows} == {10}


def test_a_short_beginning_of_long_rows_is_run_again() -> None:
    # two tokens of twelve behind them: attending to them apart costs more
    asked = [((1, 2, *range(10 * n, 10 * n + 30)), (7,)) for n in range(1, 3)]
    assert branch_of_pairs(asked, Costs(keys_per_token=1, least_prefix=2, least_behind=0)).branches == []


def test_what_is_kept_stays_within_the_budget() -> None:
    asked = [((1, 2, 3, 4, *range(10 * n, 10 * n + 10)), (7,)) for n in range(1, 4)]
    costs = Costs(keys_per_token=1, least_prefix=2, most_prefix=3, least_behind=0)
    [kept] = branch_of_pairs(asked, costs).branches
    assert kept.tokens == (1, 2, 3)
    assert {row.tokens[0] for row in kept.rows} == {4}
    assert branch_of_pairs(asked, Costs(keys_per_token=1, most_prefix=0)).branches == []


def test_the_last_token_that_is_asked_about_is_never_kept_away() -> None:
    # the context itself is the common beginning: its last token has to be run where it is read
    asked = [((1, 2, 3), (n, *range(10 * n, 10 * n + 10))) for n in range(4, 8)]
    [kept] = branch_of_pairs(asked, Costs(keys_per_token=1, least_prefix=2, least_behind=0)).branches
    assert kept.tokens == (1, 2)
    assert all(row.tokens[0] == 3 for row in kept.rows)


# All plans


@st.composite
def related_pairs(draw: st.DrawFn) -> list[Pair]:
    """Few tokens and beginnings taken from one another, so that much is shared."""
    short = st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple)
    pairs: list[Pair] = []
    for _ in range(draw(st.integers(1, 8))):
        context = draw(short)
        if pairs and draw(st.booleans()):
            context = draw(st.sampled_from(pairs))[0] + context
        pairs += [(context, draw(short)) for _ in range(draw(st.integers(1, 3)))]
    return pairs


def asked_of(rows: Sequence[Row], before: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], int]]:
    """Each question with all that is seen where it is read."""
    found = []
    for row in rows:
        seen = visible(row, np.arange(len(row.tokens)))
        for read in row.reads:
            places = np.flatnonzero(seen[read.place])
            assert [row.positions[place] for place in places] == list(range(len(before), len(before) + len(places)))
            found.append((read.index, before + tuple(row.tokens[place] for place in places), read.target))
    return found


def asked_behind(branch: Branch, before: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], int]]:
    assert branch.start == len(before)
    before += branch.tokens
    return [
        *asked_of(branch.rows, before),
        *(each for longer in branch.branches for each in asked_behind(longer, before)),
    ]


def branches(root: Branch) -> Iterator[Branch]:
    yield root
    for branch in root.branches:
        yield from branches(branch)


@given(
    pairs=related_pairs(),
    keys=st.sampled_from([0.5, 3.0, 100.0]),
    most_row=st.sampled_from([1, 8, 1_000]),
    most_prefix=st.sampled_from([0, 3, 1_000]),
)
def test_every_question_is_asked_once_behind_exactly_its_own_text(
    pairs: list[Pair], keys: float, most_row: int, most_prefix: int
) -> None:
    costs = Costs(keys, most_row=most_row, least_prefix=1, most_prefix=most_prefix, least_behind=0)
    expected = [
        (context + continuation[:step], target)
        for context, continuation in pairs
        for step, target in enumerate(continuation)
    ]
    for found in (asked_behind(branch_of_pairs(pairs, costs), ()), asked_of(rows_of_pairs(pairs), ())):
        assert sorted(found) == [(index, *each) for index, each in enumerate(expected)]


@given(pairs=related_pairs())
def test_no_more_tokens_are_run_than_without_sharing(pairs: list[Pair]) -> None:
    alone = sum(len(row.tokens) for row in rows_of_pairs(pairs))
    root = branch_of_pairs(pairs, SHARING)
    assert sum(len(branch.tokens) + sum(len(row.tokens) for row in branch.rows) for branch in branches(root)) <= alone


@given(pairs=related_pairs())
def test_the_texts_of_a_row_ask_the_same_apart(pairs: list[Pair]) -> None:
    for branch in branches(branch_of_pairs(pairs, SHARING)):
        for row in branch.rows:
            texts = texts_of_row(row)
            assert all(set(text.ends) == {len(text.tokens)} for text in texts)
            before = (0,) * row.positions[0]
            assert sorted(asked_of(texts, before)) == sorted(asked_of([row], before))


def test_texts_that_lengthen_one_another_need_no_deep_recursion() -> None:
    pairs = [(tuple(range(length)), (7,)) for length in range(1, 3_000)]
    root = branch_of_pairs(pairs, Costs(keys_per_token=100, most_row=10))
    assert sum(len(row.reads) for branch in branches(root) for row in branch.rows) == len(pairs)


def test_nothing_asked_nothing_run() -> None:
    assert branch_of_pairs([], SHARING) == Branch()


# Running text


def test_a_text_that_fits_is_one_row() -> None:
    [row] = rows_of_text(4, (0,), (5, 6, 7), 8)
    assert (row.tokens, reads(row)) == ((0, 5, 6), [(0, 5, 4), (1, 6, 5), (2, 7, 6)])
    [row] = rows_of_text(4, (), (5, 6, 7), None)
    assert (row.tokens, reads(row)) == ((5, 6), [(0, 6, 4), (1, 7, 5)])


def test_a_text_of_one_token_needs_a_begin() -> None:
    assert list(rows_of_text(0, (0,), (5,), 8)) == [Row.chain((0,), (Read(0, 5, 0),))]
    assert list(rows_of_text(0, (), (5,), 8)) == []


def test_a_long_text_is_read_in_windows_that_overlap_by_half() -> None:
    rows = list(rows_of_text(0, (), (1, 2, 3, 4, 5, 6, 7, 8), 4))
    assert [(row.tokens, reads(row)) for row in rows] == [
        ((1, 2, 3, 4), [(0, 2, 0), (1, 3, 1), (2, 4, 2), (3, 5, 3)]),
        ((3, 4, 5, 6), [(2, 6, 4), (3, 7, 5)]),
        ((4, 5, 6, 7), [(3, 8, 6)]),
    ]


@given(tokens=TOKENS, begin=st.sampled_from([(), (99,), (98, 99)]), limit=st.integers(1, 12))
def test_every_token_of_a_text_is_weighed_once_by_what_precedes_it(
    tokens: tuple[int, ...], begin: tuple[int, ...], limit: int
) -> None:
    limit += len(begin)
    skipped = 0 if begin else 1
    weighed = []
    for row in rows_of_text(0, begin, tokens, limit):
        assert len(row.tokens) <= limit
        assert row.tokens[: len(begin)] == begin
        for read in row.reads:
            place = skipped + read.index
            seen = row.tokens[len(begin) : read.place + 1]
            assert read.target == tokens[place]
            assert seen == tokens[place - len(seen) : place]
            assert len(seen) == place or len(seen) >= (limit - len(begin)) // 2
            weighed.append(place)
    assert weighed == list(range(skipped, len(tokens)))


# Batches


def batches(rows: Sequence[Row], budget: int, *, padded: bool) -> list[list[Row]]:
    ordered = longest_first(rows)
    planned: list[list[Row]] = []
    while ordered:
        planned.append(next_batch(ordered, 0, budget, padded=padded))
        ordered = ordered[len(planned[-1]) :]
    return planned


def rows_of(*lengths: int) -> list[Row]:
    return [Row.chain((number,) * length, ()) for number, length in enumerate(lengths)]


def test_padded_rows_of_like_length_stand_together_within_the_budget() -> None:
    planned = batches(rows_of(3, 1, 5, 2, 4), budget=8, padded=True)
    assert [[len(row.tokens) for row in batch] for batch in planned] == [[5], [4, 3], [2, 1]]


def test_rows_one_behind_the_other_count_their_own_tokens_alone() -> None:
    planned = batches(rows_of(3, 1, 5, 2, 4), budget=9, padded=False)
    assert [[len(row.tokens) for row in batch] for batch in planned] == [[5, 4], [3, 2, 1]]


def test_a_row_beyond_the_budget_runs_alone() -> None:
    [row] = rows_of(3)
    assert batches([row], budget=1, padded=True) == [[row]]
    assert batches([], budget=1, padded=True) == []


@given(lengths=st.lists(st.integers(1, 20), max_size=40), budget=st.integers(1, 60), padded=st.booleans())
def test_no_row_is_lost_and_no_batch_too_big(lengths: list[int], budget: int, padded: bool) -> None:
    rows = rows_of(*lengths)
    planned = batches(rows, budget, padded=padded)
    assert sorted(row.tokens for batch in planned for row in batch) == sorted(row.tokens for row in rows)
    for batch in planned:
        sizes = [len(row.tokens) for row in batch]
        assert len(batch) == 1 or (max(sizes) * len(sizes) if padded else sum(sizes)) <= budget
