"""Many questions under way at once; when one fails for good, the answers of the others are not lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import Event
from typing import TypeVar

from pytest_llmcal.scoring.protocol import IncompleteError, ModelError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def all_answers(
    ask: Callable[[Asked], Answer],
    questions: Sequence[Asked],
    workers: int,
    gives_up: Event,
    tell: Callable[[int], None] | None = None,
) -> list[Answer]:
    """Ask every question, and return the answers in their order.

    Parameters
    ----------
    ask : callable
        Asks one; called in threads.
    questions : sequence
    workers : int
        Questions at once.
    gives_up : threading.Event
        Set once one has failed, so that the others end soon.
    tell : callable, optional
        Called with the number answered so far.

    Raises
    ------
    IncompleteError
        One failed; it carries the answers of all that did not.

    Examples
    --------
    >>> all_answers(abs, [-3, 2, -1], 2, Event())
    [3, 2, 1]
    """
    gives_up.clear()
    with ThreadPoolExecutor(workers, thread_name_prefix="llmcal-server") as pool:
        futures = [pool.submit(ask, question) for question in questions]
        failure = None
        try:
            for done, future in enumerate(as_completed(futures), 1):
                failure = future.exception()
                if failure is not None:
                    break
                if tell is not None:
                    tell(done)
        finally:
            if not all(future.done() for future in futures) or failure is not None:  # also when interrupted by hand
                gives_up.set()
                pool.shutdown(wait=True, cancel_futures=True)
    if failure is None:
        return [future.result() for future in futures]
    if not isinstance(failure, ModelError):
        raise failure
    answers = {place: future.result() for place, future in enumerate(futures) if _has_answer(future)}
    raise IncompleteError(
        f"{failure}. Before, {len(answers)} of {len(questions)} questions were answered; the score cache, where there "
        f"is one, keeps their answers for the next run",
        answers,
    ) from None


def _has_answer(future: Future[Answer]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
