"""What is known of a list of questions, what is left to be asked, and the answers as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_llmcal.scoring.cache.identity import Keys
from pytest_llmcal.scoring.cache.questions import Question
from pytest_llmcal.scoring.cache.store import Store
from pytest_llmcal.scoring.protocol import Progress

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass
class _Chunk:
    """One chunk: the keys of its questions in order, and the answers to them so far.

    Of what is asked, the own keys are neither known nor another chunk's: a question that stands in two items has the
    answer of the first for good, although the whole second item is asked too.
    """

    wanted: list[bytes]
    packed: dict[bytes, bytes]
    asked: list[bytes]
    own: set[bytes]

    @property
    def is_whole(self) -> bool:
        return all(key in self.packed for key in self.wanted)


class Asking(Generic[Asked, Answer]):
    """One list of questions on its way from the store, or through a model, to a list of answers.

    Several chunks may be with the model at once, and come back in any order. What a chunk shares with one that is
    under way is left to that one: no question is asked twice, and a chunk is the same whether the one before it was
    answered already or not.

    Parameters
    ----------
    question : Question
    keys : Keys
        Of that kind of question to the model.
    store : Store
    model : bytes
        Digest of the model.
    total : int
        Number of questions.
    progress : callable or None
    """

    def __init__(
        self,
        question: Question[Asked, Answer],
        keys: Keys,
        store: Store,
        model: bytes,
        total: int,
        progress: Progress | None,
    ) -> None:
        self._question = question
        self._keys = keys
        self._store = store
        self._model = model
        self._total = total
        self._progress = progress
        self._done = 0
        self._under_way: dict[int, _Chunk] = {}
        self._last = 0  # questions of the chunk handed out last
        self._awaited: set[bytes] = set()  # keys that are under way
        self._waiting: dict[int, _Chunk] = {}  # chunks that want a key of another's
        self._shared: dict[bytes, bytes | None] = {}  # those keys
        self._answers: dict[int, list[Answer]] = {}

    def lacking(self, chunks: Iterable[Sequence[Asked]]) -> Iterator[tuple[int, Sequence[Asked]]]:
        """Give what the model has to answer of each chunk, with the chunk's number; each is looked up when it is due.

        Parameters
        ----------
        chunks : iterable of sequences
            The questions, in order.
        """
        for number, part in enumerate(chunks):
            wanted = [self._keys.of(*self._question.texts(each)) for each in part]
            packed = self._store.find(wanted)
            # whole items: where prompts are cut, all choices of an item are cut alike
            lacking = {
                self._question.item(each)
                for key, each in zip(wanted, part, strict=True)
                if key not in packed and key not in self._awaited
            }
            missing: dict[bytes, Asked] = {}
            for key, each in zip(wanted, part, strict=True):
                if self._question.item(each) in lacking:
                    missing.setdefault(key, each)
            chunk = _Chunk(wanted, packed, list(missing), missing.keys() - packed.keys() - self._awaited)
            self._shared |= dict.fromkeys(key for key in wanted if key not in packed and key not in chunk.own)
            if missing:
                self._under_way[number] = chunk
                self._awaited |= chunk.own
                self._last = len(part)
                yield number, list(missing.values())
            else:
                self._put(number, chunk)

    def keep(self, number: int, answers: Sequence[Answer]) -> None:
        """Keep the model's answers to what was lacking of a chunk.

        Parameters
        ----------
        number : int
            The chunk's.
        answers : sequence
            In the order in which they were asked for.
        """
        chunk = self._under_way.pop(number)
        given = zip(chunk.asked, answers, strict=True)
        new = {key: self._question.pack(answer) for key, answer in given if key in chunk.own}
        self._store.keep(self._model, new)
        self._awaited -= chunk.own
        self._shared |= {key: new[key] for key in self._shared.keys() & new.keys()}
        chunk.packed |= new
        self._put(number, chunk)

    def keep_some(self, answers: Mapping[int, Answer]) -> None:
        """Keep what a model says that it answered before it failed; such a model has one chunk at a time.

        Parameters
        ----------
        answers : mapping of int to answer
            By the place of their question among those that the chunk lacked.
        """
        [chunk] = self._under_way.values()
        given = ((chunk.asked[place], answer) for place, answer in answers.items())
        new = {key: self._question.pack(answer) for key, answer in given if key in chunk.own}
        if new:
            self._store.keep(self._model, new)

    def told(self, done: int, total: int) -> None:
        """Hear from the model how far it is with the chunk that it has."""
        if self._progress is not None:
            self._progress(self._done + self._last * done // max(1, total), self._total)

    def answers(self) -> list[Answer]:
        """Return all answers in the order asked, once every chunk has them."""
        for number, chunk in self._waiting.items():
            chunk.packed |= {key: packed for key in chunk.wanted if (packed := self._shared.get(key)) is not None}
            self._unpack(number, chunk)
        return [answer for number in sorted(self._answers) for answer in self._answers[number]]

    def _put(self, number: int, chunk: _Chunk) -> None:
        if chunk.is_whole:
            self._unpack(number, chunk)
        else:
            self._waiting[number] = chunk
        self._done += len(chunk.wanted)
        self._last = 0
        self.told(0, 1)

    def _unpack(self, number: int, chunk: _Chunk) -> None:
        self._answers[number] = [self._question.unpack(chunk.packed[key]) for key in chunk.wanted]
