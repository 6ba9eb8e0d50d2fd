"""What is run and what is read off, written out by hand for a few items and held in general."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.plan import Batch, Row, Span, batches, rows_of_pairs, rows_of_text

TOKENS = (
    st.integers(1, 40).flatmap(lambda length: st.lists(st.integers(0, 9), min_size=length, max_size=length)).map(tuple)
)


def test_the_last_token_of_a_continuation_is_weighed_and_not_read() -> None:
    # context 1 2, continuation 3 4 5: outputs after 2, 3 and 4 speak of 3, 4 and 5
    assert rows_of_pairs([((1, 2), (3, 4, 5))]) == [Row((1, 2, 3, 4), (Span(0, 0, 1, (3, 4, 5)),))]


def test_answers_of_one_token_share_the_row_of_their_context() -> None:
    assert rows_of_pairs([((1, 2), (7,)), ((1, 2), (8,)), ((1,), (7,))]) == [
        Row((1, 2), (Span(0, 0, 1, (7,)), Span(1, 0, 1, (8,)))),
        Row((1,), (Span(2, 0, 0, (7,)),)),
    ]


def test_a_row_may_serve_requests_of_other_contexts() -> None:
    # "1 2" then "3", and "1" then "2 3": the same tokens are read
    assert rows_of_pairs([((1, 2), (3,)), ((1,), (2, 3))]) == [
        Row((1, 2), (Span(0, 0, 1, (3,)), Span(1, 0, 0, (2, 3))))
    ]


def test_a_text_that_fits_is_one_row() -> None:
    assert list(rows_of_text(4, (0,), (5, 6, 7), 8)) == [Row((0, 5, 6), (Span(4, 0, 0, (5, 6, 7)),))]
    assert list(rows_of_text(4, (), (5, 6, 7), None)) == [Row((5, 6), (Span(4, 0, 0, (6, 7)),))]


def test_a_text_of_one_token_needs_a_begin() -> None:
    assert list(rows_of_text(0, (0,), (5,), 8)) == [Row((0,), (Span(0, 0, 0, (5,)),))]
    assert list(rows_of_text(0, (), (5,), 8)) == []


def test_a_long_text_is_read_in_windows_that_overlap_by_half() -> None:
    assert list(rows_of_text(0, (), (1, 2, 3, 4, 5, 6, 7, 8), 4)) == [
        Row((1, 2, 3, 4), (Span(0, 0, 0, (2, 3, 4, 5)),)),
        Row((3, 4, 5, 6), (Span(0, 4, 2, (6, 7)),)),
        Row((4, 5, 6, 7), (Span(0, 6, 3, (8,)),)),
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
        [span] = row.spans
        for step, target in enumerate(span.targets):
            place = skipped + span.offset + step
            seen = row.tokens[len(begin) : span.start + step + 1]
            assert target == tokens[place]
            assert seen == tokens[place - len(seen) : place]
            assert len(seen) == place or len(seen) >= (limit - len(begin)) // 2
            weighed.append(place)
    assert weighed == list(range(skipped, len(tokens)))


def test_batches_hold_rows_of_like_length_within_the_budget() -> None:
    rows = [Row((0,) * length, ()) for length in (3, 1, 5, 2, 4)]
    planned = batches(rows, budget=8)
    assert [[len(row.tokens) for row in batch.rows] for batch in planned] == [[5], [4, 3], [2, 1]]


def test_a_row_beyond_the_budget_runs_alone() -> None:
    assert batches([Row((1, 2, 3), ())], budget=1) == [Batch((Row((1, 2, 3), ()),))]
    assert batches([], budget=1) == []


@given(lengths=st.lists(st.integers(1, 20), max_size=40), budget=st.integers(1, 60))
def test_no_row_is_lost_and_no_batch_too_big(lengths: list[int], budget: int) -> None:
    rows = [Row((number,) * length, ()) for number, length in enumerate(lengths)]
    planned = batches(rows, budget)
    assert sorted(row.tokens for batch in planned for row in batch.rows) == sorted(row.tokens for row in rows)
    for batch in planned:
        assert len(batch.rows) == 1 or batch.width * len(batch.rows) <= budget
